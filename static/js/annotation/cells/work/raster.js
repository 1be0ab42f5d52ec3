/** Fills outlines of a few pixels into a tile: for tens of thousands of them a canvas takes several times as long. */

import {SELECTED} from './painting.js';

/** @import {CellChunk} from './chunk.js' */
/** @import {Frame, Shown} from './painting.js' */

/** Lines that a row of pixels is looked at along; a border is as soft as that. */
const LINES = 4;
const MOST_CROSSINGS = 64;
const [ALPHA, ALPHA_SELECTED] = [0.75, 0.9];
/** Every how many vertices there is a corner: cells are some pixels wide. */
const STEP = 3;

export class Raster {
  /** @param {number} side px of a tile */
  constructor(side) {
    this.side = side;
    /** Red, green, blue times coverage, and coverage; 0 to 1. */
    this.pixels = new Float32Array(4 * side * side);
    this.row = new Float32Array(side);
    this.crossings = new Float64Array(MOST_CROSSINGS);
    this.corners = new Float64Array(2 * 4096);
    /** @type {number[][]} */
    this.colours = [];
  }

  /** @param {string[]} colours #rrggbb */
  begin(colours) {
    this.pixels.fill(0);
    this.colours = [...colours, SELECTED].map((colour) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255));
  }

  /** @param {CellChunk} chunk @param {Float32Array} bounds of `boundsOf` @param {Frame} frame @param {Shown} shown */
  addChunk({count, numbers, starts, vertices}, bounds, frame, shown) {
    const {left, top, resolution, side} = frame;
    const [right, bottom] = [left + side * resolution, top + side * resolution];
    for (let i = 0; i < count; i += 1) {
      const at = 4 * i;
      if (bounds[at] > right || bounds[at + 1] > bottom || bounds[at + 2] < left || bounds[at + 3] < top) continue;
      const cell = numbers[i];
      const label = shown.labelOf(cell);
      if (label < 0) continue;
      const isSelected = shown.isSelected(cell);
      const [from, to] = [starts[i], starts[i + 1]];
      const every = to - from > 3 * STEP ? STEP : 1;
      let length = 0;
      for (let v = from; v < to; v += every) {
        this.corners[length] = (vertices[2 * v] - left) / resolution;
        this.corners[length + 1] = (vertices[2 * v + 1] - top) / resolution;
        length += 2;
      }
      this.fill(length, isSelected ? this.colours[this.colours.length - 1] : this.colours[label], isSelected ? ALPHA_SELECTED : ALPHA);
    }
  }

  /**
   * Fills the outline that lies in `corners`, by the even-odd rule.
   * @param {number} length numbers of it, two a corner; px of the tile
   * @param {number[]} colour 0 to 1
   * @param {number} alpha 0 to 1
   */
  fill(length, colour, alpha) {
    const {side, corners, row} = this;
    let [low, high, first, last] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let at = 0; at < length; at += 2) {
      if (corners[at] < first) first = corners[at];
      if (corners[at] > last) last = corners[at];
      if (corners[at + 1] < low) low = corners[at + 1];
      if (corners[at + 1] > high) high = corners[at + 1];
    }
    const [x0, x1] = [Math.max(0, Math.floor(first)), Math.min(side, Math.ceil(last))];
    const y1 = Math.min(side, Math.ceil(high));
    if (x0 >= x1) return;
    for (let y = Math.max(0, Math.floor(low)); y < y1; y += 1) {
      row.fill(0, x0, x1);
      for (let line = 0; line < LINES; line += 1) this.#cover(y + (line + 0.5) / LINES, length);
      this.#blend(y, x0, x1, colour, alpha);
    }
  }

  /** Adds to the row what a line through it covers of each pixel. @param {number} y @param {number} length */
  #cover(y, length) {
    const {side, corners, crossings, row} = this;
    let found = 0;
    for (let at = 0, before = length - 2; at < length; before = at, at += 2) {
      const [y0, y1] = [corners[before + 1], corners[at + 1]];
      if (y0 <= y === y1 <= y || found === MOST_CROSSINGS) continue;
      const x = corners[before] + ((y - y0) * (corners[at] - corners[before])) / (y1 - y0);
      let place = found;
      for (; place > 0 && crossings[place - 1] > x; place -= 1) crossings[place] = crossings[place - 1];
      crossings[place] = x;
      found += 1;
    }
    for (let pair = 0; pair + 1 < found; pair += 2) {
      const [from, to] = [Math.max(0, crossings[pair]), Math.min(side, crossings[pair + 1])];
      if (to <= from) continue;
      const [begin, end] = [Math.floor(from), Math.min(side - 1, Math.floor(to))];
      if (begin === end) row[begin] += (to - from) / LINES;
      else {
        row[begin] += (begin + 1 - from) / LINES;
        for (let x = begin + 1; x < end; x += 1) row[x] += 1 / LINES;
        row[end] += (to - end) / LINES;
      }
    }
  }

  /** @param {number} y @param {number} x0 @param {number} x1 @param {number[]} colour @param {number} alpha */
  #blend(y, x0, x1, colour, alpha) {
    const {pixels, row, side} = this;
    const [red, green, blue] = colour;
    for (let x = x0; x < x1; x += 1) {
      if (row[x] === 0) continue;
      const share = alpha * row[x];
      const rest = 1 - share;
      const at = 4 * (y * side + x);
      pixels[at] = pixels[at] * rest + red * share;
      pixels[at + 1] = pixels[at + 1] * rest + green * share;
      pixels[at + 2] = pixels[at + 2] * rest + blue * share;
      pixels[at + 3] = pixels[at + 3] * rest + share;
    }
  }

  /** @param {Uint8ClampedArray} data red, green, blue, alpha of each pixel, all 0 */
  write(data) {
    const {pixels} = this;
    for (let at = 0; at < pixels.length; at += 4) {
      const alpha = pixels[at + 3];
      if (alpha === 0) continue;
      data[at] = (255 * pixels[at]) / alpha;
      data[at + 1] = (255 * pixels[at + 1]) / alpha;
      data[at + 2] = (255 * pixels[at + 2]) / alpha;
      data[at + 3] = 255 * alpha;
    }
  }
}
