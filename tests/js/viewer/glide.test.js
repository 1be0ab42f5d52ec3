import assert from 'node:assert/strict';
import test from 'node:test';

import {drawnFor, letGlide, moveBetween} from '../../../static/js/viewer/glide.js';

const SIZE = [800, 600];

/** @import {Look} from '../../../static/js/viewer/glide.js' */

/** Where a coordinate lies on the screen, by the view alone. @param {Look} look @param {number[]} place @returns {number[]} */
function onScreen({center, resolution, rotation}, [x, y]) {
  const [right, down] = [(x - center[0]) / resolution, -(y - center[1]) / resolution];
  const [sin, cos] = [Math.sin(rotation), Math.cos(rotation)];
  return [right * cos - down * sin + SIZE[0] / 2, right * sin + down * cos + SIZE[1] / 2];
}

/** The view after the wheel turned at a coordinate. @param {Look} look @param {number[]} anchor @param {number} factor @returns {Look} */
function zoomed({center, resolution, rotation}, anchor, factor) {
  return {center: center.map((value, axis) => anchor[axis] + (value - anchor[axis]) * factor), resolution: resolution * factor, rotation};
}

const START = {center: [5_000, -3_000], resolution: 4, rotation: 0};
const ANCHOR = [5_900, -3_600];

for (const rotation of [0, 0.6, Math.PI / 2]) {
  test(`what was drawn is moved to where it is shown, turned by ${rotation}`, () => {
    const drawn = {...START, rotation};
    const shown = zoomed(drawn, ANCHOR, 0.9);
    const move = moveBetween(drawn, shown, SIZE);
    assert.ok(move);
    for (const place of [[5_000, -3_000], [4_200, -2_500], ANCHOR]) {
      const [x, y] = onScreen(drawn, place);
      const wanted = onScreen(shown, place);
      assert.ok(Math.hypot(x * move.scale + move.left - wanted[0], y * move.scale + move.top - wanted[1]) < 1e-6);
    }
  });
}

test('what leaves a side empty, is coarse or turned is not moved', () => {
  assert.equal(moveBetween(START, zoomed(START, ANCHOR, 1.05), SIZE), null);
  assert.equal(moveBetween(START, {...START, center: [5_010, -3_000]}, SIZE), null);
  assert.equal(moveBetween(START, zoomed(START, ANCHOR, 0.5), SIZE), null);
  assert.equal(moveBetween(START, {...START, rotation: 0.1}, SIZE), null);
  assert.notEqual(moveBetween(START, zoomed(START, ANCHOR, 0.95), SIZE), null);
});

test('while zooming out, what is drawn serves four frames more', () => {
  const [first, ...frames] = [0, 1, 2, 3, 4, 5, 6].map((step) => zoomed(START, ANCHOR, 1.05 ** step));
  const drawn = drawnFor(first, frames[0]);
  for (const shown of frames.slice(0, 5)) assert.notEqual(moveBetween(drawn, shown, SIZE), null);
  assert.equal(moveBetween(drawn, frames[5], SIZE), null);
});

test('while zooming in or panning, what is drawn is what is shown', () => {
  const shown = zoomed(START, ANCHOR, 0.9);
  assert.equal(drawnFor(START, shown), shown);
  const panned = {...START, center: [5_010, -3_000]};
  assert.equal(drawnFor(START, panned), panned);
});

/** What of a map glides: it notes what it draws. */
function lookingMap() {
  const box = {style: {transform: ''}};
  /** @type {number[]} */
  const drawn = [];
  const renderer = {renderFrame: (/** @type {any} */ {viewState}) => drawn.push(viewState.resolution), calculateMatrices2D: () => {}};
  /** @type {Look} */
  let look = START;
  let time = 0;
  const map = {
    getRenderer: () => renderer,
    getViewport: () => ({querySelector: () => box}),
    renderSync: () => {
      time += 16;
      /** @type {any} */ (renderer).renderFrame({viewState: look, viewHints: [1, 0], size: SIZE, extent: [], time, wantedTiles: {}, usedTiles: {}});
    },
  };
  const frame = map.renderSync;
  letGlide(/** @type {any} */ (map));
  const show = (/** @type {Look} */ now) => (look = now) && frame();
  return {map, box, drawn, show, set: (/** @type {Look} */ now) => (look = now)};
}

test('four frames of five are moved, not drawn', () => {
  const {box, drawn, show} = lookingMap();
  for (let step = 0; step < 11; step += 1) show(zoomed(START, ANCHOR, 0.97 ** step));
  assert.deepEqual(drawn.map((resolution) => Math.round(Math.log(resolution / START.resolution) / Math.log(0.97)) + 0), [0, 5, 10]);
  assert.equal(box.style.transform, '');
  show(zoomed(START, ANCHOR, 0.97 ** 11));
  assert.match(box.style.transform, /^matrix\(1\.03/);
  show(zoomed(START, ANCHOR, 0.97 ** 11));
  assert.equal(drawn.length, 4);
  assert.equal(box.style.transform, '', 'where the view rests it is drawn as it is shown');
});

test('what is asked for at once is drawn as it is shown, in the midst of a zoom', () => {
  const {map, box, drawn, show, set} = lookingMap();
  show(START);
  for (const factor of [1.05, 1.1]) show(zoomed(START, ANCHOR, factor));
  assert.match(box.style.transform, /^matrix/);
  set(zoomed(START, ANCHOR, 1.15));
  map.renderSync();
  assert.equal(drawn.at(-1), START.resolution * 1.15);
  assert.equal(box.style.transform, '');
});
