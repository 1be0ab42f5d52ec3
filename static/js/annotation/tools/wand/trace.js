/** Outlines of a mask: along the edges of its pixels, with the mask on the right hand. */

/** @import {Position} from '../../types.js' */

/** Right, down, left, up: the next one is a turn to the right. */
const STEPS = [[1, 0], [0, 1], [-1, 0], [0, -1]]; // prettier-ignore

/**
 * @param {Uint8Array} mask 1: inside @param {number} width @param {number} height
 * @returns {Position[][]} closed loops of corners in pixels; outlines have a positive area (shoelace, y downwards), holes a
 *   negative one. Pixels that share a corner only do not hang together.
 */
export function outlinesOf(mask, width, height) {
  const isIn = (/** @type {number} */ x, /** @type {number} */ y) => x >= 0 && y >= 0 && x < width && y < height && mask[y * width + x] === 1;
  // Each loop passes along the upper side of some pixel from left to right.
  const seen = new Uint8Array(width * height);
  /** @type {Position[][]} */
  const loops = [];
  for (let at = 0; at < mask.length; at += 1) {
    if (!mask[at] || seen[at] || (at >= width && mask[at - width])) continue;
    loops.push(follow(at % width, Math.floor(at / width), isIn, (x, y) => (seen[y * width + x] = 1)));
  }
  return loops;
}

/**
 * @param {number} startX @param {number} startY
 * @param {(x: number, y: number) => boolean} isIn
 * @param {(x: number, y: number) => void} pass notes a pixel whose upper side was passed
 * @returns {Position[]}
 */
function follow(startX, startY, isIn, pass) {
  /** @type {Position[]} */
  const loop = [[startX, startY]];
  let [x, y, way] = [startX, startY, 0];
  do {
    if (way === 0) pass(x, y);
    x += STEPS[way][0];
    y += STEPS[way][1];
    const turn = turnAt(x, y, way, isIn);
    if (turn !== 0) loop.push([x, y]);
    way = (way + turn + 4) % 4;
  } while (x !== startX || y !== startY || way !== 0);
  return loop;
}

/**
 * @param {number} x @param {number} y corner @param {number} way come by @param {(x: number, y: number) => boolean} isIn
 * @returns {-1 | 0 | 1} 1: to the right
 */
function turnAt(x, y, way, isIn) {
  // The pixels ahead to the left and to the right of the corner.
  const [left, right] = [
    [[0, -1], [0, 0]],
    [[0, 0], [-1, 0]],
    [[-1, 0], [-1, -1]],
    [[-1, -1], [0, -1]],
  ][way]; // prettier-ignore
  if (!isIn(x + right[0], y + right[1])) return 1;
  return isIn(x + left[0], y + left[1]) ? -1 : 0;
}
