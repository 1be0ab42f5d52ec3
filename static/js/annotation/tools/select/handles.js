/** The handles of a rectangle: which one is under the pointer, and what dragging it makes of the rectangle. */

import {clampToImage} from '../../outline.js';

/** @import {Position, RectangleGeometry} from '../../types.js' */

/**
 * @typedef {{x: -1 | 0 | 1, y: -1 | 0 | 1}} Handle which sides it moves: -1 left or top, 1 right or bottom, 0 neither
 */

/** @type {Handle[]} corners first: where handles lie close together a corner is meant */
const HANDLES = [
  {x: -1, y: -1},
  {x: 1, y: -1},
  {x: 1, y: 1},
  {x: -1, y: 1},
  {x: 0, y: -1},
  {x: 1, y: 0},
  {x: 0, y: 1},
  {x: -1, y: 0},
];

/**
 * @param {RectangleGeometry} rectangle
 * @param {Position} point level-0 px
 * @param {number} tolerance level-0 px
 * @returns {Handle | null}
 */
export function handleAt({bbox: [x, y, width, height]}, point, tolerance) {
  /** @param {Handle} handle */
  const distance = (handle) => Math.hypot(point[0] - (x + (width * (handle.x + 1)) / 2), point[1] - (y + (height * (handle.y + 1)) / 2));
  return HANDLES.find((handle) => distance(handle) <= tolerance) ?? null;
}

/**
 * @param {RectangleGeometry} rectangle @param {Handle} handle @param {Position} point where the handle is dragged to
 * @param {{width: number, height: number}} image
 * @returns {RectangleGeometry | null} null: it would have no area
 */
export function resize({bbox: [x, y, width, height]}, handle, point, image) {
  const [toX, toY] = clampToImage(point, image);
  const [left, right] = side(x, x + width, handle.x, toX);
  const [top, bottom] = side(y, y + height, handle.y, toY);
  if (right <= left || bottom <= top) return null;
  return {type: 'Rectangle', bbox: [left, top, right - left, bottom - top]};
}

/** @param {number} low @param {number} high @param {-1 | 0 | 1} moved @param {number} to @returns {[number, number]} */
function side(low, high, moved, to) {
  if (moved === 0) return [low, high];
  const fixed = moved < 0 ? high : low;
  return [Math.min(fixed, to), Math.max(fixed, to)];
}
