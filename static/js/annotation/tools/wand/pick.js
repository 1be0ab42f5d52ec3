/** A place that was picked with the wand, and the region that grows from it as the tolerance does. */

import {screenPixels} from '../../../viewer/screen-pixels.js';
import {closeRing, ringArea, simplify} from '../../outline.js';
import {areaOf, geometryOf, union} from '../../regions.js';
import {settled} from '../region_marks.js';
import {frameOf, level0At, onImageAt, spanOf} from '../screen_frame.js';
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
    this.frame = frameOf(viewer);
    this.resolution = Math.hypot(...this.frame.across);
    this.field = colourField(image, seed, (y) => spanOf(this.frame, y, image.width));
  }

  /** @param {number} x @param {number} y pixel @returns {boolean} whether its middle shows the image */
  isImage(x, y) {
    const [atX, atY] = level0At(this.frame, x + 0.5, y + 0.5);
    return atX >= 0 && atY >= 0 && atX <= this.frame.image.width && atY <= this.frame.image.height;
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
    return closeRing(loop.map(([x, y]) => onImageAt(this.frame, x, y)));
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
