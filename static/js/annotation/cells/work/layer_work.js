/** One layer in the worker: its cells, what its reader made of them, what is shown, what is selected. */

import {Overlay, cellsOf, eachRun, runsOf} from './overlay.js';
import {OUTLINES_TO} from './painting.js';
import {cellAt, isInRing} from './picking.js';
import {reckonLabels} from './shown.js';
import {CellTable} from './table.js';
import {Touched} from './touched.js';

/** @import {ChunkCache, Opened} from './chunk_cache.js' */
/** @import {CellChange} from './overlay.js' */
/** @import {DotPainter} from './dots.js' */
/** @import {Frame, Shown} from './painting.js' */
/** @import {Position} from './picking.js' */
/** @import {Square} from './table.js' */

/** A chunk's outlines may reach this far out of its square; level-0 px. */
const REACH_PX = 1_024;
const CHUNK_PX = 2_048;
/** Chunks that are fetched before a view is there. */
const MOST_AHEAD = 64;
/** A dot reaches this far from its middle at most; px of the tile. */
const DOT_PX = 2;

/**
 * @typedef {object} LayerParts
 * @property {string} id
 * @property {string} url of a part, with {part}
 * @property {number[]} own places of its labels among all
 *
 * @typedef {object} Filter
 * @property {boolean[]} visible by label
 * @property {number} threshold 0 to 255: cells with a lower score are not shown
 *
 * @typedef {object} Counts
 * @property {number[]} shown cells of each label
 * @property {number} decided of these
 *
 * @typedef {object} Hit a cell under a point
 * @property {string} layerId
 * @property {number} cell
 * @property {number} label its place
 * @property {number} score 0 to 1
 * @property {boolean} isDecided
 * @property {number[]} ring x, y, ... of its outline, level-0 px
 * @property {number} size of its bounding box, level-0 px squared
 */

export class LayerWork {
  /**
   * @param {LayerParts} parts
   * @param {ChunkCache} chunks
   * @param {(code: string) => number} placeOf
   */
  constructor({id, url, own}, chunks, placeOf) {
    this.id = id;
    this.url = url;
    this.own = own;
    this.chunks = chunks;
    this.placeOf = placeOf;
    this.isVisible = true;
    this.touched = new Touched();
    /** @type {CellChange[]} */
    this.changes = [];
    /** @type {Promise<void> | null} */
    this.opening = null;
  }

  /** @type {Filter} */
  #filter = {visible: [], threshold: 0};
  /** Place of each cell's label, -1 where it is not shown. */
  #labels = new Int16Array(0);
  #areLabelsOld = true;

  /** @type {CellTable} */
  #table = new CellTable(new ArrayBuffer(0), new ArrayBuffer(0));
  #overlay = new Overlay(0, () => 0);
  #selected = new Uint8Array(0);

  /** @returns {Promise<void>} fetches the overview; again after a failure */
  open() {
    this.opening ??= this.#open().catch((error) => {
      this.opening = null;
      throw error;
    });
    return this.opening;
  }

  async #open() {
    const [squares, overview] = await Promise.all(['squares', 'overview'].map((part) => this.chunks.fetchPart(this.#partUrl(part))));
    this.#table = new CellTable(squares, overview);
    this.#overlay = new Overlay(this.#table.count, this.placeOf);
    this.#overlay.lay(this.changes);
    this.#selected = new Uint8Array(this.#table.count);
    this.#labels = new Int16Array(this.#table.count);
    this.#areLabelsOld = true;
  }

  /** @param {Filter} filter */
  set filter(filter) {
    this.#filter = filter;
    this.#areLabelsOld = true;
  }

  /** @returns {Shown} what is shown of its cells, by their numbers */
  get shown() {
    if (this.#areLabelsOld) this.#reckon();
    this.#areLabelsOld = false;
    return {labels: this.#labels, flags: this.#overlay.flags, selected: this.#selected};
  }

  /** @param {number} [from] @param {number} [to] the first cell that is not meant */
  #reckon(from = 0, to = this.#labels.length) {
    reckonLabels({table: this.#table, overlay: this.#overlay, own: this.own, filter: this.#filter}, this.#labels, from, Math.min(to, this.#labels.length));
  }

  /** @param {string} part */
  #partUrl(part) {
    return this.url.replace('{part}', part);
  }

  /** @param {Square} square */
  #chunkUrl({column, row}) {
    return this.#partUrl(`${column}_${row}`);
  }

  /** @param {CellChange[]} changes new ones */
  change(changes) {
    this.changes.push(...changes);
    for (const change of changes) eachRun(cellsOf(change, this.changes), (from, to) => this.touched.add(from, to));
    if (changes.some(({kind}) => kind === 'undo')) this.#overlay.lay(this.changes);
    else for (const change of changes) this.#overlay.add(change);
    if (!this.touched.cells) this.#areLabelsOld = true;
    if (this.#areLabelsOld) return;
    for (const change of changes) eachRun(cellsOf(change, this.changes), (from, to) => this.#reckon(from, to));
  }

  /** @param {CellChange[]} changes all there are, in their order */
  changeAnew(changes) {
    this.changes = changes;
    this.touched.addMany();
    this.#overlay.lay(changes);
    this.#areLabelsOld = true;
  }

  /**
   * Where cells look different since it was asked last.
   * @returns {number[][] | null} extents in level-0 px; null: there are too many to name
   */
  takeTouched() {
    const cells = this.touched.take();
    return cells && [...cells].filter((cell) => cell < this.#table.count).map((cell) => this.#extentOf(cell));
  }

  /** @param {number} cell @returns {number[]} level-0 px; never smaller than the cell */
  #extentOf(cell) {
    const square = this.#table.squareOf(cell);
    const opened = this.chunks.peek(this.#chunkUrl(square));
    if (opened) {
      const at = 4 * opened.chunk.numbers.indexOf(cell);
      return [...opened.bounds.subarray(at, at + 4)];
    }
    let extent = [0, 0, 0, 0];
    this.#table.eachMiddle({...square, first: cell, count: 1}, (_, x, y) => {
      extent = [x - REACH_PX, y - REACH_PX, x + REACH_PX, y + REACH_PX];
    });
    return extent;
  }

  /** @param {Frame} frame @returns {Promise<Opened[]>} what its outlines are drawn from */
  async opened(frame) {
    const {left, top, resolution, side} = frame;
    const [right, bottom] = [left + side * resolution, top + side * resolution];
    const near = await Promise.all(this.#squaresOf(frame, REACH_PX).map((square) => this.chunks.get(this.#chunkUrl(square))));
    return near.filter(({extent}) => extent[0] <= right && extent[1] <= bottom && extent[2] >= left && extent[3] >= top);
  }

  /** Fetches what a view will be drawn from, unless it is so much that it is not seen as outlines. @param {readonly number[]} extent level-0 px */
  fetchAhead(extent) {
    const squares = this.#table.squaresIn(extent, REACH_PX);
    if (squares.length > MOST_AHEAD) return;
    // What fails is asked for again by the tile that needs it, and told then.
    for (const square of squares) this.chunks.get(this.#chunkUrl(square)).catch(() => {});
  }

  /** @param {Frame} frame @param {number} reach level-0 px */
  #squaresOf({left, top, resolution, side}, reach) {
    return this.#table.squaresIn([left, top, left + side * resolution, top + side * resolution], reach);
  }

  /** @param {DotPainter} dots @param {Frame} frame */
  addDots(dots, frame) {
    const {left, top, resolution, side} = frame;
    const size = resolution < 1.6 * OUTLINES_TO ? 2 : 1;
    const {labels, selected} = this.shown;
    for (const square of this.#squaresOf(frame, DOT_PX * resolution)) {
      this.#table.eachMiddle(square, (cell, x, y) => {
        const label = labels[cell];
        if (label < 0) return;
        const column = (x - left) / resolution;
        const row = (y - top) / resolution;
        if (column < -DOT_PX || row < -DOT_PX || column > side + DOT_PX || row > side + DOT_PX) return;
        dots.add(column, row, selected[cell] ? -1 : label, size);
      });
    }
  }

  /** @param {Position} point level-0 px @returns {Promise<Hit | null>} */
  async at(point) {
    /** @type {Hit | null} */
    let found = null;
    const {labels} = this.shown;
    for (const square of this.#table.squaresIn([point[0], point[1], point[0], point[1]], REACH_PX)) {
      const {chunk, bounds} = await this.chunks.get(this.#chunkUrl(square));
      const i = cellAt(chunk, bounds, point, (place) => labels[chunk.numbers[place]] >= 0);
      if (i < 0) continue;
      const size = (bounds[4 * i + 2] - bounds[4 * i]) * (bounds[4 * i + 3] - bounds[4 * i + 1]);
      if (found && found.size <= size) continue;
      const cell = chunk.numbers[i];
      const ring = [...chunk.vertices.subarray(2 * chunk.starts[i], 2 * chunk.starts[i + 1])];
      found = {layerId: this.id, cell, label: labels[cell], score: this.#table.scoreOf(cell) / 255, isDecided: this.#overlay.isDecided(cell), ring, size};
    }
    return found;
  }

  /**
   * Goes through the cells that are shown and lie within a ring or rectangle by their middle.
   * @param {readonly number[]} extent left, top, right, bottom in level-0 px
   * @param {Float64Array | null} ring x, y, ...; null: the rectangle itself
   * @param {(cell: number, label: number) => void} visit
   */
  #within([left, top, right, bottom], ring, visit) {
    const {labels} = this.shown;
    for (const square of this.#table.squaresIn([left, top, right, bottom], 0)) {
      const [x0, y0] = [square.column * CHUNK_PX, square.row * CHUNK_PX];
      const isWhole = !ring && x0 >= left && y0 >= top && x0 + CHUNK_PX <= right && y0 + CHUNK_PX <= bottom;
      this.#eachExactMiddle(square, (cell, x, y) => {
        if (!isWhole && (x < left || y < top || x > right || y > bottom || (ring && !isInRing(ring, x, y)))) return;
        if (labels[cell] >= 0) visit(cell, labels[cell]);
      });
    }
  }

  /** Middles from the outlines where these are at hand, which is so wherever single cells are seen. @type {CellTable['eachMiddle']} */
  #eachExactMiddle(square, visit) {
    const opened = this.chunks.peek(this.#chunkUrl(square));
    if (!opened) {
      this.#table.eachMiddle(square, visit);
      return;
    }
    const {chunk, bounds} = opened;
    for (let i = 0; i < chunk.count; i += 1) {
      visit(chunk.numbers[i], (bounds[4 * i] + bounds[4 * i + 2]) / 2, (bounds[4 * i + 1] + bounds[4 * i + 3]) / 2);
    }
  }

  /** @param {readonly number[]} extent @param {Float64Array | null} ring @param {number} labels how many there are @returns {Counts} */
  count(extent, ring, labels) {
    /** @type {number[]} */
    const shown = new Array(labels).fill(0);
    let decided = 0;
    this.#within(extent, ring, (cell, label) => {
      shown[label] += 1;
      if (this.#overlay.isDecided(cell)) decided += 1;
    });
    return {shown, decided};
  }

  /**
   * @param {'replace' | 'add' | 'subtract'} mode
   * @param {{cell: number} | {extent: readonly number[], ring: Float64Array | null} | null} what null: nothing
   */
  select(mode, what) {
    if (mode === 'replace') {
      eachRun(runsOf(this.#selected), (from, to) => this.touched.add(from, to));
      this.#selected.fill(0);
    }
    const value = mode === 'subtract' ? 0 : 1;
    const set = (/** @type {number} */ cell) => {
      if (this.#selected[cell] !== value) this.touched.add(cell, cell + 1);
      this.#selected[cell] = value;
    };
    if (what && 'cell' in what) set(what.cell);
    else if (what) this.#within(what.extent, what.ring, set);
  }

  /** @returns {number[]} runs of the cells that are selected and still shown */
  selectedRuns() {
    const {labels, selected: kept} = this.shown;
    for (let cell = 0; cell < kept.length; cell += 1) if (kept[cell] && labels[cell] < 0) kept[cell] = 0;
    return runsOf(kept);
  }

  /** @param {readonly number[]} runs @param {number} labels @returns {number[]} how many of each label */
  labelsOf(runs, labels) {
    /** @type {number[]} */
    const counts = new Array(labels).fill(0);
    const shown = this.shown.labels;
    eachRun(runs, (from, to) => {
      for (let cell = from; cell < to; cell += 1) if (shown[cell] >= 0) counts[shown[cell]] += 1;
    });
    return counts;
  }
}
