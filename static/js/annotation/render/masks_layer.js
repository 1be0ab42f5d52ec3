/**
 * Draws masks: pictures of 512 px made on the page, as tiles of the canvas library, in slices of a few milliseconds. Squares
 * are level-0 pixels or coarser, each tile of a mask is unpacked once for each step, so that thousands of them do not stall.
 */

import {ImageTile, TileGrid, TileLayer} from '../../../vendor/ol.mjs';
import {later} from '../../lib/later.js';
import {isMarkShown} from './marks_layer.js';

/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {MarkingRules} from '../marking_rules.js' */
/** @import {Ink, Place} from '../masks/drawing.js' */
/** @import {ChangeSet, Store} from '../store.js' */
/** @import {Mark, MaskGeometry} from '../types.js' */
/** @import {Workspace} from '../workspace.js' */

const fetchDrawing = later(() => import('../masks/drawing.js'));

const SIDE_PX = 512;
/** Level-0 px of a square: from where a border is as fine as an outline to where a tile is one square. */
const FINEST = 1 / 8;
const COARSEST = 256;
const CACHED_TILES = 96;
/** So long may drawing hold up the page at once; ms. */
const SLICE_MS = 6;
/** A stroke is taken away at the latest after this, drawn or not; ms. */
const PATIENCE_MS = 1500;

const FILLS = {none: 0, faint: 0.2, strong: 0.5};
const SELECTED_FILL = 0.1;
/** Red, green, blue, opacity of what surrounds the line: a colour on stained tissue and on grey is seen with it alone. */
/** @type {[number, number, number, number]} */
const CASING = [0, 0, 0, 0.6];
/** @type {[number, number, number, number]} */
const SELECTED = [255, 255, 255, 1];
const REFUSED = '#ff4d4d';
const UNKNOWN = '#d0d0d0';

/** @param {string} colour #rrggbb @returns {[number, number, number]} */
const rgb = (colour) => /** @type {[number, number, number]} */ ([1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)));

/** @param {Mark} mark @returns {boolean} */
const isMask = (mark) => mark.body.geometry?.type === 'Mask';

class MaskTiles extends ImageTile {
  version = 0;

  /** Draws everything in view anew; what is there stays until then. */
  renew() {
    this.version += 1;
    this.setKey(String(this.version));
  }
}

export class MasksLayer {
  /**
   * @param {object} parts
   * @param {Viewer} parts.viewer
   * @param {Store} parts.store
   * @param {Workspace} parts.workspace
   * @param {MarkingRules} parts.rules
   */
  constructor({viewer, store, workspace, rules}) {
    this.parts = {viewer, store, workspace, rules};
    /** Pictures on their way. */
    this.coming = 0;
    /** Pictures are made one after the other: at once, their slices would fill the time of whole frames. @type {Promise<void>} */
    this.turn = Promise.resolve();
    /** Something changed that no picture shows yet. */
    this.isStale = false;
    const projection = viewer.view.getProjection();
    const extent = projection.getExtent();
    /** @type {number[]} */
    const resolutions = [];
    const far = Math.max(viewer.manifest.width, viewer.manifest.height) / 64;
    for (let step = FINEST; step <= COARSEST && (step <= 1 || step < 2 * far); step *= 2) resolutions.unshift(step);
    this.source = new MaskTiles({
      projection,
      tileGrid: new TileGrid({extent, origin: [extent[0], extent[3]], resolutions, tileSize: SIDE_PX}),
      wrapX: false,
      transition: 0,
      interpolate: false,
      loader: (z, column, row) => this.#load({left: column * SIDE_PX * resolutions[z], top: row * SIDE_PX * resolutions[z], step: resolutions[z], side: SIDE_PX}),
    });
    this.layer = new TileLayer({source: this.source, cacheSize: CACHED_TILES, visible: false});
    viewer.addLayer(this.layer);
    store.observe((changes) => this.#onStore(changes));
    workspace.observe((changed) => this.#onWorkspace(changed));
    this.stop = viewer.onChange(({kind}) => {
      if (kind === 'frame') this.#onFrame();
    });
    this.#show();
  }

  /** @returns {Mark[]} masks of the frame on screen, the selected ones last */
  #shown() {
    const {store, workspace, viewer} = this.parts;
    const masks = [...store.marks.values()].filter((mark) => isMask(mark) && isMarkShown(mark, workspace, viewer));
    const {selection} = workspace.state;
    return masks.sort((a, b) => Number(selection.has(a.id)) - Number(selection.has(b.id)));
  }

  #show() {
    this.layer.setVisible(!this.parts.workspace.state.isPeeking && this.#shown().length > 0);
    return this.layer.getVisible();
  }

  #renew() {
    const wasVisible = this.layer.getVisible();
    this.isStale = this.#show() || wasVisible;
    this.source.renew();
  }

  /** @param {ChangeSet} changes */
  #onStore({created, updated, deleted}) {
    const isMeant = [...created, ...deleted].some(isMask) || updated.some(({before, after}) => isChanged(before, after));
    if (isMeant) this.#renew();
  }

  /** @param {Set<string>} changed */
  #onWorkspace(changed) {
    if (changed.has('layers')) this.layer.setOpacity(this.parts.workspace.state.layers.opacity);
    if (changed.has('isPeeking')) this.#show();
    const isMeant = changed.has('hidden') || changed.has('layers') || changed.has('selection');
    if (isMeant && [...this.parts.store.marks.values()].some(isMask)) this.#renew();
  }

  /** What belongs to another frame must not stay for a moment. */
  #onFrame() {
    this.#show();
    this.source.changed();
  }

  /** Calls back when what was changed is drawn. @param {() => void} done */
  whenDrawn(done) {
    let isDone = false;
    const once = () => {
      if (isDone) return;
      isDone = true;
      this.isStale = false;
      done();
    };
    this.parts.viewer.map.once('rendercomplete', once);
    setTimeout(once, PATIENCE_MS);
  }

  /** @param {Place} place @returns {Promise<ImageBitmap>} */
  async #load(place) {
    this.coming += 1;
    const before = this.turn;
    let pass = () => {};
    this.turn = new Promise((resolve) => {
      pass = resolve;
    });
    await before;
    const canvas = new OffscreenCanvas(place.side, place.side);
    try {
      await this.#paint(/** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d')), place);
    } finally {
      pass();
      this.coming -= 1;
      if (this.coming === 0) {
        this.isStale = false;
        performance.mark('mitate:masks-complete');
      }
    }
    return canvas.transferToImageBitmap();
  }

  /** @param {OffscreenCanvasRenderingContext2D} context @param {Place} place */
  async #paint(context, place) {
    const {addTile, emptyGrid, paintGrid, tilesIn} = await fetchDrawing();
    const picture = context.createImageData(place.side, place.side);
    let since = performance.now();
    const pause = async () => {
      if (performance.now() - since < SLICE_MS) return;
      await new Promise((resolve) => setTimeout(resolve));
      since = performance.now();
    };
    for (const mark of this.#shown()) {
      const tiles = tilesIn(/** @type {MaskGeometry} */ (mark.body.geometry), place);
      if (tiles.length === 0) continue;
      const grid = emptyGrid(place);
      for (const tile of tiles) {
        addTile(grid, tile, place);
        await pause();
      }
      paintGrid(picture, grid, place, this.#ink(mark));
      await pause();
    }
    context.putImageData(picture, 0, 0);
  }

  /** @param {Mark} mark @returns {Ink} */
  #ink({id, body, status}) {
    const {workspace, rules} = this.parts;
    const {selection, layers} = workspace.state;
    const colour = rules.byCode.get(body.labels[0])?.colour ?? UNKNOWN;
    const isSelected = selection.has(id);
    const isFaulty = status.kind === 'refused' || status.kind === 'conflict';
    return {
      rim: isSelected ? SELECTED : CASING,
      line: rgb(isFaulty ? REFUSED : colour),
      tint: rgb(colour),
      fill: FILLS[layers.fill] + (isSelected ? SELECTED_FILL : 0),
    };
  }
}

/** @param {Mark} before @param {Mark} after @returns {boolean} whether it looks different now */
function isChanged(before, after) {
  if (!isMask(before) && !isMask(after)) return false;
  const isSound = (/** @type {Mark} */ {status}) => status.kind === 'saved' || status.kind === 'held';
  return before.body !== after.body || isSound(before) !== isSound(after);
}
