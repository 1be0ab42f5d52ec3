/** Fills outlines of a few pixels into a tile: for tens of thousands of them a canvas takes several times as long. */

import {SELECTED} from './painting.js';

/** @import {CellChunk} from './chunk.js' */
/** @import {Frame, Shown} from './painting.js' */

const [ALPHA, ALPHA_SELECTED] = [0.75, 0.9];
/** Less is not seen. */
const LEAST = 1 / 512;
/** Every how many vertices there is a corner: cells are some pixels wide. */
const STEP = 3;
const MOST_VERTICES = 4096;

export class Raster {
  /** @param {number} side px of a tile */
  constructor(side) {
    this.side = side;
    /** Red, green, blue times coverage, and coverage; 0 to 1. */
    this.pixels = new Float32Array(4 * side * side);
    /** How much more of each pixel than of the one before is covered; of one outline, 0 between two. */
    this.steps = new Float32Array((side + 2) * side);
    this.corners = new Float64Array(2 * MOST_VERTICES);
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
    const {labels, selected} = shown;
    for (let i = 0; i < count; i += 1) {
      const at = 4 * i;
      if (bounds[at] > right || bounds[at + 1] > bottom || bounds[at + 2] < left || bounds[at + 3] < top) continue;
      const cell = numbers[i];
      const label = labels[cell];
      if (label < 0) continue;
      const isSelected = selected[cell] === 1;
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
   * Fills the outline that lies in `corners`. Each side adds what it covers of the pixels that it goes through; summed up along a row
   * this is how much of each pixel lies within. The area is exact, where an outline crosses itself it counts once.
   * @param {number} length numbers of it, two a corner; px of the tile
   * @param {number[]} colour 0 to 1
   * @param {number} alpha 0 to 1
   */
  fill(length, colour, alpha) {
    const {side, corners} = this;
    let low = Infinity;
    let high = -Infinity;
    let first = Infinity;
    let last = -Infinity;
    for (let at = 0; at < length; at += 2) {
      if (corners[at] < first) first = corners[at];
      if (corners[at] > last) last = corners[at];
      if (corners[at + 1] < low) low = corners[at + 1];
      if (corners[at + 1] > high) high = corners[at + 1];
    }
    const x0 = Math.max(0, Math.floor(first));
    const x1 = Math.min(side, Math.ceil(last));
    const y0 = Math.max(0, Math.floor(low));
    const y1 = Math.min(side, Math.ceil(high));
    if (x0 >= x1 || y0 >= y1) return;
    for (let at = 0, before = length - 2; at < length; before = at, at += 2) {
      this.#side(corners[before] - x0, corners[before + 1] - y0, corners[at] - x0, corners[at + 1] - y0, x1 - x0, y1 - y0);
    }
    this.#blend(x0, y0, x1, y1, colour, alpha);
  }

  /**
   * One side of an outline; px from the corner of what is filled.
   * @param {number} xa @param {number} ya @param {number} xb @param {number} yb @param {number} width @param {number} height px
   */
  #side(xa, ya, xb, yb, width, height) {
    if (ya === yb) return;
    const isDown = ya < yb;
    const top = isDown ? ya : yb;
    const bottom = isDown ? yb : ya;
    const slope = (xb - xa) / (yb - ya);
    let x = isDown ? xa : xb;
    if (top < 0) x -= top * slope;
    const end = Math.min(height, Math.ceil(bottom));
    for (let y = Math.max(0, Math.floor(top)); y < end; y += 1) {
      const share = Math.min(y + 1, bottom) - Math.max(y, top);
      const next = x + slope * share;
      // What lies beside the tile covers whole rows of it, or nothing.
      const from = Math.max(0, Math.min(width, x < next ? x : next));
      const to = Math.max(0, Math.min(width, x < next ? next : x));
      this.#step(y * (width + 2), from, to, isDown ? share : -share);
      x = next;
    }
  }

  /** @param {number} row where it begins in `steps` @param {number} from px @param {number} to @param {number} share of the row's height */
  #step(row, from, to, share) {
    const {steps} = this;
    const begin = Math.floor(from);
    const pixels = Math.ceil(to) - begin;
    if (pixels <= 1) {
      const middle = (from + to) / 2 - begin;
      steps[row + begin] += share * (1 - middle);
      steps[row + begin + 1] += share * middle;
      return;
    }
    // The area left of the side grows from pixel to pixel; each gets what it has more than the one before.
    const each = share / (to - from);
    let before = 0;
    for (let pixel = 0; pixel < pixels; pixel += 1) {
      const left = Math.max(from, begin + pixel);
      const right = Math.min(to, begin + pixel + 1);
      const covered = each * (right - left) * (begin + pixel + 1 - (left + right) / 2) + each * (left - from);
      steps[row + begin + pixel] += covered - before;
      before = covered;
    }
    steps[row + begin + pixels] += share - before;
  }

  /** @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 @param {number[]} colour @param {number} alpha */
  #blend(x0, y0, x1, y1, colour, alpha) {
    const {pixels, steps, side} = this;
    const red = colour[0];
    const green = colour[1];
    const blue = colour[2];
    const width = x1 - x0;
    for (let y = y0; y < y1; y += 1) {
      const row = (y - y0) * (width + 2);
      let sum = 0;
      for (let x = 0; x < width; x += 1) {
        sum += steps[row + x];
        steps[row + x] = 0;
        const share = alpha * Math.min(1, Math.abs(sum));
        if (share < LEAST) continue;
        const rest = 1 - share;
        const at = 4 * (y * side + x0 + x);
        pixels[at] = pixels[at] * rest + red * share;
        pixels[at + 1] = pixels[at + 1] * rest + green * share;
        pixels[at + 2] = pixels[at + 2] * rest + blue * share;
        pixels[at + 3] = pixels[at + 3] * rest + share;
      }
      steps[row + width] = 0;
      steps[row + width + 1] = 0;
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
