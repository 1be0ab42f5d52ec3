import assert from 'node:assert/strict';
import {test} from 'node:test';

import {CineClock} from '../../../static/js/viewer/cine-clock.js';
import {FrameCache, framesToPrefetch} from '../../../static/js/viewer/frame-cache.js';
import {decodeValues, valueAt} from '../../../static/js/viewer/frame-decode.js';
import {FrameLoader} from '../../../static/js/viewer/frame-loader.js';

/** @param {number} maxBytes */
function cacheOf(maxBytes) {
  /** @type {number[]} */
  const released = [];
  /** @type {FrameCache<{frame: number, bytes: number}>} */
  const cache = new FrameCache({maxBytes, bytesOf: ({bytes}) => bytes, release: ({frame}) => released.push(frame)});
  const add = (/** @type {number} */ frame, bytes = 10) => cache.set(frame, {frame, bytes});
  return {cache, released, add};
}

test('the frame used longest ago goes first', () => {
  const {cache, released, add} = cacheOf(30);
  [0, 1, 2].forEach((frame) => add(frame));
  cache.get(0);
  add(3);
  assert.deepEqual(released, [1]);
  assert.deepEqual([cache.bytes, cache.size], [30, 3]);
  assert.equal(cache.get(1), undefined);
});

test('the frame on screen is never given up', () => {
  const {cache, released, add} = cacheOf(20);
  add(0);
  cache.pin(0);
  [1, 2, 3].forEach((frame) => add(frame));
  assert.deepEqual(released, [1, 2]);
  assert.ok(cache.has(0));
});

test('a frame larger than the cache is kept alone, not thrown away before it is seen', () => {
  const {cache, released, add} = cacheOf(20);
  add(0);
  add(1, 50);
  assert.deepEqual(released, [0]);
  assert.ok(cache.has(1));
});

test('a frame that comes again replaces itself, and clearing releases all', () => {
  const {cache, released, add} = cacheOf(30);
  add(0);
  add(0, 20);
  assert.deepEqual([cache.bytes, released], [20, [0]]);
  cache.clear();
  assert.deepEqual([cache.bytes, cache.size, released], [0, 0, [0, 0]]);
});

test('prefetch runs ahead in the direction of travel and stops at the ends', () => {
  const place = {current: 5, count: 10, direction: /** @type {const} */ (1), ahead: 3, behind: 2, loop: false};
  assert.deepEqual(framesToPrefetch(place), [6, 7, 8, 4, 3]);
  assert.deepEqual(framesToPrefetch({...place, direction: -1}), [4, 3, 2, 6, 7]);
  assert.deepEqual(framesToPrefetch({...place, current: 9}), [8, 7]);
  assert.deepEqual(framesToPrefetch({...place, current: 9, loop: true}), [0, 1, 2, 8, 7]);
  assert.deepEqual(framesToPrefetch({...place, current: 0, count: 1, loop: true}), []);
});

test('the loop keeps the recorded pace', () => {
  const clock = new CineClock({count: 10, frameTimeMs: 40});
  assert.equal(clock.assumed, false);
  clock.start(1000, 0);
  assert.equal(clock.due(1039), 0);
  assert.equal(clock.due(1040), 1);
  assert.equal(clock.due(1079), 1);
  assert.equal(clock.due(1165), 4, 'a late screen skips to where the heart is');
  assert.equal(clock.due(1199), 4);
  assert.equal(clock.due(1200), 5, 'and does not drift');
});

test('each round begins with the first frame, however late the screen is', () => {
  const clock = new CineClock({count: 3, frameTimeMs: 100});
  clock.start(0, 2);
  assert.equal(clock.frame, 0, 'from the last frame the loop starts over');
  assert.equal(clock.due(250), 2);
  assert.equal(clock.due(990), 0);
  assert.equal(clock.due(1089), 0, 'the first frame gets its full time');
  assert.equal(clock.due(1090), 1);
});

test('time stands still while a frame is awaited', () => {
  const clock = new CineClock({count: 10, frameTimeMs: 50});
  clock.start(0, 0);
  assert.equal(clock.due(50), 1);
  clock.hold(900);
  assert.equal(clock.due(949), 1);
  assert.equal(clock.due(950), 2);
});

test('without a frame time 100 ms is assumed, and said', () => {
  for (const frameTimeMs of [null, 0, -1, Number.NaN]) {
    const clock = new CineClock({count: 2, frameTimeMs});
    assert.deepEqual([clock.assumed, clock.frameTimeMs], [true, 100]);
  }
});

const HEADERS = {'Mitate-Pixel-Type': 'int16', 'Mitate-Rows': '2', 'Mitate-Columns': '3', 'Mitate-Rescale-Slope': '2', 'Mitate-Rescale-Intercept': '-10'};

test('a values frame keeps its bits and knows its rescaled values', () => {
  const frame = decodeValues(new Headers(HEADERS), new Int16Array([0, 1, 2, -3, -4, -5]).buffer);
  assert.equal(valueAt(frame, 2, 0), -6);
  assert.equal(valueAt(frame, 0, 1), -16);
  assert.equal(valueAt(frame, 3, 0), null);
  assert.equal(valueAt(frame, 0, -1), null);
  assert.equal(frame.window, null);
  assert.equal(frame.invert, false);
});

test('a window in the headers is read, and a body of the wrong length refused', () => {
  const headers = new Headers({...HEADERS, 'Mitate-Invert': '1', 'Mitate-Window-Center': '40', 'Mitate-Window-Width': '400'});
  const frame = decodeValues(headers, new ArrayBuffer(12));
  assert.deepEqual(frame.window, {center: 40, width: 400});
  assert.equal(frame.invert, true);
  assert.throws(() => decodeValues(headers, new ArrayBuffer(11)), RangeError);
});

/** A server that answers when told to. */
function slowServer() {
  /** @type {Map<string, () => void>} */
  const answer = new Map();
  const headers = new Headers({'Mitate-Pixel-Type': 'uint16', 'Mitate-Rows': '1', 'Mitate-Columns': '1'});
  const fetch = (/** @type {string} */ url, /** @type {AbortSignal} */ signal) => new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
    answer.set(url, () => resolve(new Response(new Uint16Array([7]).buffer, {headers})));
  });
  return {answer, loader: new FrameLoader({url: '/{frame}', grant: /** @type {any} */ ({fetch})})};
}

test('a fast scroll asks for as many frames as the server works on, and then for the last one only', async () => {
  const {answer, loader} = slowServer();
  const loads = Array.from({length: 20}, (_, frame) => loader.load(frame).then(() => frame, (error) => error.name));
  assert.deepEqual([...answer.keys()], ['/0', '/1', '/2', '/3']);
  answer.get('/0')?.();
  assert.equal(await loads[0], 0);
  assert.deepEqual(await Promise.all(loads.slice(4, 19)), Array(15).fill('AbortError'));
  assert.deepEqual([...answer.keys()], ['/0', '/1', '/2', '/3', '/19']);
  for (const give of answer.values()) give();
  assert.equal(await loads[19], 19);
});

test('a prefetch far from where the reader went is given up, an asked frame is not', async () => {
  const {answer, loader} = slowServer();
  const first = loader.load(0);
  loader.prefetch([1, 2, 3]);
  assert.deepEqual([...answer.keys()], ['/0', '/1', '/2']);
  const far = loader.load(50, [51]);
  assert.equal(loader.isComing(1), false);
  assert.equal(loader.isComing(0), true);
  answer.get('/0')?.();
  await first;
  answer.get('/50')?.();
  assert.equal((await far).kind, 'values');
});

test('while a reader rests the other frames come one at a time, and one that fails is not asked for again and again', async () => {
  const {answer, loader} = slowServer();
  const rest = [7, 8, 9];
  const next = () => rest.find((frame) => !loader.cache.has(frame)) ?? -1;
  loader.prefetch([1], next);
  assert.deepEqual([...answer.keys()], ['/1']);
  answer.get('/1')?.();
  await settled();
  assert.deepEqual([...answer.keys()], ['/1', '/7']);
  answer.get('/7')?.();
  await settled();
  assert.deepEqual([...answer.keys()], ['/1', '/7', '/8']);
  loader.pending.get(8)?.abort.abort();
  await settled();
  assert.deepEqual([...answer.keys()], ['/1', '/7', '/8'], 'it failed, and nothing more is asked for');
  assert.equal(loader.pending.size, 0);
  loader.prefetch([], next);
  loader.prefetch([], next);
  assert.equal(loader.pending.size, 1, 'until the reader moves');
});

const settled = () => new Promise((resolve) => { setTimeout(resolve, 5); });
