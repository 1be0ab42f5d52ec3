/** Draws cells into a tile: outlines at high power; at low power every cell as a dot, denser where there are more. */

import {DECIDED} from './overlay.js';

/** @import {CellChunk} from './chunk.js' */

/** Above this many level-0 px a screen px, an outline is smaller than what can be seen of it. */
export const OUTLINES_TO = 8.1;
/** Outlines are not seen as lines any more from here on; only filled. */
export const LINES_TO = 4;
/** A path of very many outlines takes the square of their number to fill. */
const OUTLINES_A_PATH = 16;
// Seldom a stain's or a label's colour.
export const SELECTED = '#00f0ff';

/**
 * @typedef {object} Look how cells are drawn
 * @property {string[]} colours of each label, #rrggbb
 * @property {boolean} isFilled outlines alone otherwise
 *
 * @typedef {object} Frame what a tile shows
 * @property {number} left level-0 px
 * @property {number} top
 * @property {number} resolution level-0 px a px of the tile
 * @property {number} side px
 *
 * @typedef {object} Shown what is shown of each cell, by its number
 * @property {Int16Array} labels place of its label, -1 where it is not shown
 * @property {Uint8Array} flags what a person made of it: `DECIDED`
 * @property {Uint8Array} selected 1 where it is
 */

/**
 * @param {OffscreenCanvasRenderingContext2D} context
 * @param {CellChunk} chunk
 * @param {Float32Array} bounds of `boundsOf`
 * @param {Frame} frame
 * @param {Look} look
 * @param {Shown} shown
 */
export function paintOutlines(context, chunk, bounds, frame, look, shown) {
  const {left, top, resolution, side} = frame;
  const [right, bottom] = [left + side * resolution, top + side * resolution];
  const step = resolution < 2 ? 1 : resolution < LINES_TO ? 2 : 3;
  /** @type {Map<number, {path: Path2D, count: number}>} */
  const waiting = new Map();
  for (let i = 0; i < chunk.count; i += 1) {
    const at = 4 * i;
    if (bounds[at] > right || bounds[at + 1] > bottom || bounds[at + 2] < left || bounds[at + 3] < top) continue;
    const cell = chunk.numbers[i];
    const label = shown.labels[cell];
    if (label < 0) continue;
    const key = 4 * label + (shown.flags[cell] & DECIDED ? 2 : 0) + (shown.selected[cell] ? 1 : 0);
    let entry = waiting.get(key);
    if (!entry) waiting.set(key, (entry = {path: new Path2D(), count: 0}));
    trace(entry.path, chunk, i, frame, step);
    entry.count += 1;
    if (entry.count === OUTLINES_A_PATH) {
      flush(context, entry.path, key, frame, look);
      waiting.delete(key);
    }
  }
  for (const [key, {path}] of waiting) flush(context, path, key, frame, look);
}

/** @param {Path2D} path @param {CellChunk} chunk @param {number} i @param {Frame} frame @param {number} step vertices */
function trace(path, {starts, vertices}, i, {left, top, resolution}, step) {
  const [from, to] = [starts[i], starts[i + 1]];
  const every = to - from > 3 * step ? step : 1;
  path.moveTo((vertices[2 * from] - left) / resolution, (vertices[2 * from + 1] - top) / resolution);
  for (let v = from + every; v < to; v += every) path.lineTo((vertices[2 * v] - left) / resolution, (vertices[2 * v + 1] - top) / resolution);
  path.closePath();
}

/** @param {OffscreenCanvasRenderingContext2D} context @param {Path2D} path @param {number} key @param {Frame} frame @param {Look} look */
function flush(context, path, key, {resolution}, {colours, isFilled}) {
  const [colour, isDecided, isSelected] = [colours[key >> 2], (key & 2) !== 0, (key & 1) !== 0];
  const hasLines = resolution < LINES_TO || !isFilled;
  if (isFilled || isSelected || resolution >= LINES_TO) {
    context.globalAlpha = !hasLines ? 0.75 : isSelected ? 0.6 : isDecided ? 0.45 : 0.2;
    context.fillStyle = isSelected ? SELECTED : colour;
    context.fill(path);
  }
  if (hasLines || isSelected) {
    context.globalAlpha = 1;
    context.lineWidth = isSelected ? 2 : 1.25;
    context.strokeStyle = isSelected ? SELECTED : colour;
    context.stroke(path);
  }
}
