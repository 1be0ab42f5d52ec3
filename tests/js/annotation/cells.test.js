import assert from 'node:assert/strict';
import {test} from 'node:test';

import {boundsOf, cellAt, cellsWithin, countsOf} from '../../../static/js/annotation/cells/work/picking.js';

/** @import {CellChunk} from '../../../static/js/annotation/cells/work/chunk.js' */

/** @param {number[][][]} outlines @param {number[]} [labels] @returns {CellChunk} */
function chunkOf(outlines, labels = outlines.map(() => 0)) {
  const starts = [0];
  for (const outline of outlines) starts.push(/** @type {number} */ (starts.at(-1)) + outline.length);
  return {
    count: outlines.length,
    numbers: Uint32Array.from(outlines.keys()),
    starts: Uint32Array.from(starts),
    vertices: Float32Array.from(outlines.flat(2)),
    labels: Uint8Array.from(labels),
    scores: new Uint8Array(outlines.length).fill(255),
  };
}

const square = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ side) => [[x, y], [x + side, y], [x + side, y + side], [x, y + side]];

test('the smallest cell under the pointer is picked, and one that is not shown never', () => {
  const chunk = chunkOf([square(0, 0, 100), square(40, 40, 10), square(200, 0, 10)]);
  const bounds = boundsOf(chunk);
  assert.deepEqual([...bounds.slice(4, 8)], [40, 40, 50, 50]);
  assert.equal(cellAt(chunk, bounds, [45, 45]), 1);
  assert.equal(cellAt(chunk, bounds, [45, 45], (cell) => cell !== 1), 0);
  assert.equal(cellAt(chunk, bounds, [5, 90]), 0);
  assert.equal(cellAt(chunk, bounds, [150, 5]), -1);
});

test('what lies in the rectangle around a cell is not in the cell', () => {
  const chunk = chunkOf([[[0, 0], [100, 0], [0, 100]]]);
  const bounds = boundsOf(chunk);
  assert.equal(cellAt(chunk, bounds, [10, 10]), 0);
  assert.equal(cellAt(chunk, bounds, [90, 90]), -1);
});

test('a lasso takes the cells whose middle it holds', () => {
  const chunk = chunkOf([square(0, 0, 10), square(20, 0, 10), square(40, 0, 10)]);
  const bounds = boundsOf(chunk);
  assert.deepEqual(cellsWithin(chunk, bounds, [[-5, -5], [26, -5], [26, 20], [-5, 20]]), [0, 1]);
  assert.deepEqual(cellsWithin(chunk, bounds, [[-5, -5], [26, -5], [26, 20], [-5, 20], [-5, -5]], (cell) => cell > 0), [1]);
  // A notch around the middle of the second one leaves it out.
  assert.deepEqual(cellsWithin(chunk, bounds, [[-5, -5], [60, -5], [60, 20], [30, 20], [30, 2], [20, 2], [20, 20], [-5, 20]]), [0, 2]);
  assert.deepEqual(cellsWithin(chunk, bounds, []), []);
});

test('cells are counted by label', () => {
  const chunk = chunkOf([square(0, 0, 1), square(2, 0, 1), square(4, 0, 1)], [2, 0, 2]);
  assert.deepEqual([...countsOf(chunk, 3)], [1, 0, 2]);
  assert.deepEqual([...countsOf(chunk, 3, (cell) => cell > 0)], [1, 0, 1]);
});
