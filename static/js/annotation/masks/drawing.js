/** Draws a mask into a picture: its border as a line, its pixels as a tint. Pure arithmetic on squares and colours. */

import {TILE_PX} from './tiles.js';
import {coverageOf} from './coverage.js';

/** @import {MaskGeometry} from '../types.js' */

/** Squares on each side of the picture that are looked at, for the border of what lies beside it. */
export const APRON = 3;

/**
 * @typedef {{left: number, top: number, step: number, side: number}} Place of a picture: level-0 px of its corner, level-0 px of
 *   a square, squares on a side
 *
 * @typedef {{rim: [number, number, number, number], line: [number, number, number], tint: [number, number, number], fill: number}} Ink
 *   colours from the border inwards; the opacity of the rim and fill: 0 to 1
 */


/** @param {Place} place @returns {number} squares on a side with the apron */
const sideOf = ({side}) => side + 2 * APRON;

/**
 * @param {MaskGeometry} mask @param {Place} place
 * @returns {MaskGeometry['tiles']} that lie in the picture or beside it
 */
export function tilesIn({tiles}, {left, top, step, side}) {
  const [low, far] = [APRON * step, (side + APRON) * step];
  return tiles.filter(([column, row]) => {
    const [x, y] = [column * TILE_PX, row * TILE_PX];
    return x < left + far && x + TILE_PX > left - low && y < top + far && y + TILE_PX > top - low;
  });
}

/**
 * @param {Uint8Array} grid coverage of the squares of a picture and its apron, added to
 * @param {MaskGeometry['tiles'][number]} tile @param {Place} place
 */
export function addTile(grid, [column, row, text], place) {
  const {left, top, step} = place;
  const wide = sideOf(place);
  const size = Math.max(step, 1);
  const coverage = coverageOf(text, size);
  const inTile = TILE_PX / size;
  // The first and the last square of the picture that show something of the tile.
  const x0 = Math.max(0, Math.ceil((column * TILE_PX - left) / step) + APRON);
  const y0 = Math.max(0, Math.ceil((row * TILE_PX - top) / step) + APRON);
  const x1 = Math.min(wide, Math.ceil(((column + 1) * TILE_PX - left) / step) + APRON);
  const y1 = Math.min(wide, Math.ceil(((row + 1) * TILE_PX - top) / step) + APRON);
  for (let y = y0; y < y1; y += 1) {
    const line = Math.floor((top + (y - APRON) * step - row * TILE_PX) / size) * inTile;
    const shift = (left - column * TILE_PX) / size;
    for (let x = x0; x < x1; x += 1) grid[y * wide + x] = coverage[line + Math.floor(shift + ((x - APRON) * step) / size)];
  }
}

/** @param {Place} place @returns {Uint8Array} nothing yet */
export const emptyGrid = (place) => new Uint8Array(sideOf(place) ** 2);

/**
 * @param {ImageData} picture drawn over what is there @param {Uint8Array} grid @param {Place} place @param {Ink} ink
 */
export function paintGrid({data}, grid, place, {rim, line, tint, fill}) {
  const wide = sideOf(place);
  for (let y = 0; y < place.side; y += 1) {
    let at = (y + APRON) * wide + APRON;
    for (let x = 0; x < place.side; x += 1, at += 1) {
      const covered = grid[at];
      if (covered === 0) continue;
      const to = 4 * (y * place.side + x);
      if (isNear(grid, at, 1, wide)) blend(data, to, rim, rim[3]);
      else if (isNear(grid, at, 2, wide) || isNear(grid, at, 3, wide)) blend(data, to, line, 1);
      else blend(data, to, tint, (fill * covered) / 255);
    }
  }
}

/** @param {Uint8Array} grid @param {number} at @param {number} far @param {number} wide @returns {boolean} whether it is out so far away */
const isNear = (grid, at, far, wide) => !grid[at - far] || !grid[at + far] || !grid[at - far * wide] || !grid[at + far * wide];

/** @param {Uint8ClampedArray} data @param {number} at @param {ArrayLike<number>} colour @param {number} alpha */
function blend(data, at, colour, alpha) {
  const below = (data[at + 3] / 255) * (1 - alpha);
  const both = alpha + below;
  if (both === 0) return;
  for (let channel = 0; channel < 3; channel += 1) data[at + channel] = (colour[channel] * alpha + data[at + channel] * below) / both;
  data[at + 3] = both * 255;
}
