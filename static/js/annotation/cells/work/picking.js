/** Which cells of a chunk lie under a pointer or within a lasso, and how many there are of each label. */

/** @import {CellChunk} from './chunk.js' */

/** @typedef {readonly [number, number]} Position level-0 pixels */

/**
 * The rectangle around each outline: left, top, right, bottom in level-0 pixels, four numbers a cell.
 * @param {CellChunk} chunk
 * @returns {Float32Array}
 */
export function boundsOf({count, starts, vertices}) {
  const bounds = new Float32Array(4 * count);
  for (let cell = 0; cell < count; cell += 1) {
    let left = Infinity;
    let top = Infinity;
    let right = -Infinity;
    let bottom = -Infinity;
    for (let at = 2 * starts[cell], end = 2 * starts[cell + 1]; at < end; at += 2) {
      const x = vertices[at];
      const y = vertices[at + 1];
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
    }
    const at = 4 * cell;
    bounds[at] = left;
    bounds[at + 1] = top;
    bounds[at + 2] = right;
    bounds[at + 3] = bottom;
  }
  return bounds;
}

/**
 * The rectangle around all outlines.
 * @param {Float32Array} bounds of `boundsOf`
 * @returns {number[]} left, top, right, bottom in level-0 pixels
 */
export function extentOf(bounds) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let at = 0; at < bounds.length; at += 4) {
    left = Math.min(left, bounds[at]);
    top = Math.min(top, bounds[at + 1]);
    right = Math.max(right, bounds[at + 2]);
    bottom = Math.max(bottom, bounds[at + 3]);
  }
  return [left, top, right, bottom];
}

/**
 * The cell under a point; where several lie over each other, the smallest, which could not be reached otherwise.
 * @param {CellChunk} chunk
 * @param {Float32Array} bounds of `boundsOf`
 * @param {Position} point
 * @param {(cell: number) => boolean} [isShown] cells that are filtered out cannot be picked
 * @returns {number} its place in the chunk; -1 where there is none
 */
export function cellAt(chunk, bounds, [x, y], isShown = () => true) {
  let [found, smallest] = [-1, Infinity];
  for (let cell = 0; cell < chunk.count; cell += 1) {
    const at = 4 * cell;
    if (x < bounds[at] || y < bounds[at + 1] || x > bounds[at + 2] || y > bounds[at + 3]) continue;
    const size = (bounds[at + 2] - bounds[at]) * (bounds[at + 3] - bounds[at + 1]);
    if (size < smallest && isShown(cell) && contains(chunk, cell, x, y)) [found, smallest] = [cell, size];
  }
  return found;
}

/**
 * The cells whose middle lies within a ring.
 * @param {CellChunk} chunk
 * @param {Float32Array} bounds of `boundsOf`
 * @param {readonly Position[]} ring closed or not
 * @param {(cell: number) => boolean} [isShown]
 * @returns {number[]} places in the chunk, ascending
 */
export function cellsWithin(chunk, bounds, ring, isShown = () => true) {
  const lasso = Float64Array.from(ring.flat());
  /** @type {number[]} */
  const found = [];
  for (let cell = 0; cell < chunk.count; cell += 1) {
    const at = 4 * cell;
    const [x, y] = [(bounds[at] + bounds[at + 2]) / 2, (bounds[at + 1] + bounds[at + 3]) / 2];
    if (isShown(cell) && isWithin(lasso, 0, lasso.length, x, y)) found.push(cell);
  }
  return found;
}

/**
 * @param {CellChunk} chunk
 * @param {number} labels how many labels the layer has
 * @param {(cell: number) => boolean} [isCounted]
 * @returns {Uint32Array} cells of each label
 */
export function countsOf(chunk, labels, isCounted = () => true) {
  const counts = new Uint32Array(labels);
  for (let cell = 0; cell < chunk.count; cell += 1) if (isCounted(cell)) counts[chunk.labels[cell]] += 1;
  return counts;
}

/** @param {Float64Array} ring x, y, ... closed or not @param {number} x @param {number} y @returns {boolean} */
export const isInRing = (ring, x, y) => isWithin(ring, 0, ring.length, x, y);

/** @param {CellChunk} chunk @param {number} cell @param {number} x @param {number} y @returns {boolean} */
const contains = ({starts, vertices}, cell, x, y) => isWithin(vertices, 2 * starts[cell], 2 * starts[cell + 1], x, y);

/**
 * Even-odd rule: how often a ray to the right crosses the ring.
 * @param {Float32Array | Float64Array} positions x, y, x, y, ...
 * @param {number} from
 * @param {number} to
 * @param {number} x
 * @param {number} y
 * @returns {boolean}
 */
function isWithin(positions, from, to, x, y) {
  let inside = false;
  for (let at = from, last = to - 2; at < to; last = at, at += 2) {
    const [x0, y0, x1, y1] = [positions[last], positions[last + 1], positions[at], positions[at + 1]];
    if (y0 > y !== y1 > y && x < ((x1 - x0) * (y - y0)) / (y1 - y0) + x0) inside = !inside;
  }
  return inside;
}
