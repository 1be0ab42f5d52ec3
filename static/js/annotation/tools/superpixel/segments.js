/** Superpixels of what is on screen, and their outlines on the image. */

import {closeRing, ringArea, simplify} from '../../outline.js';
import {union} from '../../regions.js';
import {level0At, onImageAt} from '../screen_frame.js';
import {outlinesOf} from '../wand/trace.js';

/** @import {Region} from '../../regions.js' */
/** @import {Position} from '../../types.js' */
/** @import {ScreenFrame} from '../screen_frame.js' */

/** How far an outline may lie from the edges of the pixels, whose steps nobody means; screen px. */
const TOLERANCE_PX = 0.75;

/**
 * @typedef {object} Found
 * @property {Int32Array} labels of each screen px; -1 beside the image
 * @property {Int32Array} boxes left, top, right, bottom of each superpixel; screen px
 * @property {number} width screen px
 * @property {number} height screen px
 */

export class Segments {
  /** @param {Found} found @param {ScreenFrame} frame */
  constructor({labels, boxes, width, height}, frame) {
    this.labels = labels;
    this.boxes = boxes;
    this.width = width;
    this.height = height;
    this.frame = frame;
  }

  /** @param {readonly number[]} pixel CSS px @returns {number} -1: beside the image */
  at([x, y]) {
    const [column, row] = [Math.floor(x), Math.floor(y)];
    const isIn = column >= 0 && row >= 0 && column < this.width && row < this.height;
    return isIn ? this.labels[row * this.width + column] : -1;
  }

  /**
   * @param {readonly number[]} from @param {readonly number[]} to CSS px @returns {Set<number>} all on the way
   */
  between(from, to) {
    const steps = Math.max(1, Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1])));
    const met = new Set();
    for (let step = 0; step <= steps; step += 1) {
      const label = this.at([0, 1].map((axis) => from[axis] + ((to[axis] - from[axis]) * step) / steps));
      if (label >= 0) met.add(label);
    }
    return met;
  }

  /** @param {ReadonlySet<number>} chosen @returns {Position[][]} loops along the edges of screen px, CSS px; holes run the other way */
  #loops(chosen) {
    let [left, top, right, bottom] = [this.width, this.height, 0, 0];
    for (const label of chosen) {
      const [x0, y0, x1, y1] = this.boxes.subarray(4 * label, 4 * label + 4);
      [left, top, right, bottom] = [Math.min(left, x0), Math.min(top, y0), Math.max(right, x1), Math.max(bottom, y1)];
    }
    const [wide, high] = [Math.max(right - left, 0), Math.max(bottom - top, 0)];
    const mask = new Uint8Array(wide * high);
    for (let y = 0; y < high; y += 1) {
      for (let x = 0; x < wide; x += 1) if (chosen.has(this.labels[(y + top) * this.width + x + left])) mask[y * wide + x] = 1;
    }
    return outlinesOf(mask, wide, high).map((loop) => loop.map(([x, y]) => [x + left, y + top]));
  }

  /** @param {ReadonlySet<number>} chosen @returns {Position[][][]} rings along the edges of screen px; level-0 px */
  exactRings(chosen) {
    return this.#loops(chosen).map((loop) => [[...loop, loop[0]].map(([x, y]) => level0At(this.frame, x, y))]);
  }

  /** @param {ReadonlySet<number>} chosen @returns {Region} on the grid and on the image, with smooth outlines */
  region(chosen) {
    const loops = this.#loops(chosen);
    const isHole = (/** @type {Position[]} */ loop) => ringArea([...loop, loop[0]]) < 0;
    const [first, ...others] = loops.filter((loop) => !isHole(loop)).map((loop) => this.#ring(loop));
    if (!first) return [];
    // Whichever outline the holes stand with, it is their direction that counts.
    const holes = loops.filter(isHole).map((loop) => this.#ring(loop));
    return union([[first, ...holes], ...others.map((ring) => [ring])], []);
  }

  /** @param {Position[]} loop */
  #ring(loop) {
    return closeRing(simplify([...loop, loop[0]], TOLERANCE_PX).map(([x, y]) => onImageAt(this.frame, x, y)));
  }
}
