/**
 * Masks: whole pixels of level 0 in sparse tiles. How a tile is spelled stands in docs/saving.md; annotation/schema/masks.py
 * reads the same on the server. A mask has exactly one spelling, so two masks are the same if their texts are.
 */

/** @import {MaskGeometry} from '../types.js' */

/** Side of a tile; level-0 px. */
export const TILE_PX = 256;
export const TILE_PIXELS = TILE_PX * TILE_PX;
/** The text of a tile whose pixels are all in. */
export const FULL = '';
export const MAX_TILES = 16_384;
export const MAX_CHARACTERS = 768 * 1024;

/** Tiles in one row of them at most. */
const ROW = 2 ** 16;
/** What is known of so many tiles is kept: more than any view shows. */
const MOST_FACTS = 40_000;

/** @typedef {{count: number, left: number, top: number, right: number, bottom: number}} Facts of one tile; px within it */

/** @param {number} column @param {number} row @returns {number} ascends by row, then column */
export const keyOf = (column, row) => row * ROW + column;

/** @param {number} key @returns {[column: number, row: number]} */
export const placeOf = (key) => [key % ROW, Math.floor(key / ROW)];

/**
 * @param {string} text of a tile
 * @returns {Int32Array} where pixels begin and cease to be in, in turns, along the rows of the tile
 */
export function togglesOf(text) {
  if (text === FULL) return Int32Array.of(0, TILE_PIXELS);
  const bytes = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const toggles = new Int32Array(bytes.length + 1);
  let [count, place, length, shift] = [0, 0, 0, 0];
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes.charCodeAt(at);
    length |= (byte & 0x7f) << shift;
    shift += 7;
    if (byte < 0x80) {
      place += length;
      toggles[count] = place;
      count += 1;
      [length, shift] = [0, 0];
    }
  }
  // Out to the end: what ends there is no toggle.
  return toggles.subarray(0, count - (count % 2));
}

/** @param {ArrayLike<number>} toggles @returns {string | null} null: no pixel is in */
export function textOf(toggles) {
  if (toggles.length === 0) return null;
  if (toggles.length === 2 && toggles[0] === 0 && toggles[1] === TILE_PIXELS) return FULL;
  let bytes = '';
  let last = 0;
  const ends = toggles[toggles.length - 1] < TILE_PIXELS ? [...Array.from(toggles), TILE_PIXELS] : toggles;
  for (let at = 0; at < ends.length; at += 1) {
    let length = ends[at] - last;
    last = ends[at];
    for (; length > 0x7f; length >>= 7) bytes += String.fromCharCode((length & 0x7f) | 0x80);
    bytes += String.fromCharCode(length);
  }
  return btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** @param {string} text @returns {Uint8Array} 1: in; row by row */
export function bitsOf(text) {
  const bits = new Uint8Array(TILE_PIXELS);
  const toggles = togglesOf(text);
  for (let at = 0; at < toggles.length; at += 2) bits.fill(1, toggles[at], toggles[at + 1]);
  return bits;
}

/** @param {Uint8Array} bits @returns {string | null} null: no pixel is in */
export function textOfBits(bits) {
  /** @type {number[]} */
  const toggles = [];
  let last = 0;
  for (let at = 0; at < TILE_PIXELS; at += 1) {
    if (bits[at] !== last) {
      toggles.push(at);
      last = bits[at];
    }
  }
  if (last) toggles.push(TILE_PIXELS);
  return textOf(toggles);
}

/** @type {Map<string, Facts>} */
const known = new Map();

/** @param {string} text @returns {Facts} */
export function factsOf(text) {
  let facts = known.get(text);
  if (!facts) {
    if (known.size >= MOST_FACTS) known.clear();
    facts = countTile(togglesOf(text));
    known.set(text, facts);
  }
  return facts;
}

/** @param {Int32Array} toggles @returns {Facts} */
function countTile(toggles) {
  const facts = {count: 0, left: TILE_PX, top: toggles[0] >> 8, right: 0, bottom: ((toggles[toggles.length - 1] - 1) >> 8) + 1};
  for (let at = 0; at < toggles.length; at += 2) {
    const [start, last] = [toggles[at], toggles[at + 1] - 1];
    const isOneRow = start >> 8 === last >> 8;
    facts.count += last + 1 - start;
    facts.left = Math.min(facts.left, isOneRow ? start & 255 : 0);
    facts.right = Math.max(facts.right, isOneRow ? (last & 255) + 1 : TILE_PX);
  }
  return facts;
}

/** @param {MaskGeometry} mask @returns {number} pixels */
export const pixelCount = ({tiles}) => tiles.reduce((sum, [, , text]) => sum + factsOf(text).count, 0);

/** @param {MaskGeometry} mask @returns {[number, number, number, number]} x, y, width, height in level-0 px */
export function maskBounds({tiles}) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [column, row, text] of tiles) {
    const facts = factsOf(text);
    left = Math.min(left, column * TILE_PX + facts.left);
    top = Math.min(top, row * TILE_PX + facts.top);
    right = Math.max(right, column * TILE_PX + facts.right);
    bottom = Math.max(bottom, row * TILE_PX + facts.bottom);
  }
  return [left, top, right - left, bottom - top];
}

/** @param {MaskGeometry} mask @param {readonly number[]} point level-0 px @returns {boolean} */
export function holdsPixel({tiles}, [x, y]) {
  const [column, row] = [Math.floor(x / TILE_PX), Math.floor(y / TILE_PX)];
  const tile = tiles.find((each) => each[0] === column && each[1] === row);
  if (!tile) return false;
  const place = (Math.floor(y) - row * TILE_PX) * TILE_PX + Math.floor(x) - column * TILE_PX;
  const toggles = togglesOf(tile[2]);
  let at = 0;
  while (at < toggles.length && toggles[at] <= place) at += 1;
  return at % 2 === 1;
}

/**
 * @param {Iterable<[key: number, text: string]>} tiles in any order
 * @returns {MaskGeometry | null | 'too-large'} null: no pixel is in
 */
export function maskOfTiles(tiles) {
  const sorted = [...tiles].sort(([a], [b]) => a - b);
  if (sorted.length === 0) return null;
  const characters = sorted.reduce((sum, [, text]) => sum + text.length, 0);
  if (sorted.length > MAX_TILES || characters > MAX_CHARACTERS) return 'too-large';
  return {type: 'Mask', tiles: sorted.map(([key, text]) => [...placeOf(key), text])};
}
