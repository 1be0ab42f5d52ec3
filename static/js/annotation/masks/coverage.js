/** How much of each square of a tile is in, at the steps at which masks are drawn; kept, for tiles are drawn again and again. */

import {FULL, TILE_PX, togglesOf} from './tiles.js';

/** Bytes of what is kept; beyond, what was made first goes. */
const MOST_BYTES = 48 * 2 ** 20;

/** @type {Map<string, Uint8Array>} */
const kept = new Map();
let bytes = 0;

/**
 * @param {string} text of a tile @param {number} step 1, 2, 4 ... 256 level-0 px: the side of a square
 * @returns {Uint8Array} 0 to 255 for each square, row by row; never 0 where a pixel is in
 */
export function coverageOf(text, step) {
  const key = `${step} ${text}`;
  let coverage = kept.get(key);
  if (!coverage) {
    coverage = cover(text, step);
    kept.set(key, coverage);
    bytes += coverage.length + key.length;
    for (const [oldest, squares] of kept) {
      if (bytes <= MOST_BYTES) break;
      kept.delete(oldest);
      bytes -= squares.length + oldest.length;
    }
  }
  return coverage;
}

/** @param {string} text @param {number} step @returns {Uint8Array} */
function cover(text, step) {
  const side = TILE_PX / step;
  if (text === FULL) return new Uint8Array(side * side).fill(255);
  const toggles = togglesOf(text);
  if (step === 1) {
    const coverage = new Uint8Array(side * side);
    for (let at = 0; at < toggles.length; at += 2) coverage.fill(255, toggles[at], toggles[at + 1]);
    return coverage;
  }
  const counts = new Uint32Array(side * side);
  for (let at = 0; at < toggles.length; at += 2) addRun(counts, side, step, toggles[at], toggles[at + 1]);
  return Uint8Array.from(counts, (count) => Math.ceil((count * 255) / (step * step)));
}

/** @param {Uint32Array} counts @param {number} side @param {number} step @param {number} start @param {number} stop */
function addRun(counts, side, step, start, stop) {
  for (let at = start; at < stop; ) {
    const row = Math.floor(at / TILE_PX);
    const end = Math.min(stop, (row + 1) * TILE_PX);
    const line = Math.floor(row / step) * side;
    while (at < end) {
      const column = Math.floor((at % TILE_PX) / step);
      const next = Math.min(end, row * TILE_PX + (column + 1) * step);
      counts[line + column] += next - at;
      at = next;
    }
  }
}
