/** A stroke whose width follows how hard a pen presses, as pieces of one width each. Arithmetic only. */

/** @import {Position} from '../../types.js' */

/** @typedef {{path: Position[], radius: number}} Piece level-0 px */

/** The lightest touch paints this share of the width that is set; full pressure paints all of it, and nothing paints more. */
const LEAST = 0.15;
/** A piece ends where the width has changed by more than this share: finer steps are not seen, and cost time. */
const STEP = 0.08;

/** @param {number} pressure 0 to 1 @returns {number} share of the width that is set */
export const shareOf = (pressure) => LEAST + (1 - LEAST) * Math.min(1, Math.max(0, pressure));

export class Pieces {
  /** @param {number} radius the widest; level-0 px */
  constructor(radius) {
    this.radius = radius;
    /** @type {Piece[]} */
    this.all = [];
  }

  /** @param {Position} point level-0 px @param {number} pressure 0 to 1 */
  add(point, pressure) {
    const radius = this.radius * shareOf(pressure);
    const last = this.all.at(-1);
    if (last && Math.abs(radius - last.radius) <= STEP * last.radius) last.path.push(point);
    // It begins where the one before ends, so that there is no gap between them.
    else this.all.push({path: last ? [last.path[last.path.length - 1], point] : [point], radius});
  }

  /**
   * @param {number} from points that were looked at before, in all @returns {{pieces: Piece[], count: number}} what has come since, and
   *   how many points there are now
   */
  since(from) {
    /** @type {Piece[]} */
    const pieces = [];
    let count = 0;
    for (const {path, radius} of this.all) {
      const begin = Math.max(0, from - count - 1);
      count += path.length;
      if (count > from) pieces.push({path: path.slice(begin), radius});
    }
    return {pieces, count};
  }
}
