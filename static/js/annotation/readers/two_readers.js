/** The same image twice, with the marks of one reader on the left and those of another on the right. For whoever may see both. */

import {ApiError} from '../../lib/api.js';
import {el, replaceChildren} from '../../lib/dom.js';
import {pickText, t, tn} from '../../lib/i18n.js';
import {Compare} from '../../viewer/seeing/compare.js';
import {changeOfServer} from '../commands/cells.js';
import {certainties} from '../words.js';
import {decidedCells, ReadCells} from './read_cells.js';
import {ReadMarks} from './read_marks.js';

/** @import {Cells} from '../cells/cells.js' */
/** @import {CellChange} from '../cells/work/overlay.js' */
/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {MarkingRules} from '../marking_rules.js' */
/** @import {Session} from '../session.js' */
/** @import {Annotation} from '../types.js' */
/** @import {Workspace} from '../workspace.js' */

/** @typedef {{id: string, name: string, is_own: boolean, is_submitted: boolean}} Beside */
/**
 * @typedef {object} Pane
 * @property {HTMLSelectElement} select
 * @property {HTMLElement} note
 * @property {HTMLElement} missing shown while some cells could not be drawn
 * @property {HTMLElement} element
 * @property {{remove: () => void}[]} shown
 * @property {ReadCells | null} cells among what is shown
 * @property {number} asked
 */

export class TwoReaders {
  /**
   * @param {object} parts
   * @param {Viewer} parts.viewer
   * @param {Session} parts.session
   * @param {Workspace} parts.workspace
   * @param {MarkingRules} parts.rules
   * @param {Cells | null} parts.cells of the image, if it has some
   * @param {() => {layer: any}[]} parts.ownLayers what the page draws of its own read, the lowest first
   * @param {() => void} parts.onChange
   */
  constructor({viewer, session, workspace, rules, cells, ownLayers, onChange}) {
    this.viewer = viewer;
    this.session = session;
    this.workspace = workspace;
    this.rules = rules;
    this.cells = cells;
    this.ownLayers = ownLayers;
    this.onChange = onChange;
    this.compare = new Compare({viewer, reader: session.userId, hasChoice: false, onChange: () => this.#onCompare()});
    /** @type {Beside[]} */
    this.reads = [];
    /** @type {[Pane, Pane] | null} left and right */
    this.panes = null;
    /** Where the layers of the page's own read were, while they are out. @type {{layer: any, at: number}[]} */
    this.out = [];
  }

  get isOpen() {
    return this.compare.isOpen;
  }

  /** Shows the page's own read on the left and the first other one on the right. */
  async open() {
    const {viewer, session} = this;
    try {
      this.reads = (await session.api.get(`${session.path}beside/`)).reads;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      viewer.notify(error.message, {level: 'warn', id: 'compare', hint: error.hint});
      return;
    }
    const other = this.reads.find(({id}) => id !== session.read.id);
    if (!other) {
      viewer.notify(t('There is no other read of this image that you may see.'), {id: 'compare'});
      return;
    }
    await this.compare.open({id: viewer.manifest.id, name: viewer.manifest.name});
    const {second} = this.compare;
    if (!second) return;
    this.compare.name.textContent = t('Two readers');
    this.panes = [this.#makePane(viewer, t('Marks on the left')), this.#makePane(second, t('Marks on the right'))];
    await Promise.all([this.choose(0, session.read.id), this.choose(1, other.id)]);
    this.panes?.[1].select.focus({preventScroll: true});
  }

  close() {
    this.compare.close();
  }

  #onCompare() {
    if (!this.compare.isOpen) this.#putBack();
    this.onChange();
  }

  #putBack() {
    for (const pane of this.panes ?? []) {
      this.#clear(pane);
      pane.element.remove();
      pane.asked = -1;
    }
    this.panes = null;
    this.#showOwn(true);
  }

  /** @param {Viewer} viewer @param {string} label @returns {Pane} */
  #makePane(viewer, label) {
    const select = el(
      'select',
      {class: 'viewer-select', attrs: {'aria-label': label}, on: {change: () => void this.choose(viewer === this.viewer ? 0 : 1, select.value)}},
      ...this.reads.map((read) => el('option', {text: nameOf(read), attrs: {value: read.id}})),
    );
    const note = el('span', {class: 'viewer-readout', attrs: {role: 'status'}});
    const retry = el('button', {class: 'viewer-button', text: t('Try again'), attrs: {type: 'button'}, on: {click: () => pane.cells?.retry()}});
    const missing = el('span', {class: 'reader-missing', attrs: {role: 'status', hidden: ''}}, el('span', {text: t('Some cells could not be drawn.')}), retry);
    const element = el('div', {class: 'viewer-group reader-pane'}, select, note, missing);
    viewer.addPanel(element, 'top-left');
    /** @type {Pane} */
    const pane = {select, note, missing, element, shown: [], cells: null, asked: 0};
    return pane;
  }

  /** @param {0 | 1} side left or right @param {string} readId whose marks stand there from now on */
  async choose(side, readId) {
    const pane = this.panes?.[side];
    if (!pane) return;
    pane.select.value = readId;
    pane.asked += 1;
    const {asked} = pane;
    let told;
    try {
      told = await this.#ask(readId);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (pane.asked === asked) this.#say(pane, error.message);
      return;
    }
    if (pane.asked !== asked) return;
    const viewer = side === 0 ? this.viewer : this.compare.second;
    if (!viewer) return;
    this.#clear(pane);
    // On the left the page's own marks are there already, and stay as live as they are.
    const isOwn = side === 0 && readId === this.session.read.id;
    if (side === 0) this.#showOwn(isOwn);
    const {workspace, rules, cells} = this;
    const {annotations, changes} = told;
    if (!isOwn) {
      if (cells) this.#showCells(pane, new ReadCells({viewer, cells, workspace, changes, onProgress: (failed) => (pane.missing.hidden = failed === 0)}));
      pane.shown.push(new ReadMarks({viewer, rules, workspace, annotations}));
    }
    const decided = decidedCells(changes, cells?.ready ?? []);
    this.#say(pane, ...this.#summary(annotations), ...(decided > 0 ? [tn('{count} cell decided', '{count} cells decided', decided)] : []));
  }

  /**
   * @param {string} readId
   * @returns {Promise<{annotations: Annotation[], changes: CellChange[]}>} what a reader marked, and did to cells
   */
  async #ask(readId) {
    const {api} = this.session;
    const path = `/api/reads/${readId}/`;
    const [{annotations}, {changes}] = await Promise.all([
      api.get(`${path}annotations/`),
      this.cells ? api.get(`${path}cell-changes/`) : {changes: []},
    ]);
    return {annotations, changes: changes.map(changeOfServer)};
  }

  /** @param {Pane} pane @param {ReadCells} cells */
  #showCells(pane, cells) {
    pane.shown.push(cells);
    pane.cells = cells;
  }

  /** @param {Pane} pane */
  #clear(pane) {
    for (const each of pane.shown.splice(0)) each.remove();
    pane.cells = null;
    pane.missing.hidden = true;
  }

  /** @param {boolean} isShown */
  #showOwn(isShown) {
    const layers = this.viewer.map.getLayers();
    if (isShown) {
      for (const {layer, at} of this.out.reverse()) layers.insertAt(Math.min(at, layers.getLength()), layer);
      this.out = [];
    } else if (this.out.length === 0) {
      for (const {layer} of this.ownLayers()) {
        const at = layers.getArray().indexOf(layer);
        if (at < 0) continue;
        this.out.push({layer, at});
        layers.removeAt(at);
      }
    }
  }

  /** @param {Annotation[]} annotations @returns {string[]} how many marks, and what was said of the whole image */
  #summary(annotations) {
    const drawn = annotations.filter(({geometry}) => geometry !== null);
    const said = annotations
      .filter(({geometry, labels}) => geometry === null && labels.length > 0)
      .map(({labels, certainty}) => {
        const names = labels.map((code) => pickText(this.rules.byCode.get(code)?.display ?? {}) || code).join(t(', '));
        const sure = certainties().find(({value}) => value === certainty)?.label;
        return sure ? `${names} (${sure})` : names;
      });
    return [tn('{count} mark', '{count} marks', drawn.length), ...said];
  }

  /** @param {Pane} pane @param {...string} lines */
  #say(pane, ...lines) {
    replaceChildren(pane.note, ...lines.map((text) => el('span', {text})));
  }
}

/** @param {Beside} read @returns {string} */
function nameOf({name, is_own: isOwn, is_submitted: isSubmitted}) {
  if (isOwn) return t('{name} (you)', {name});
  return isSubmitted ? name : t('{name} (not submitted)', {name});
}
