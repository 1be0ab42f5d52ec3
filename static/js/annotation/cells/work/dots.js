/** Draws cells that are smaller than a pixel or two: every one counts, however many lie on a pixel. */

import {SELECTED} from './painting.js';

export class DotPainter {
  /** @param {number} side px of a tile */
  constructor(side) {
    this.side = side;
    this.counts = new Uint32Array(side * side);
    this.sums = new Float32Array(3 * side * side);
    this.bands = new Float32Array(0);
  }

  /** @param {string[]} colours #rrggbb */
  begin(colours) {
    this.counts.fill(0);
    this.sums.fill(0);
    this.bands = Float32Array.from([...colours, SELECTED].flatMap((colour) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16))));
  }

  /** @param {number} x px of the tile @param {number} y @param {number} label its place; -1: selected @param {number} size px of a dot */
  add(x, y, label, size) {
    const {side} = this;
    const [left, top] = [Math.floor(x - (size - 1) / 2), Math.floor(y - (size - 1) / 2)];
    const band = label < 0 ? this.bands.length - 3 : 3 * label;
    const [right, bottom] = [Math.min(side, left + size), Math.min(side, top + size)];
    for (let row = Math.max(0, top); row < bottom; row += 1) {
      for (let column = Math.max(0, left); column < right; column += 1) this.#count(row * side + column, band);
    }
  }

  /** @param {number} at pixel @param {number} band where its colour begins */
  #count(at, band) {
    const {sums, bands} = this;
    this.counts[at] += 1;
    sums[3 * at] += bands[band];
    sums[3 * at + 1] += bands[band + 1];
    sums[3 * at + 2] += bands[band + 2];
  }

  /** @param {Uint8ClampedArray} data red, green, blue, alpha of each pixel, all 0 */
  write(data) {
    const {counts, sums} = this;
    for (let at = 0; at < counts.length; at += 1) {
      const count = counts[at];
      if (count === 0) continue;
      data[4 * at] = sums[3 * at] / count;
      data[4 * at + 1] = sums[3 * at + 1] / count;
      data[4 * at + 2] = sums[3 * at + 2] / count;
      // One cell is seen; where more lie on a pixel, less of the tissue is.
      data[4 * at + 3] = 255 * (1 - 0.35 / count);
    }
  }
}
