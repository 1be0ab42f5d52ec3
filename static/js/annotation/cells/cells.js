/** The cells of a read: what is shown of them, what is chosen, and what a reader does to them. Nothing here holds a single cell. */

import {api} from '../../lib/api.js';
import {pickText, t} from '../../lib/i18n.js';
import {PixelGrant} from '../../viewer/pixel-grant.js';
import {changeCells} from '../commands/cells.js';
import {newId} from '../ids.js';
import {newBody} from '../commands/marks.js';
import {CellsClient} from './client.js';
import {CellsLayer} from './cells_layer.js';

/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {MarkingRules} from '../marking_rules.js' */
/** @import {Session} from '../session.js' */
/** @import {ChangeSet} from '../store.js' */
/** @import {Granularity, Position, Ring} from '../types.js' */
/** @import {Workspace} from '../workspace.js' */
/** @import {Counts, Hit} from './work/layer_work.js' */
/** @import {Selection} from './work/messages.js' */
/** @import {CellChange} from './work/overlay.js' */

/**
 * @typedef {object} ToldLayer a layer as the API tells it
 * @property {string} id
 * @property {string} name
 * @property {'waiting' | 'importing' | 'ready'} state
 * @property {{name: string, code: string}[]} labels
 * @property {number} cells
 * @property {string} part_url
 * @property {{model?: string, version?: string, endpoint?: string}} source where the outlines come from
 * @property {string | null} run_id pass of a model that outlined them; null: they came as a file
 *
 * @typedef {object} CellLabel
 * @property {string} code of the campaign; of a class that it does not have, its name behind a question mark
 * @property {string} name
 * @property {string} colour
 *
 * @typedef {object} CellLook kept per campaign in this browser
 * @property {string[]} hiddenLabels codes
 * @property {string[]} hiddenLayers ids
 * @property {number} threshold 0 to 255
 * @property {number} opacity 0 to 1
 * @property {boolean} isFilled
 *
 * @typedef {object} Parts
 * @property {Session} session
 * @property {Viewer} viewer
 * @property {Workspace} workspace
 * @property {MarkingRules} rules
 * @property {string} workerUrl
 * @property {(text: string | null, isProblem?: boolean) => void} say
 */

/** For classes that the campaign has no label for. */
const COLOURS = ['#4477aa', '#ee6677', '#228833', '#ccbb44', '#66ccee', '#aa3377', '#999933', '#882255'];
/** What tiles report is said this late: where all came meanwhile, nothing flickers. */
const SETTLE_MS = 250;
const IMPORT_POLL_MS = 5_000;

/** @type {CellLook} */
const AT_FIRST = {hiddenLabels: [], hiddenLayers: [], threshold: 0, opacity: 1, isFilled: true};

export class Cells {
  /** @param {Parts} parts @param {ToldLayer[]} layers @param {PixelGrant} grant */
  constructor(parts, layers, grant) {
    this.parts = parts;
    this.layers = layers;
    this.labels = mergedLabels(layers, parts.rules);
    this.keptAs = `mitate-cells-${parts.session.read.campaign.id}`;
    this.look = {...AT_FIRST, ...parsed(localStorage.getItem(this.keptAs))};
    /** @type {Selection} */
    this.selection = {layers: [], labels: []};
    /** @type {Set<() => void>} */
    this.listeners = new Set();
    this.grant = grant;
    this.client = this.newClient();
    this.view = new CellsLayer({viewer: parts.viewer, client: this.client, onProgress: () => this.#later()});
    for (const {id} of this.ready) this.#tellAll(id);
    parts.session.store.observe((changes) => this.#onStore(changes));
    parts.workspace.observe((changed) => {
      if (changed.has('isPeeking')) this.view.layer.setVisible(!parts.workspace.state.isPeeking);
    });
    this.#applyLook();
  }

  /**
   * @param {Parts} parts
   * @returns {Promise<Cells>}
   * @throws {import('../../lib/api.js').ApiError} when the layers cannot be had
   */
  static async open(parts) {
    const {read} = parts.session;
    const grant = new PixelGrant({imageId: read.image_id, api, url: `/api/reads/${read.id}/cell-layers/open/`});
    const told = /** @type {{layers: ToldLayer[]}} */ (/** @type {unknown} */ (await grant.open()));
    const cells = new Cells(parts, told.layers, grant);
    if (cells.importing > 0) cells.#awaitImports(grant);
    return cells;
  }

  /** @returns {CellsClient} with a worker that knows the layers, as they are before anybody did something to them */
  newClient() {
    const client = new CellsClient(this.parts.workerUrl, () => this.grant.renew());
    const places = new Map(this.labels.map(({code}, place) => [code, place]));
    client.tell({
      tell: 'setup',
      labels: this.labels.map(({code, colour}) => ({code, colour})),
      layers: this.ready.map(({id, part_url, labels}) => ({id, url: part_url, own: labels.map((label) => places.get(keyOf(label)) ?? 0)})),
    });
    return client;
  }

  /** @returns {ToldLayer[]} */
  get ready() {
    return this.layers.filter(({state}) => state === 'ready');
  }

  /** @returns {number} layers that are still being imported */
  get importing() {
    return this.layers.length - this.ready.length;
  }

  /** @returns {number} cells that are selected */
  get chosen() {
    return this.selection.labels.reduce((sum, count) => sum + count, 0);
  }

  /** @returns {boolean} whether all cells in view are drawn */
  get isComplete() {
    return !this.view.isDrawing && this.view.failed === 0;
  }

  /** @param {() => void} listener @returns {() => void} */
  observe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** @param {PixelGrant} grant */
  #awaitImports(grant) {
    const timer = setInterval(() => {
      void grant.renew().then((told) => {
        const {layers} = /** @type {{layers: ToldLayer[]}} */ (/** @type {unknown} */ (told));
        if (layers.every(({state}) => state === 'ready')) clearInterval(timer);
        if (layers.some(({id, state}) => state === 'ready' && !this.ready.some((known) => known.id === id))) {
          this.parts.say(t('New cells are there; reload the page to see them.'));
        }
      }, () => {});
    }, IMPORT_POLL_MS);
  }

  /** @param {Partial<CellLook>} patch */
  setLook(patch) {
    this.look = {...this.look, ...patch};
    localStorage.setItem(this.keptAs, JSON.stringify(this.look));
    if (Object.keys(patch).every((key) => key === 'opacity')) this.view.layer.setOpacity(this.look.opacity);
    else this.#applyLook();
    this.#changed();
  }

  /** @param {CellsClient} client which is to show what is shown here */
  tellLook(client) {
    const {hiddenLabels, hiddenLayers, threshold, isFilled} = this.look;
    const visible = this.labels.map(({code}) => !hiddenLabels.includes(code));
    client.tell({tell: 'look', isFilled, visible, threshold, hidden: hiddenLayers});
  }

  #applyLook() {
    this.tellLook(this.client);
    this.view.layer.setOpacity(this.look.opacity);
    void this.#reselect();
    // Everything is drawn anew, and with it whatever looked different until now.
    void this.client.ask('touched', {});
    this.view.refresh();
  }

  /** What is not shown any more is not selected either. */
  async #reselect() {
    if (this.chosen === 0) return;
    this.#take(await this.client.ask('selection', {}));
  }

  /** @param {ChangeSet} changes */
  #onStore({cells, isCellOrderNew}) {
    if (cells.length === 0 && !isCellOrderNew) return;
    for (const {id} of this.ready) {
      const own = cells.filter(({layerId}) => layerId === id);
      if (isCellOrderNew) this.#tellAll(id);
      else if (own.length > 0) this.client.tell({tell: 'change', layerId: id, changes: own});
    }
    void this.#reselect();
    void this.#redraw();
    this.#changed();
  }

  /** Draws anew what looks different: a few places, or everything in view where cells changed by the thousand. */
  async #redraw() {
    const places = await this.client.ask('touched', {});
    if (places) this.view.redraw(places);
    else this.view.refresh();
  }

  /** @param {string} layerId */
  #tellAll(layerId) {
    const changes = [...this.parts.session.store.cellChanges.values()].filter((change) => change.layerId === layerId);
    this.client.tell({tell: 'changeAnew', layerId, changes});
  }

  /** @param {Position} point level-0 px @returns {Promise<Hit | null>} */
  at(point) {
    return this.client.ask('at', {point});
  }

  /**
   * @param {'replace' | 'add' | 'subtract'} mode
   * @param {{hit: Hit | null} | {ring: Position[]} | {extent: number[]}} what level-0 px
   */
  async select(mode, what) {
    const area = 'ring' in what ? {extent: extentOf(what.ring), ring: what.ring.flat()} : 'extent' in what ? {extent: what.extent, ring: null} : {hit: what.hit};
    this.#take(await this.client.ask('select', {mode, ...area}));
    await this.#redraw();
  }

  /** @param {Selection} selection */
  #take(selection) {
    this.selection = selection;
    this.parts.workspace.set({cells: this.chosen});
    this.#changed();
  }

  clear() {
    return this.select('replace', {hit: null});
  }

  /** @param {number[]} extent @param {Position[] | null} ring @returns {Promise<Counts>} */
  count(extent, ring) {
    return this.client.ask('count', {extent, ring: ring && ring.flat()});
  }

  /** @param {Parameters<typeof changeCells>[2]} what */
  async change(what) {
    if (!this.parts.workspace.state.canWrite || this.chosen === 0) return;
    const count = this.chosen;
    const {layers} = this.selection;
    // First, so that everything in view is drawn once and not twice.
    await this.#forgetChoice();
    changeCells(this.parts.session.store, layers, what);
    this.parts.say(t('{count} cells changed. Ctrl+Z takes it back.', {count: count.toLocaleString()}));
  }

  async #forgetChoice() {
    this.#take(await this.client.ask('select', {mode: 'replace', hit: null}));
  }

  /** One cell becomes a mark that can be drawn on; the layer's own is taken out with the same step. @returns {Promise<string | null>} */
  async edit() {
    const {session, rules, say, workspace} = this.parts;
    const [chosen] = this.selection.layers;
    if (!workspace.state.canWrite || this.chosen !== 1 || !chosen) return null;
    const hit = this.lastHit;
    const label = hit && rules.byCode.get(this.labels[hit.label].code);
    const granularity = label && /** @type {Granularity[]} */ (['cell', 'region']).find(
      (one) => rules.campaign.granularities.includes(one) && rules.mayCarry(label, one),
    );
    if (!hit || !label || !granularity) {
      say(t('Give the cell one of the campaign’s labels first.'), true);
      return null;
    }
    const ring = positionsOf(hit.ring);
    const [id, {layerId, runs}] = [newId(), chosen];
    /** @type {CellChange} */
    const taken = {id: newId(), layerId, kind: 'delete', cells: runs};
    const drawn = newBody({granularity, geometry: {type: 'Polygon', coordinates: [ring]}, frame: null, labels: [label.code]});
    const body = {...drawn, cell: {layer_id: layerId, number: runs[0]}};
    await this.#forgetChoice();
    session.store.commit('local', {name: t('Edit a cell'), marks: [{id, body}], cells: [taken]});
    workspace.set({tool: 'select'});
    workspace.select([id]);
    return id;
  }

  /** @type {Hit | null} the cell that was picked last */
  lastHit = null;

  #later() {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.#changed();
    }, SETTLE_MS);
  }

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer = undefined;

  #changed() {
    for (const listener of this.listeners) listener();
  }
}

/** @param {{name: string, code: string}} label @returns {string} */
export const keyOf = ({name, code}) => code || `?${name}`;

/**
 * The labels that cells can have: those of the campaign that are drawn, then classes of the layers that it does not have.
 * @param {ToldLayer[]} layers @param {MarkingRules} rules
 * @returns {CellLabel[]}
 */
export function mergedLabels(layers, rules) {
  const known = rules.drawnLabels.map((label) => ({code: label.code, name: pickText(label.display) || label.code, colour: label.colour}));
  const codes = new Set(known.map(({code}) => code));
  for (const label of layers.flatMap(({labels}) => labels)) {
    const code = keyOf(label);
    if (codes.has(code)) continue;
    codes.add(code);
    const named = rules.byCode.get(code);
    const colour = named?.colour ?? COLOURS[codes.size % COLOURS.length];
    known.push({code, name: (named && pickText(named.display)) || label.name || t('without a class'), colour});
  }
  return known;
}

/** @param {Position[]} ring @returns {number[]} */
function extentOf(ring) {
  const [xs, ys] = [ring.map(([x]) => x), ring.map(([, y]) => y)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** @param {number[]} flat x, y, ... @returns {Ring} closed */
function positionsOf(flat) {
  /** @type {Position[]} */
  const ring = [];
  for (let at = 0; at < flat.length; at += 2) ring.push([flat[at], flat[at + 1]]);
  return [...ring, ring[0]];
}

/** @param {string | null} text @returns {Partial<CellLook>} nothing for what is no JSON */
function parsed(text) {
  try {
    return JSON.parse(text ?? '{}') ?? {};
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return {};
  }
}
