import assert from 'node:assert/strict';
import {test} from 'node:test';

import {DotPainter} from '../../../static/js/annotation/cells/work/dots.js';
import {boundsOf} from '../../../static/js/annotation/cells/work/picking.js';
import {Raster} from '../../../static/js/annotation/cells/work/raster.js';

/** @param {Raster} raster @param {number[]} ring @param {number} [alpha] */
function fill(raster, ring, alpha = 1) {
  raster.corners.set(ring);
  raster.fill(ring.length, [1, 0, 0], alpha);
}

/** @param {Raster} raster @returns {number} px covered */
const covered = (raster) => raster.pixels.reduce((sum, value, at) => sum + (at % 4 === 3 ? value : 0), 0);

test('an outline covers as much as it is large, wherever it lies', () => {
  const raster = new Raster(32);
  for (const [x, y] of [[4, 4], [4.5, 4.25], [10.3, 7.8]]) {
    raster.begin([]);
    fill(raster, [x, y, x + 6, y, x + 6, y + 5, x, y + 5]);
    assert.ok(Math.abs(covered(raster) - 30) < 1.6, `${x}, ${y}: ${covered(raster)}`);
  }
  raster.begin([]);
  fill(raster, [2, 2, 22, 2, 2, 22]);
  assert.ok(Math.abs(covered(raster) - 200) < 4, String(covered(raster)));
});

test('what lies outside the tile is left out, and nothing is written beside it', () => {
  const raster = new Raster(16);
  raster.begin([]);
  fill(raster, [-10, -10, 8, -10, 8, 8, -10, 8]);
  assert.ok(Math.abs(covered(raster) - 64) < 1);
  raster.begin([]);
  fill(raster, [20, 20, 30, 20, 30, 30]);
  fill(raster, [-30, 2, -20, 2, -20, 9]);
  fill(raster, [3, 40, 9, 40, 9, 50]);
  fill(raster, [3, 3]);
  assert.equal(covered(raster), 0);
  raster.begin([]);
  fill(raster, [-5, -5, 40, -5, 40, 40, -5, 40]);
  assert.ok(Math.abs(covered(raster) - 256) < 1e-3);
});

test('one over the other is seen through as on a canvas', () => {
  const raster = new Raster(8);
  raster.begin(['#ff0000', '#0000ff']);
  const square = [0, 0, 8, 0, 8, 8, 0, 8];
  raster.corners.set(square);
  raster.fill(8, raster.colours[0], 0.75);
  raster.fill(8, raster.colours[1], 0.75);
  const data = new Uint8ClampedArray(4 * 64);
  raster.write(data);
  // Source over: alpha 1 - 0.25 * 0.25; red 0.75 * 0.25, blue 0.75, both by alpha.
  assert.deepEqual([...data.slice(0, 4)], [51, 0, 204, 239]);
});

test('cells of a chunk are drawn where they lie, in the colour of their label; hidden ones are not', () => {
  const rings = [[[100, 100], [140, 100], [140, 140], [100, 140]], [[200, 200], [240, 200], [240, 240], [200, 240]], [[300, 100], [340, 100], [340, 140], [300, 140]]];
  const chunk = {
    count: 3,
    numbers: Uint32Array.from([0, 1, 2]),
    starts: Uint32Array.from([0, 4, 8, 12]),
    vertices: Float32Array.from(rings.flat(2)),
    labels: new Uint8Array(3),
    scores: new Uint8Array(3),
  };
  const raster = new Raster(64);
  raster.begin(['#ff0000', '#00ff00']);
  const shown = {labels: Int16Array.of(0, 1, -1), flags: new Uint8Array(3), selected: Uint8Array.of(0, 1, 0)};
  raster.addChunk(chunk, boundsOf(chunk), {left: 0, top: 0, resolution: 8, side: 64}, shown);
  const data = new Uint8ClampedArray(4 * 64 * 64);
  raster.write(data);
  const at = (/** @type {number} */ x, /** @type {number} */ y) => [...data.slice(4 * (64 * y + x), 4 * (64 * y + x) + 4)];
  assert.deepEqual(at(15, 15), [255, 0, 0, 191]);
  assert.deepEqual(at(27, 27), [0, 240, 255, 229]); // selected
  assert.deepEqual(at(40, 15), [0, 0, 0, 0]);
});

test('every cell counts in a dot', () => {
  const dots = new DotPainter(4);
  dots.begin(['#ff0000', '#0000ff']);
  dots.add(1.2, 1.7, 0, 1);
  dots.add(1.4, 1.1, 1, 1);
  dots.add(3.9, 3.9, -1, 2);
  dots.add(-5, 2, 0, 1);
  const data = new Uint8ClampedArray(64);
  dots.write(data);
  assert.deepEqual([...data.slice(20, 24)], [128, 0, 128, 210]);
  assert.deepEqual([...data.slice(60, 64)], [0, 240, 255, 166]);
  assert.equal(data.filter((value, at) => at % 4 === 3 && value > 0).length, 2);
});
