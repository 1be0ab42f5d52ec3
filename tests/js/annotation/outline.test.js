import assert from 'node:assert/strict';
import {test} from 'node:test';

import {newId} from '../../../static/js/annotation/ids.js';
import {clampToImage, closeRing, findCrossing, outlineProblem, simplify, translate} from '../../../static/js/annotation/outline.js';

/** @import {Geometry, Position} from '../../../static/js/annotation/types.js' */

/** @param {Position[]} path @returns {Geometry} */
const polygon = (path) => ({type: 'Polygon', coordinates: [closeRing(path)]});

test('simple outlines pass', () => {
  assert.equal(
    outlineProblem(
      polygon([
        [0, 0],
        [10, 0],
        [10, 10],
        [0, 10],
      ]),
    ),
    null,
  );
  assert.equal(
    outlineProblem(
      polygon([
        [0, 0],
        [4, 1],
        [8, 0],
        [7, 4],
        [8, 8],
        [4, 7],
        [0, 8],
        [1, 4],
      ]),
    ),
    null,
  );
});

test('outlines that cross or touch themselves do not', () => {
  assert.equal(
    outlineProblem(
      polygon([
        [0, 0],
        [10, 10],
        [10, 0],
        [0, 10],
      ]),
    )?.code,
    'geometry_self_crossing',
    'bow tie',
  );
  assert.equal(
    outlineProblem(
      polygon([
        [0, 0],
        [10, 0],
        [10, 10],
        [5, 0],
        [0, 10],
      ]),
    )?.code,
    'geometry_self_crossing',
    'a vertex on an edge',
  );
  assert.equal(
    outlineProblem(
      polygon([
        [0, 0],
        [10, 0],
        [5, 0],
        [5, 10],
      ]),
    )?.code,
    'geometry_self_crossing',
    'turns back over itself',
  );
  assert.equal(
    outlineProblem(
      polygon([
        [5, 0],
        [10, 0],
        [0, 0],
        [5, 10],
      ]),
    )?.code,
    'geometry_self_crossing',
    'turns back at the start',
  );
});

test('outlines without an area do not', () => {
  assert.equal(
    outlineProblem(
      polygon([
        [0, 0],
        [10, 0],
      ]),
    )?.code,
    'geometry_empty',
  );
  assert.equal(outlineProblem({type: 'Rectangle', bbox: [0, 0, 0, 5]})?.code, 'geometry_empty');
});

test('the crossing names its edges', () => {
  assert.deepEqual(
    findCrossing(
      [
        [0, 0],
        [10, 10],
        [10, 0],
        [0, 10],
      ],
      {closed: false},
    ),
    [0, 2],
  );
  assert.equal(
    findCrossing(
      [
        [0, 0],
        [10, 10],
        [10, 0],
      ],
      {closed: false},
    ),
    null,
  );
});

test('agrees with comparing every pair of edges on random outlines', () => {
  let seed = 7;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  for (let round = 0; round < 300; round += 1) {
    /** @type {Position[]} */
    const path = Array.from({length: 4 + Math.floor(random() * 6)}, () => [Math.round(random() * 12), Math.round(random() * 12)]);
    const ring = closeRing(path);
    if (ring.length < 4) continue;
    assert.equal(findCrossing(ring) !== null, crossesByPairs(ring), JSON.stringify(ring));
  }
});

/** @param {Position[]} ring */
function crossesByPairs(ring) {
  const edges = ring.length - 1;
  for (let i = 0; i < edges; i += 1) {
    for (let j = i + 1; j < edges; j += 1) {
      // Two edges alone, put so that they are neighbours only when they are neighbours in the ring.
      const isLast = i === 0 && j === edges - 1;
      const path = j === i + 1 ? [ring[i], ring[j], ring[j + 1]] : isLast ? [ring[j], ring[0], ring[1]] : null;
      if (path ? findCrossing(path, {closed: false}) : meet(ring[i], ring[i + 1], ring[j], ring[j + 1])) return true;
    }
  }
  return false;
}

/** @param {Position} a @param {Position} b @param {Position} c @param {Position} d */
function meet(a, b, c, d) {
  /** @param {Position} p @param {Position} q @param {Position} r */
  const side = (p, q, r) => Math.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]));
  /** @param {number} p @param {number} q @param {number} r @param {number} s */
  const overlap = (p, q, r, s) => Math.max(Math.min(p, q), Math.min(r, s)) <= Math.min(Math.max(p, q), Math.max(r, s));
  return (
    overlap(a[0], b[0], c[0], d[0]) &&
    overlap(a[1], b[1], c[1], d[1]) &&
    side(a, b, c) * side(a, b, d) <= 0 &&
    side(c, d, a) * side(c, d, b) <= 0
  );
}

test('ten thousand vertices are checked in well under a second', () => {
  /** @type {Position[]} */
  const path = Array.from({length: 10_000}, (_, i) => {
    const angle = (i / 10_000) * 2 * Math.PI;
    const radius = 20_000 + 500 * Math.sin(angle * 40);
    return [25_000 + radius * Math.cos(angle), 25_000 + radius * Math.sin(angle)];
  });
  const started = performance.now();
  assert.equal(outlineProblem(polygon(path)), null);
  assert.ok(performance.now() - started < 1500);
});

test('simplifying keeps within the tolerance and keeps the ends', () => {
  /** @type {Position[]} */
  const path = Array.from({length: 200}, (_, i) => [i, Math.sin(i / 10) * 20]);
  const thin = simplify(path, 1);
  assert.ok(thin.length < 60);
  assert.deepEqual([thin[0], thin.at(-1)], [path[0], path.at(-1)]);
});

test('positions are kept on the grid and on the image', () => {
  assert.deepEqual(clampToImage([-3, 10.07], {width: 100, height: 10}), [0, 10]);
  assert.deepEqual(clampToImage([1.0624, 2.0626], {width: 100, height: 10}), [1, 2.125]);
  assert.deepEqual(translate({type: 'Rectangle', bbox: [90, 0, 10, 10]}, 50, -5, {width: 100, height: 10}), {
    type: 'Rectangle',
    bbox: [90, 0, 10, 10],
  });
});

test('ids are made with and without randomUUID', () => {
  const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  assert.match(newId(), pattern);
  assert.match(newId({getRandomValues: (array) => crypto.getRandomValues(array)}), pattern);
});
