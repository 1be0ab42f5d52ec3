/**
 * Pixels in hand: what a stroke or an outline covers, tile by tile, and what it makes of a mask. Only tiles that are touched
 * are unpacked, and none whose pixels are all in.
 */

import {FULL, TILE_PIXELS, TILE_PX, bitsOf, keyOf, maskOfTiles, placeOf, textOfBits, togglesOf} from './tiles.js';

/** @import {MaskGeometry, Position, Ring} from '../types.js' */

/** @typedef {Map<number, Uint8Array | null>} Pixels by the key of a tile: 1 for each pixel that is in; null: all are */

/** @typedef {{width: number, height: number}} Size level-0 px */

/** @param {Uint8Array} bits @returns {Uint32Array} four pixels at a time */
const fours = (bits) => new Uint32Array(bits.buffer, bits.byteOffset, TILE_PIXELS / 4);

/** @param {Pixels} pixels @param {number} key @returns {Uint8Array | null} null: all are in already */
function tileOf(pixels, key) {
  let bits = pixels.get(key);
  if (bits === undefined) {
    bits = new Uint8Array(TILE_PIXELS);
    pixels.set(key, bits);
  }
  return bits;
}

/** @param {MaskGeometry} mask @returns {Pixels} */
export function pixelsOf({tiles}) {
  return new Map(tiles.map(([column, row, text]) => [keyOf(column, row), text === FULL ? null : bitsOf(text)]));
}

/** @param {Pixels} pixels @returns {MaskGeometry | null | 'too-large'} */
export function maskOf(pixels) {
  /** @type {[number, string][]} */
  const tiles = [];
  for (const [key, bits] of pixels) {
    const text = bits ? textOfBits(bits) : FULL;
    if (text !== null) tiles.push([key, text]);
  }
  return maskOfTiles(tiles);
}

/** @param {MaskGeometry | null} mask @returns {Map<number, string>} */
const textsOf = (mask) => new Map((mask?.tiles ?? []).map(([column, row, text]) => [keyOf(column, row), text]));

/** @param {MaskGeometry | null} mask @param {Pixels} pixels @returns {MaskGeometry | null | 'too-large'} with these pixels as well */
export function withPixels(mask, pixels) {
  const texts = textsOf(mask);
  for (const [key, bits] of pixels) {
    const before = texts.get(key);
    if (before === FULL) continue;
    const both = before === undefined ? bits : bitsOf(before);
    if (bits && both && both !== bits) {
      const [to, from] = [fours(both), fours(bits)];
      for (let at = 0; at < to.length; at += 1) to[at] |= from[at];
    }
    const text = bits && both ? textOfBits(both) : FULL;
    if (text !== null) texts.set(key, text);
  }
  return maskOfTiles(texts);
}

/** @param {MaskGeometry} mask @param {Pixels} pixels @returns {MaskGeometry | null | 'too-large'} without these pixels */
export function withoutPixels(mask, pixels) {
  const texts = textsOf(mask);
  for (const [key, bits] of pixels) {
    const before = texts.get(key);
    if (before === undefined) continue;
    const left = bits && bitsOf(before);
    if (left) subtract(left, bits);
    const text = left && textOfBits(left);
    if (text === null) texts.delete(key);
    else texts.set(key, text);
  }
  return maskOfTiles(texts);
}

/** @param {MaskGeometry} mask @param {Pixels} pixels @returns {MaskGeometry | null | 'too-large'} what is in both */
export function commonPixels(mask, pixels) {
  /** @type {[number, string][]} */
  const tiles = [];
  for (const [column, row, text] of mask.tiles) {
    const key = keyOf(column, row);
    const bits = pixels.get(key);
    if (bits === undefined) continue;
    const both = bits && bitsOf(text);
    if (both) {
      const [to, from] = [fours(both), fours(bits)];
      for (let at = 0; at < to.length; at += 1) to[at] &= from[at];
    }
    const left = both ? textOfBits(both) : text;
    if (left !== null) tiles.push([key, left]);
  }
  return maskOfTiles(tiles);
}

/** @param {Uint8Array} bits @param {Uint8Array} others leave them */
function subtract(bits, others) {
  const [to, from] = [fours(bits), fours(others)];
  for (let at = 0; at < to.length; at += 1) to[at] &= ~from[at];
}

/** Takes away from pixels in hand what others have. @param {Pixels} pixels @param {Pixels} others */
export function leaveOut(pixels, others) {
  for (const [key, taken] of others) {
    const bits = pixels.get(key);
    if (bits === undefined) continue;
    if (taken === null) pixels.delete(key);
    else {
      const left = bits ?? new Uint8Array(TILE_PIXELS).fill(1);
      subtract(left, taken);
      pixels.set(key, left);
    }
  }
}

/**
 * @param {MaskGeometry} mask @param {[number, number, number, number]} within left, top, right, bottom; level-0 px
 * @returns {MaskGeometry} the tiles of it that may lie there
 */
export function maskNear({tiles}, [left, top, right, bottom]) {
  const isNear = (/** @type {number} */ at, /** @type {number} */ low, /** @type {number} */ high) => at * TILE_PX < high && (at + 1) * TILE_PX > low;
  return {type: 'Mask', tiles: tiles.filter(([column, row]) => isNear(column, left, right) && isNear(row, top, bottom))};
}

/**
 * @param {MaskGeometry} mask @param {number} dx @param {number} dy whole level-0 px @returns {MaskGeometry} moved, or as it is
 *   where it would have too many tiles
 */
export function movedMask(mask, dx, dy) {
  /** @type {Pixels} */
  const pixels = new Map();
  for (const [column, row, text] of mask.tiles) {
    const toggles = togglesOf(text);
    for (let at = 0; at < toggles.length; at += 2) {
      for (let start = toggles[at]; start < toggles[at + 1]; start = (Math.floor(start / TILE_PX) + 1) * TILE_PX) {
        const down = Math.floor(start / TILE_PX);
        const x = column * TILE_PX + dx + (start % TILE_PX);
        const length = Math.min(toggles[at + 1], (down + 1) * TILE_PX) - start;
        fillRow(pixels, row * TILE_PX + dy + down, x, x + length);
      }
    }
  }
  const moved = maskOf(pixels);
  return moved === null || moved === 'too-large' ? mask : moved;
}

/** @param {Pixels} pixels @param {MaskGeometry} mask @returns {boolean} whether they have a pixel in common */
export function meets(pixels, {tiles}) {
  return tiles.some(([column, row, text]) => {
    const bits = pixels.get(keyOf(column, row));
    if (bits === undefined) return false;
    if (bits === null) return true;
    const [a, b] = [fours(bits), fours(bitsOf(text))];
    return a.some((four, at) => (four & b[at]) !== 0);
  });
}

/** @param {readonly number[]} a @param {readonly number[]} b @param {number} x @param {number} y @returns {number} squared distance */
function squaredDistance(a, b, x, y) {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - a[0]) * dx + (y - a[1]) * dy) / length));
  return (x - a[0] - along * dx) ** 2 + (y - a[1] - along * dy) ** 2;
}

/**
 * The pixels whose middles a round brush covers on its way; under a brush smaller than a pixel, the ones that it passes.
 * @param {readonly Position[]} path of its centre, level-0 px @param {number} radius level-0 px @param {Size} image
 * @param {Pixels} [pixels] that these are added to
 * @returns {Pixels}
 */
export function pixelsOfStroke(path, radius, image, pixels = new Map()) {
  const reach = Math.max(radius, Math.SQRT1_2);
  const pairs = path.length === 1 ? [[path[0], path[0]]] : path.slice(1).map((to, at) => [path[at], to]);
  for (const [a, b] of pairs) sweep(pixels, a, b, reach, image);
  return pixels;
}

/** @param {Pixels} pixels @param {Position} a @param {Position} b @param {number} radius @param {Size} image */
function sweep(pixels, a, b, radius, image) {
  const [left, right] = [Math.max(Math.min(a[0], b[0]) - radius, 0), Math.min(Math.max(a[0], b[0]) + radius, image.width)];
  const [top, bottom] = [Math.max(Math.min(a[1], b[1]) - radius, 0), Math.min(Math.max(a[1], b[1]) + radius, image.height)];
  for (let row = Math.floor(top / TILE_PX); row * TILE_PX < bottom; row += 1) {
    for (let column = Math.floor(left / TILE_PX); column * TILE_PX < right; column += 1) {
      const [x, y] = [column * TILE_PX, row * TILE_PX];
      const isOnImage = x + TILE_PX <= image.width && y + TILE_PX <= image.height;
      const corners = [[x, y], [x + TILE_PX, y], [x, y + TILE_PX], [x + TILE_PX, y + TILE_PX]]; // prettier-ignore
      // What a round brush covers has no dents: a tile whose corners are in is in.
      if (isOnImage && corners.every((corner) => squaredDistance(a, b, corner[0], corner[1]) <= radius * radius)) {
        pixels.set(keyOf(column, row), null);
        continue;
      }
      const middle = squaredDistance(a, b, x + TILE_PX / 2, y + TILE_PX / 2);
      if (middle > (radius + TILE_PX * Math.SQRT1_2) ** 2) continue;
      const bits = tileOf(pixels, keyOf(column, row));
      if (bits) sweepTile(bits, [x, y], [a, b], radius, image);
    }
  }
}

/**
 * @param {Uint8Array} bits @param {[number, number]} corner of the tile @param {[Position, Position]} way
 * @param {number} radius @param {Size} image
 */
function sweepTile(bits, [x, y], [a, b], radius, {width, height}) {
  const [low, high] = a[1] < b[1] ? [a, b] : [b, a];
  const first = Math.max(0, Math.ceil(low[1] - radius - y - 0.5));
  const after = Math.min(TILE_PX, height - y, Math.floor(high[1] + radius - y - 0.5) + 1);
  const right = Math.min(TILE_PX, width - x);
  for (let row = first; row < after; row += 1) {
    const [from, to] = span(low, high, radius, y + row + 0.5);
    const start = Math.max(0, Math.ceil(from - x - 0.5));
    const stop = Math.min(right, Math.floor(to - x - 0.5) + 1);
    if (stop > start) bits.fill(1, row * TILE_PX + start, row * TILE_PX + stop);
  }
}

/**
 * Where a level line enters and leaves what the brush covers: its ends and the sides of the way, whichever are farther out.
 * @param {readonly number[]} low @param {readonly number[]} high @param {number} radius @param {number} y
 * @returns {[number, number]}
 */
function span(low, high, radius, y) {
  let [from, to] = [Infinity, -Infinity];
  for (const [cx, cy] of [low, high]) {
    const squared = radius * radius - (y - cy) ** 2;
    if (squared < 0) continue;
    from = Math.min(from, cx - Math.sqrt(squared));
    to = Math.max(to, cx + Math.sqrt(squared));
  }
  const [dx, dy] = [high[0] - low[0], high[1] - low[1]];
  const length = Math.hypot(dx, dy);
  if (length === 0) return [from, to];
  const [across, down] = [(-dy / length) * radius, (dx / length) * radius];
  for (const side of [1, -1]) {
    const [sx, sy] = [low[0] + side * across, low[1] + side * down];
    if (dy === 0 || y < Math.min(sy, sy + dy) || y > Math.max(sy, sy + dy)) continue;
    const at = sx + ((y - sy) / dy) * dx;
    from = Math.min(from, at);
    to = Math.max(to, at);
  }
  return [from, to];
}

/**
 * The pixels whose middles lie in valid polygons, exactly as annotation/schema/mask_outlines.py has them.
 * @param {readonly (readonly Ring[])[]} polygons closed rings, outline first; level-0 px
 * @param {[number, number, number, number]} [within] left, top, right, bottom: tiles beside it are left out
 * @returns {Pixels}
 */
export function pixelsOfOutlines(polygons, within = [-Infinity, -Infinity, Infinity, Infinity]) {
  /** @type {Map<number, number[]>} by row, where its middle line crosses an edge */
  const rows = new Map();
  const [, top, , bottom] = within;
  for (const ring of polygons.flat()) {
    for (let at = 1; at < ring.length; at += 1) {
      // Both polygons beside an edge reckon it the same way round, so that none takes a pixel of the other.
      const [a, b] = ring[at - 1][1] < ring[at][1] ? [ring[at - 1], ring[at]] : [ring[at], ring[at - 1]];
      const after = Math.min(Math.ceil(b[1] - 0.5), bottom);
      for (let y = Math.max(Math.ceil(a[1] - 0.5), top); y < after; y += 1) {
        const x = a[0] + (y + 0.5 - a[1]) * ((b[0] - a[0]) / (b[1] - a[1]));
        const crossings = rows.get(y);
        if (crossings) crossings.push(Math.ceil(x - 0.5));
        else rows.set(y, [Math.ceil(x - 0.5)]);
      }
    }
  }
  /** @type {Pixels} */
  const pixels = new Map();
  for (const [y, crossings] of rows) {
    crossings.sort((one, other) => one - other);
    for (let at = 0; at < crossings.length; at += 2) fillRow(pixels, y, crossings[at], crossings[at + 1], within);
  }
  return pixels;
}

/** @param {Pixels} pixels @param {number} y @param {number} start @param {number} stop @param {[number, number, number, number]} [within] */
function fillRow(pixels, y, start, stop, [left, , right] = [-Infinity, -Infinity, Infinity, Infinity]) {
  const row = Math.floor(y / TILE_PX);
  const down = (y - row * TILE_PX) * TILE_PX;
  for (let column = Math.floor(Math.max(start, left) / TILE_PX); column * TILE_PX < Math.min(stop, right); column += 1) {
    const x = column * TILE_PX;
    const [from, to] = [Math.max(start - x, 0), Math.min(stop - x, TILE_PX)];
    if (to > from) tileOf(pixels, keyOf(column, row))?.fill(1, down + from, down + to);
  }
}

/** @param {Pixels} pixels @returns {[number, number, number, number]} left, top, right, bottom of their tiles; level-0 px */
export function tileBounds(pixels) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const key of pixels.keys()) {
    const [x, y] = placeOf(key).map((at) => at * TILE_PX);
    [left, top] = [Math.min(left, x), Math.min(top, y)];
    [right, bottom] = [Math.max(right, x + TILE_PX), Math.max(bottom, y + TILE_PX)];
  }
  return [left, top, right, bottom];
}
