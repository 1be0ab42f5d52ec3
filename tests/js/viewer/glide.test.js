import assert from 'node:assert/strict';
import test from 'node:test';

import {drawnFor, letGlide, moveBetween} from '../../../static/js/viewer/glide.js';

const SIZE = [800, 600];
const MARGIN = 32;

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

/** The view after a hand took it along by px of the screen. @param {Look} look @param {number[]} way @returns {Look} */
function panned({center, resolution, rotation}, [right, down]) {
  const [sin, cos] = [Math.sin(rotation), Math.cos(rotation)];
  const [x, y] = [right * cos + down * sin, down * cos - right * sin];
  return {center: [center[0] + x * resolution, center[1] - y * resolution], resolution, rotation};
}

const START = {center: [5_000, -3_000], resolution: 4, rotation: 0};
const ANCHOR = [5_900, -3_600];

for (const rotation of [0, 0.6, Math.PI / 2]) {
  test(`what was drawn is moved to where it is shown, turned by ${rotation}`, () => {
    const drawn = {...START, rotation};
    const shown = zoomed(drawn, ANCHOR, 0.9);
    const move = moveBetween(drawn, shown, SIZE, 0);
    assert.ok(move);
    for (const place of [[5_000, -3_000], [4_200, -2_500], ANCHOR]) {
      const [x, y] = onScreen(drawn, place);
      const wanted = onScreen(shown, place);
      assert.ok(Math.hypot(x * move.scale + move.left - wanted[0], y * move.scale + move.top - wanted[1]) < 1e-6);
    }
  });
}

test('what leaves a side empty, is coarse or turned is not moved', () => {
  assert.equal(moveBetween(START, zoomed(START, ANCHOR, 1.05), SIZE, 0), null);
  assert.equal(moveBetween(START, panned(START, [3, 0]), SIZE, 0), null);
  assert.equal(moveBetween(START, panned(START, [MARGIN + 1, 0]), SIZE, MARGIN), null);
  assert.equal(moveBetween(START, zoomed(START, ANCHOR, 0.5), SIZE, MARGIN), null);
  assert.equal(moveBetween(START, {...START, rotation: 0.1}, SIZE, MARGIN), null);
  assert.notEqual(moveBetween(START, zoomed(START, ANCHOR, 0.95), SIZE, 0), null);
});

for (const rotation of [0, 0.6]) {
  test(`what is drawn beyond the sides comes in where the view pans, in whole pixels, turned by ${rotation}`, () => {
    const drawn = {...START, rotation};
    for (const way of [[MARGIN, -MARGIN], [-7, 12], [2.4, -3.6]]) {
      assert.deepEqual(moveBetween(drawn, panned(drawn, way), SIZE, MARGIN), {scale: 1, left: -Math.round(way[0]), top: -Math.round(way[1])});
    }
  });
}

test('while zooming out, what is drawn serves five frames more', () => {
  const [first, ...frames] = [0, 1, 2, 3, 4, 5, 6, 7].map((step) => zoomed(START, ANCHOR, 1.04 ** step));
  const drawn = drawnFor(first, frames[0], 0);
  for (const shown of frames.slice(0, 6)) assert.notEqual(moveBetween(drawn, shown, SIZE, 0), null);
  assert.equal(moveBetween(drawn, frames[6], SIZE, 0), null);
});

for (const [way, served] of /** @type {[number[], number][]} */ ([[[4, -2], 6], [[-12, 6], 6], [[20, 20], 4], [[40, 0], 2], [[70, 0], 1]])) {
  test(`while panning by ${way} px a frame, what is drawn serves ${served}`, () => {
    for (const rotation of [0, 0.6]) {
      const start = {...START, rotation};
      const frames = [1, 2, 3, 4, 5, 6].map((step) => panned(start, way.map((px) => px * step)));
      const drawn = drawnFor(start, frames[0], MARGIN);
      const isServed = frames.map((shown) => moveBetween(drawn, shown, SIZE, MARGIN) !== null);
      assert.deepEqual(isServed, [0, 1, 2, 3, 4, 5].map((at) => at < served));
    }
  });
}

test('while zooming in, what is drawn is what is shown', () => {
  const shown = zoomed(START, ANCHOR, 0.9);
  assert.equal(drawnFor(START, shown, MARGIN), shown);
});

/** What of a map glides: it notes what it draws. */
function lookingMap() {
  const box = {style: {transform: ''}};
  /** @type {{resolution: number, center: number[], size: number[]}[]} */
  const drawn = [];
  const renderer = {
    renderFrame: (/** @type {any} */ {viewState, size}) => drawn.push({...viewState, size}),
    calculateMatrices2D: () => {},
  };
  /** @type {Look} */
  let look = START;
  let time = 0;
  let hints = [0, 1];
  const map = {
    getRenderer: () => renderer,
    getViewport: () => ({querySelector: () => box}),
    renderSync: () => {
      time += 16;
      const state = {viewState: look, viewHints: hints, size: SIZE, extent: [], time, wantedTiles: {}, usedTiles: {}};
      /** @type {any} */ (renderer).renderFrame(state);
      assert.deepEqual([state.viewState, state.size], [look, SIZE], 'others see the frame as it is shown');
    },
  };
  const frame = map.renderSync;
  letGlide(/** @type {any} */ (map));
  const show = (/** @type {Look} */ now) => (look = now) && frame();
  const letGo = () => (hints = [0, 0]);
  return {map, box, drawn, show, letGo, set: (/** @type {Look} */ now) => (look = now)};
}

test('five frames of six are moved, not drawn', () => {
  const {box, drawn, show, letGo} = lookingMap();
  for (let step = 0; step < 13; step += 1) show(zoomed(START, ANCHOR, 0.97 ** step));
  assert.deepEqual(drawn.map(({resolution}) => Math.round(Math.log(resolution / START.resolution) / Math.log(0.97)) + 0), [0, 6, 12]);
  assert.equal(box.style.transform, '');
  show(zoomed(START, ANCHOR, 0.97 ** 13));
  assert.match(box.style.transform, /^matrix\(1\.03/);
  letGo();
  show(zoomed(START, ANCHOR, 0.97 ** 13));
  assert.equal(drawn.length, 4);
  assert.equal(box.style.transform, '', 'where the view rests it is drawn as it is shown');
});

test('panned by a hand, five frames of six are moved, and what is shown stays where the view says', () => {
  const {box, drawn, show, letGo} = lookingMap();
  show(START);
  for (let step = 1; step <= 10; step += 1) {
    const shown = panned(START, [6 * step, -2 * step]);
    show(shown);
    const [, left, top] = /^matrix\(1, 0, 0, 1, (-?\d+), (-?\d+)\)$/.exec(box.style.transform) ?? [null, 0, 0];
    const latest = /** @type {Look} */ (/** @type {any} */ (drawn.at(-1)));
    assert.deepEqual(panned(latest, [-Number(left), -Number(top)]).center, shown.center);
  }
  // The first one was at rest, and serves as far as its margin goes.
  assert.equal(drawn.length, 2);
  assert.deepEqual(drawn.map(({size}) => size), Array(2).fill(SIZE.map((side) => side + 2 * MARGIN)), 'its canvases keep their size');
  letGo();
  show(panned(START, [60, -20]));
  assert.deepEqual(drawn.at(-1)?.center, panned(START, [60, -20]).center);
  assert.equal(box.style.transform, '', 'where the view rests it is drawn as it is shown');
});

test('what is asked for at once is drawn as it is shown, in the midst of a zoom or a pan', () => {
  const {map, box, drawn, show, set} = lookingMap();
  show(START);
  for (const factor of [1.05, 1.1]) show(zoomed(START, ANCHOR, factor));
  assert.match(box.style.transform, /^matrix/);
  set(zoomed(START, ANCHOR, 1.15));
  map.renderSync();
  assert.equal(drawn.at(-1)?.resolution, START.resolution * 1.15);
  assert.equal(box.style.transform, '');
  show(panned(zoomed(START, ANCHOR, 1.15), [10, 0]));
  assert.match(box.style.transform, /^matrix\(1, /);
  set(panned(zoomed(START, ANCHOR, 1.15), [20, 0]));
  map.renderSync();
  assert.deepEqual(drawn.at(-1)?.center, panned(zoomed(START, ANCHOR, 1.15), [20, 0]).center);
  assert.equal(box.style.transform, '');
});

test('a hand that holds still is drawn as it is shown soon, and then whatever changes', () => {
  const {box, drawn, show} = lookingMap();
  for (const px of [0, 6]) show(panned(START, [px, 0]));
  const still = panned(START, [12, 0]);
  for (let frame = 0; frame < 4; frame += 1) show(still);
  assert.deepEqual([drawn.length, box.style.transform], [1, 'matrix(1, 0, 0, 1, -12, 0)']);
  for (let frame = 0; frame < 3; frame += 1) show(still);
  assert.equal(drawn.length, 4);
  assert.deepEqual([drawn.at(-1)?.center, box.style.transform], [still.center, '']);
});
