/** A place that was picked with the wand, and the region that grows from it as the tolerance does. */

import {screenPixels} from '../../../viewer/screen-pixels.js';
import {closeRing, ringArea, simplify} from '../../outline.js';
import {areaOf, geometryOf, union} from '../../regions.js';
import {settled} from '../region_marks.js';
import {colourField, flood} from './flood.js';
import {outlinesOf} from './trace.js';

/** @import {Viewer} from '../../../viewer/viewer.js' */
/** @import {Region} from '../../regions.js' */
/** @import {Geometry, Position, Ring} from '../../types.js' */

/** How far an outline may lie from the edges of the pixels, whose steps nobody means; screen px. */
const TOLERANCE_PX = 1;
/** Smaller holes are grain of the image; square screen px. */
const SMALLEST_HOLE_PX2 = 60;
/** Smaller than this is a slip of the hand; square screen px. */
const SMALLEST_PX2 = 12;
/** Read by tests and benchmarks. */
const TIMES = {pick: 'mitate:wand-pick', grow: 'mitate:wand-grow'};

/**
 * @template T
 * @param {string} name @param {() => T} run
 * @returns {T}
 */
function timed(name, run) {
  const start = performance.now();
  const result = run();
  performance.measure(name, {start, end: performance.now()});
  return result;
}

export class Pick {
  /** @param {Viewer} viewer @param {[number, number]} pixel CSS px of the canvas @returns {Pick | null} null: beside the image */
  static at(viewer, pixel) {
    return timed(TIMES.pick, () => {
      const image = screenPixels(viewer);
      const seed = /** @type {[number, number]} */ (pixel.map(Math.floor));
      const pick = image && new Pick(viewer, image, seed);
      return pick && pick.isImage(...seed) ? pick : null;
    });
  }

  /** @param {Viewer} viewer @param {ImageData} image @param {[number, number]} seed */
  constructor(viewer, image, seed) {
    const {width, height} = viewer.manifest;
    this.image = {width, height};
    const [origin, right, down] = [[0, 0], [1, 0], [0, 1]].map((at) => viewer.level0FromPixel(at)); // prettier-ignore
    /** Level-0 px of the corner of the canvas, and what a step to the right and a step down add. */
    this.frame = {
      origin: [origin[0], origin[1]],
      across: [right[0] - origin[0], right[1] - origin[1]],
      down: [down[0] - origin[0], down[1] - origin[1]],
    };
    this.resolution = Math.hypot(...this.frame.across);
    this.field = colourField(image, seed, (y) => this.#span(y, image.width));
  }

  /** @param {number} x @param {number} y CSS px @returns {Position} level-0 px */
  #level0(x, y) {
    const {origin, across, down} = this.frame;
    return [origin[0] + x * across[0] + y * down[0], origin[1] + x * across[1] + y * down[1]];
  }

  /** @param {number} x @param {number} y pixel @returns {boolean} whether its middle shows the image */
  isImage(x, y) {
    const [atX, atY] = this.#level0(x + 0.5, y + 0.5);
    return atX >= 0 && atY >= 0 && atX <= this.image.width && atY <= this.image.height;
  }

  /**
   * The image is a parallelogram on screen, however it is turned.
   * @param {number} y row @param {number} columns
   * @returns {[number, number]} the first pixel of the row that shows the image, and the one after the last
   */
  #span(y, columns) {
    let [from, to] = [0, columns];
    const start = this.#level0(0.5, y + 0.5);
    [this.image.width, this.image.height].forEach((end, axis) => {
      const [at, step] = [start[axis], this.frame.across[axis]];
      if (Math.abs(step) < 1e-9) {
        if (at < 0 || at > end) to = from;
        return;
      }
      const [one, other] = [-at / step, (end - at) / step];
      from = Math.max(from, Math.ceil(Math.min(one, other)));
      to = Math.min(to, Math.floor(Math.max(one, other)) + 1);
    });
    return [from, Math.max(from, to)];
  }

  /** @param {number} tolerance @returns {Ring[]} the outline, then its holes; level-0 px on the grid; empty: nothing looks like it */
  grow(tolerance) {
    return timed(TIMES.grow, () => {
      const {width, height} = this.field;
      const loops = outlinesOf(flood(this.field, tolerance), width, height).map((loop) => ({loop, area: ringArea(loop)}));
      return loops
        .filter(({area}) => area >= SMALLEST_PX2 || area <= -SMALLEST_HOLE_PX2)
        .sort((a, b) => b.area - a.area)
        .map(({loop}) => this.#ring(simplify(loop, TOLERANCE_PX)))
        .filter((ring) => ring.length > 3);
    });
  }

  /** @param {Position[]} loop CSS px @returns {Ring} */
  #ring(loop) {
    const {width, height} = this.image;
    return closeRing(
      loop.map(([x, y]) => {
        const [atX, atY] = this.#level0(x, y);
        return [Math.min(Math.max(atX, 0), width), Math.min(Math.max(atY, 0), height)];
      }),
    );
  }

  /**
   * @param {Ring[]} rings as they grew
   * @returns {Geometry | null | 'too-many'} one polygon that can be saved; null: nothing is left
   */
  outlineOf(rings) {
    /** @type {Region} */
    const region = rings.length > 0 ? union([rings], []) : [];
    // Thinned, a neck may close: what lies beyond it is left out.
    const [largest] = region.sort((a, b) => areaOf([b]) - areaOf([a]));
    const kept = largest ? settled([largest], [], this.resolution) : [];
    return kept === null ? 'too-many' : geometryOf(kept);
  }
}
