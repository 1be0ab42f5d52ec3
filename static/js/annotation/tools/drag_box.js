/** The box between the two ends of a drag. */

import {clampToImage, snap} from '../outline.js';

/** @import {Position} from '../types.js' */

/** Shorter drags are a slip of the hand; screen px. */
const SMALLEST_DRAG_PX = 4;

/**
 * @param {Position} from on the grid and inside the image @param {readonly number[]} to level-0 px
 * @param {{width: number, height: number}} image
 * @param {number | null} [ratio] width to height; the pointer then lies on a side, and nothing reaches beyond the image
 * @returns {[number, number, number, number]} x, y, width, height on the grid
 */
export function boxBetween(from, to, image, ratio = null) {
  const [toX, toY] = clampToImage(to, image);
  let [width, height] = [Math.abs(toX - from[0]), Math.abs(toY - from[1])];
  const [isLeft, isUp] = [to[0] < from[0], to[1] < from[1]];
  if (ratio !== null) {
    const [roomX, roomY] = [isLeft ? from[0] : image.width - from[0], isUp ? from[1] : image.height - from[1]];
    const wanted = Math.min(Math.max(width, height * ratio), roomX, roomY * ratio);
    [width, height] = [snap(wanted), snap(wanted / ratio)];
  }
  return [isLeft ? from[0] - width : from[0], isUp ? from[1] - height : from[1], width, height];
}

/**
 * @param {[number, number]} size level-0 px @param {readonly number[]} centre level-0 px @param {{width: number, height: number}} image
 * @returns {[number, number, number, number]} x, y, width, height on the grid, moved inside the image and no larger than it
 */
export function boxAround([wide, high], centre, image) {
  const [width, height] = [Math.min(snap(wide), image.width), Math.min(snap(high), image.height)];
  const [x, y] = clampToImage([centre[0] - width / 2, centre[1] - height / 2], {
    width: image.width - width,
    height: image.height - height,
  });
  return [x, y, width, height];
}

/** @param {readonly number[]} from screen px @param {readonly number[]} to screen px @returns {boolean} a slip of the hand, no drag */
export const isSlip = (from, to) => Math.hypot(to[0] - from[0], to[1] - from[1]) < SMALLEST_DRAG_PX;
