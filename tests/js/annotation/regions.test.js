import assert from 'node:assert/strict';
import {test} from 'node:test';

import {outlineProblem, ringArea} from '../../../static/js/annotation/outline.js';
import {
  areaOf,
  difference,
  geometryOf,
  intersection,
  isInRegion,
  prepare,
  regionOf,
  strokeRegion,
  union,
  wholeImage,
  withoutSlivers,
} from '../../../static/js/annotation/regions.js';

/** @import {Position, Ring} from '../../../static/js/annotation/types.js' */
/** @import {Region} from '../../../static/js/annotation/regions.js' */

/** @param {number} x @param {number} y @param {number} size @returns {Ring} */
const ring = (x, y, size) => wholeImage({width: size, height: size})[0][0].map(([a, b]) => [a + x, b + y]);

/** @param {number} x @param {number} y @param {number} size @returns {Region} */
const square = (x, y, size) => [[ring(x, y, size)]];

/** @param {Region} region asserts that rings are closed, on the grid, run the right way, and cross nothing */
function assertSound(region) {
  const geometry = geometryOf(region);
  assert.equal(geometry && outlineProblem(geometry), null);
  for (const [outline, ...holes] of region) {
    assert.ok(ringArea(outline) > 0 && holes.every((hole) => ringArea(hole) < 0), 'orientation');
    for (const one of [outline, ...holes]) {
      assert.deepEqual(one[0], one.at(-1));
      assert.ok(one.flat().every((value) => Number.isInteger(value * 8)));
    }
  }
}

test('known areas', () => {
  assert.equal(areaOf(union(square(0, 0, 10), square(5, 5, 10))), 175);
  assert.equal(areaOf(difference(square(0, 0, 10), square(5, 5, 10))), 75);
  assert.equal(areaOf(intersection(square(0, 0, 10), square(5, 5, 10))), 25);
  assert.deepEqual(intersection(square(0, 0, 10), square(10, 0, 10)), [], 'neighbours share an edge and no area');
  assert.deepEqual(difference(square(2, 2, 2), square(0, 0, 10)), []);
  assert.deepEqual([union([], []), difference([], square(0, 0, 1))], [[], []]);
});

test('holes are made, filled, and respected whichever way round they were stored', () => {
  const holed = difference(square(0, 0, 10), square(2, 2, 4));
  assert.deepEqual([holed.length, holed[0].length, areaOf(holed)], [1, 2, 84]);
  assertSound(holed);
  assert.equal(areaOf(union(holed, square(1, 1, 6))), 100);
  /** @type {Region} */
  const turned = [[ring(0, 0, 10), ring(2, 2, 4)].map((one) => one.reverse())];
  assert.equal(areaOf(union(turned, [])), 84);
  turned[0][1].reverse();
  assert.equal(areaOf(union(turned, [])), 84);
  assert.equal(areaOf(union(holed, square(3, 3, 2))), 88, 'an island in a hole');
  assert.deepEqual([isInRegion(holed, [1, 1]), isInRegion(holed, [3, 3]), isInRegion(holed, [11, 3])], [true, false, false]);
});

test('regions that touch themselves are taken apart', () => {
  const corner = union(square(0, 0, 4), square(4, 4, 4));
  assert.equal(corner.length, 2, 'two squares that share a corner');
  assertSound(corner);
  // Two holes that share two corners with each other and the outline leave an interior in two pieces.
  const cut = difference(difference(square(0, 0, 8), [[[[0, 4], [4, 2], [4, 6], [0, 4]]]]), [[[[4, 2], [8, 4], [4, 6], [4, 2]]]]); // prettier-ignore
  assertSound(cut);
  assert.equal(cut.length, 2);
  assert.equal(areaOf(cut), 64 - 16);
  const pinhole = difference(square(0, 0, 8), [[[[0, 4], [4, 2], [4, 6], [0, 4]]]]); // prettier-ignore
  assertSound(pinhole);
  assert.deepEqual([pinhole.length, areaOf(pinhole)], [1, 56]);
});

test('a stroke is as wide as its brush', () => {
  const dot = strokeRegion([[100, 100]], 20, 0.05);
  assert.ok(Math.abs(areaOf(dot) / (Math.PI * 400) - 1) < 0.01);
  const line = strokeRegion(
    [
      [100, 100],
      [200, 100],
    ],
    20,
    0.05,
  );
  assert.ok(Math.abs(areaOf(line) / (Math.PI * 400 + 4000) - 1) < 0.005);
  const loop = strokeRegion(
    Array.from({length: 40}, (_, i) => [500 + 100 * Math.cos(i / 6), 500 + 100 * Math.sin(i / 6)]),
    10,
    0.1,
  );
  assert.deepEqual([loop.length, loop[0].length], [1, 2], 'a ring has a hole');
  for (const region of [dot, line, loop]) assertSound(region);
  assert.deepEqual([strokeRegion([], 20, 1), strokeRegion([[1, 1]], 0, 1)], [[], []]);
});

test('slivers go, what was there before stays', () => {
  const before = union(square(0, 0, 100), square(200, 0, 1));
  const after = union(before, square(300, 0, 1));
  assert.equal(after.length, 3);
  assert.deepEqual(withoutSlivers(after, 4, before).length, 2);
  assert.deepEqual(withoutSlivers(after, 4).length, 1);
  assert.equal(areaOf(withoutSlivers(difference(square(0, 0, 100), square(5, 5, 1)), 4)), 10_000);
});

test('regions are geometries of the store', () => {
  assert.equal(geometryOf([]), null);
  assert.equal(geometryOf(square(0, 0, 1))?.type, 'Polygon');
  const two = geometryOf(union(square(0, 0, 1), square(5, 5, 1)));
  assert.equal(two?.type, 'MultiPolygon');
  assert.equal(areaOf(regionOf(two)), 2);
  assert.deepEqual(regionOf({type: 'Point', coordinates: [1, 1]}), []);
});

test('no finite input throws', () => {
  let seed = 11;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const scales = [0.01, 1, 12, 300, 1e7, Number.MAX_VALUE];
  for (let round = 0; round < 600; round += 1) {
    const scale = scales[round % scales.length];
    /** @returns {Ring} */
    const any = () => Array.from({length: Math.floor(random() * 9)}, () => [(random() - 0.5) * scale, (random() - 0.5) * scale]);
    /** @returns {Region} */
    const region = () => [[any(), any()], [any()]];
    for (const operation of [union, difference, intersection]) {
      const result = operation(region(), region());
      if (scale < 1e6) assertSound(result);
    }
    strokeRegion(any(), random() * scale, random());
  }
  union([[[]], []], [[[[NaN, 1], [2, Infinity], [3, 3], [4, 4]]]]); // prettier-ignore
});

test('a brush on an outline of nearly 20,000 vertices', () => {
  /** @type {Ring} */
  const outline = Array.from({length: 19_000}, (_, i) => {
    const angle = (i / 19_000) * 2 * Math.PI;
    const radius = 20_000 + 500 * Math.sin(angle * 40);
    return [25_000 + radius * Math.cos(angle), 25_000 + radius * Math.sin(angle)];
  });
  outline.push(outline[0]);
  /** @type {Position[]} */
  const path = Array.from({length: 30}, (_, i) => [45_000 + i * 20, 25_000 + 50 * Math.sin(i)]);
  const started = performance.now();
  const result = union([[outline]], strokeRegion(path, 60, 1));
  // 50 to 130 ms on two cores; the limit leaves room for other work on the machine.
  assert.ok(performance.now() - started < 800);
  assertSound(result);
});

test('what is known to be sound gives what taking it apart again gives', () => {
  let region = strokeRegion([[100, 100], [300, 120], [280, 300]], 40, 0.25);
  for (let step = 0; step < 12; step += 1) {
    const stroke = strokeRegion([[90 + 17 * step, 110 + 5 * step], [310 - 11 * step, 280 - 13 * step]], 6 + step, 0.25);
    const next = step % 3 === 2 ? difference(region, stroke) : union(region, stroke);
    // A copy is not known.
    const afresh = step % 3 === 2 ? difference(structuredClone(region), structuredClone(stroke)) : union(structuredClone(region), structuredClone(stroke));
    assert.deepEqual(next, afresh);
    prepare(next);
    region = next;
  }
  assert.ok(region.length > 0);
});
