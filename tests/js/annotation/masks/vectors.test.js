import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';

import {holdsPixel, maskBounds, pixelCount, textOfBits, bitsOf, TILE_PX} from '../../../../static/js/annotation/masks/tiles.js';
import {maskOf, pixelsOf, pixelsOfStroke, withPixels, withoutPixels, leaveOut, maskNear, meets, movedMask} from '../../../../static/js/annotation/masks/pixels.js';
import {maskOfRegion, regionOfMask} from '../../../../static/js/annotation/masks/outlines.js';
import {combinedMasks, mergedMasks, sharedWith} from '../../../../static/js/annotation/masks/combining.js';
import {areaOf} from '../../../../static/js/annotation/regions.js';

/** @import {MaskGeometry} from '../../../../static/js/annotation/types.js' */

const VECTORS = JSON.parse(readFileSync(new URL('../../../annotation/masks/vectors.json', import.meta.url), 'utf8'));

/** @param {string[]} picture @param {number[]} origin @returns {MaskGeometry} */
function maskOfPicture(picture, [left, top]) {
  const pixels = new Map();
  picture.forEach((line, y) =>
    [...line].forEach((sign, x) => {
      if (sign !== '#') return;
      const [column, row] = [left + x, top + y].map((at) => Math.floor(at / TILE_PX));
      const key = row * 2 ** 16 + column;
      if (!pixels.has(key)) pixels.set(key, new Uint8Array(TILE_PX * TILE_PX));
      pixels.get(key)[((top + y) % TILE_PX) * TILE_PX + ((left + x) % TILE_PX)] = 1;
    }),
  );
  return /** @type {MaskGeometry} */ (maskOf(pixels));
}

/** A generator of numbers that are the same in each run. @param {number} seed */
function random(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

for (const vector of VECTORS) {
  test(`as on the server: ${vector.name}`, () => {
    const mask = vector.from ? maskOfRegion(vector.from) : maskOfPicture(vector.picture, vector.origin);
    assert.deepEqual(mask, {type: 'Mask', tiles: vector.tiles});
    assert.deepEqual(regionOfMask(/** @type {MaskGeometry} */ (mask)), vector.outlines);
  });
}

test('outlines of pictures by chance, and back', () => {
  const next = random(7);
  for (let round = 0; round < 400; round += 1) {
    const [width, height, share] = [1 + Math.floor(next() * 9), 1 + Math.floor(next() * 9), 0.2 + next() * 0.75];
    const picture = Array.from({length: height}, () => Array.from({length: width}, () => (next() < share ? '#' : '.')).join(''));
    if (!picture.join('').includes('#')) continue;
    const origin = [0, 1, 250, 255, 256].flatMap((at) => (next() < 0.5 ? [at] : [])).slice(0, 2);
    while (origin.length < 2) origin.push(253);
    const mask = maskOfPicture(picture, origin);
    const region = regionOfMask(mask);
    assert.ok(region);
    assert.equal(areaOf(region), pixelCount(mask));
    assert.deepEqual(maskOfRegion(region), mask);
    for (const [shell, ...holes] of region) {
      assert.ok(areaOf([[shell]]) > 0);
      for (const hole of holes) assert.ok(areaOf([[hole]]) < 0);
    }
  }
});

test('a tile of noise has one spelling', () => {
  const next = random(3);
  const bits = Uint8Array.from({length: TILE_PX * TILE_PX}, () => (next() < 0.5 ? 1 : 0));
  const text = /** @type {string} */ (textOfBits(bits));
  assert.deepEqual(bitsOf(text), bits);
  assert.equal(pixelCount({type: 'Mask', tiles: [[0, 0, text]]}), bits.reduce((sum, bit) => sum + bit, 0));
});

test('bounds and single pixels', () => {
  const mask = maskOfPicture(['.#', '##'], [255, 300]);
  assert.deepEqual(maskBounds(mask), [255, 300, 2, 2]);
  assert.equal(holdsPixel(mask, [255.9, 300.5]), false);
  assert.equal(holdsPixel(mask, [256.1, 300.5]), true);
  assert.equal(holdsPixel(mask, [5000, 300.5]), false);
});

test('a stroke covers the pixels whose middles it reaches, and no more', () => {
  const next = random(11);
  for (let round = 0; round < 30; round += 1) {
    const radius = 0.2 + next() * 60;
    const path = Array.from({length: 1 + Math.floor(next() * 3)}, () => /** @type {[number, number]} */ ([next() * 400, next() * 300]));
    const mask = maskOf(pixelsOfStroke(path, radius, {width: 390, height: 280}));
    const reach = Math.max(radius, Math.SQRT1_2);
    for (let probe = 0; probe < 600; probe += 1) {
      const [x, y] = [Math.floor(next() * 390) + 0.5, Math.floor(next() * 280) + 0.5];
      const far = distance(path, [x, y]);
      if (Math.abs(far - reach) < 1e-9) continue;
      assert.equal(mask !== null && mask !== 'too-large' && holdsPixel(mask, [x, y]), far < reach, `${radius} ${JSON.stringify(path)} ${x} ${y}`);
    }
    if (mask && mask !== 'too-large') {
      const [left, top, width, height] = maskBounds(mask);
      assert.ok(left >= 0 && top >= 0 && left + width <= 390 && top + height <= 280, 'inside the image');
    }
  }
});

/** @param {[number, number][]} path @param {[number, number]} point */
function distance(path, [x, y]) {
  const pairs = path.length === 1 ? [[path[0], path[0]]] : path.slice(1).map((to, at) => [path[at], to]);
  return Math.min(
    ...pairs.map(([[ax, ay], [bx, by]]) => {
      const length = (bx - ax) ** 2 + (by - ay) ** 2;
      const along = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length));
      return Math.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay));
    }),
  );
}

test('a wide stroke packs tiles that are full', () => {
  const mask = maskOf(pixelsOfStroke([[2000, 2000], [6000, 2000]], 1200, {width: 10_000, height: 10_000})); // prettier-ignore
  assert.ok(mask && mask !== 'too-large');
  assert.ok(mask.tiles.filter(([, , text]) => text === '').length > 80);
  assert.ok(Math.abs(pixelCount(mask) / (4000 * 2400 + Math.PI * 1200 ** 2) - 1) < 1e-4);
});

test('adding, taking away, leaving out', () => {
  const image = {width: 2000, height: 2000};
  const dab = (/** @type {number} */ x, /** @type {number} */ y, radius = 100) => pixelsOfStroke([[x, y]], radius, image);
  const first = /** @type {MaskGeometry} */ (maskOf(dab(300, 300)));
  const both = /** @type {MaskGeometry} */ (withPixels(first, dab(380, 300)));
  assert.ok(pixelCount(both) > pixelCount(first));
  assert.deepEqual(withPixels(both, dab(380, 300)), both);
  assert.equal(withoutPixels(first, dab(300, 300, 120)), null);
  const bitten = /** @type {MaskGeometry} */ (withoutPixels(both, dab(380, 300)));
  assert.ok(meets(dab(300, 300), bitten));
  assert.ok(!meets(dab(380, 300), bitten));
  assert.ok(!meets(dab(1500, 1500), bitten));
  const rest = dab(380, 300);
  leaveOut(rest, pixelsOf(first));
  assert.deepEqual(withPixels(first, rest), both);
  assert.equal(pixelCount(/** @type {MaskGeometry} */ (maskOf(rest))), pixelCount(both) - pixelCount(first));
  const large = /** @type {MaskGeometry} */ (maskOf(dab(1000, 1000, 900)));
  assert.deepEqual(maskOf(pixelsOf(large)), large);
  const filled = /** @type {MaskGeometry} */ (withPixels(/** @type {MaskGeometry} */ (withoutPixels(large, dab(1000, 1000))), dab(1000, 1000, 150)));
  assert.deepEqual(filled, large);
});

test('shapes meet masks as they meet regions', () => {
  const square = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ side) =>
    /** @type {[number, number][][][]} */ ([[[[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]]]); // prettier-ignore
  const mask = /** @type {MaskGeometry} */ (maskOfRegion(square(200, 200, 600)));
  const shape = square(500, 500, 1000);
  const sizes = (/** @type {'add' | 'subtract' | 'intersect' | 'cut'} */ mode) => {
    const parts = combinedMasks(mask, shape, mode);
    assert.ok(!('problem' in parts));
    return parts.map((part) => part.reduce((sum, each) => sum + pixelCount(/** @type {MaskGeometry} */ (each)), 0));
  };
  assert.equal(sharedWith(mask, shape), 300 ** 2);
  assert.equal(sharedWith(mask, square(900, 900, 10)), 0);
  assert.deepEqual(sizes('add'), [600 ** 2 + 1000 ** 2 - 300 ** 2]);
  assert.deepEqual(sizes('subtract'), [600 ** 2 - 300 ** 2]);
  assert.deepEqual(sizes('intersect'), [300 ** 2]);
  assert.deepEqual(sizes('cut'), [600 ** 2 - 300 ** 2, 300 ** 2]);
  assert.deepEqual(combinedMasks(mask, square(0, 0, 900), 'subtract'), [[]]);
  const merged = mergedMasks([mask, /** @type {MaskGeometry} */ (maskOfRegion(shape))]);
  const added = combinedMasks(mask, shape, 'add');
  assert.deepEqual('problem' in added ? null : added[0][0], merged);
});

test('moved by whole pixels, over the borders of tiles', () => {
  const mask = /** @type {MaskGeometry} */ (maskOf(pixelsOfStroke([[300, 300], [700, 420]], 130, {width: 2000, height: 2000}))); // prettier-ignore
  const moved = movedMask(mask, 37, -51);
  const [left, top, width, height] = maskBounds(mask);
  assert.deepEqual(maskBounds(moved), [left + 37, top - 51, width, height]);
  assert.equal(pixelCount(moved), pixelCount(mask));
  assert.deepEqual(movedMask(moved, -37, 51), mask);
  assert.deepEqual(maskNear(mask, [256, 256, 300, 300]).tiles.map(([column, row]) => [column, row]), [[1, 1]]);
});

test('an outline with too many vertices is refused', () => {
  const picture = Array.from({length: 200}, (_, y) => Array.from({length: 200}, (__, x) => ((x + y) % 2 ? '#' : '.')).join(''));
  assert.equal(regionOfMask(maskOfPicture(picture, [0, 0])), null);
});
