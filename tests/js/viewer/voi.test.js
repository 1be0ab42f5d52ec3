import assert from 'node:assert/strict';
import {test} from 'node:test';

import {applyTable, cleanWindow, fillTable, firstWindow, greyFunction, linear, makeTable, windowFromValues, windowPresets} from '../../../static/js/viewer/voi.js';

const HOUNSFIELD = {signed: true, slope: 1, intercept: 0};

/** @param {number} value */
const grey = (value) => (0xff000000 | (value << 16) | (value << 8) | value) >>> 0;

test('LINEAR gives the values computed by hand from PS3.3 C.11.2.1.2.1', () => {
  // c = 40, w = 400: black up to 39.5 - 199.5 = -160, white above 39.5 + 199.5 = 239.
  const window = {center: 40, width: 400};
  assert.equal(linear(-161, window), 0);
  assert.equal(linear(-160, window), 0);
  assert.equal(linear(-159, window), 1); // ((-159 - 39.5) / 399 + 0.5) * 255 = 0.639
  assert.equal(linear(39, window), 127); // (-0.5 / 399 + 0.5) * 255 = 127.18
  assert.equal(linear(40, window), 128); // (0.5 / 399 + 0.5) * 255 = 127.82
  assert.equal(linear(140, window), 192); // (100.5 / 399 + 0.5) * 255 = 191.73
  assert.equal(linear(239, window), 255);
  assert.equal(linear(240, window), 255);
});

test('the example of the standard: c = 2048, w = 4096 spreads 0 to 4095', () => {
  const window = {center: 2048, width: 4096};
  assert.equal(linear(0, window), 0);
  assert.equal(linear(4095, window), 255);
  assert.equal(linear(2048, window), 128); // (0.5 / 4095 + 0.5) * 255 = 127.53
});

test('a width of 1 is a threshold below the centre', () => {
  assert.equal(linear(99, {center: 100, width: 1}), 0);
  assert.equal(linear(99.5, {center: 100, width: 1}), 0);
  assert.equal(linear(100, {center: 100, width: 1}), 255);
});

test('the table reads stored bits as signed numbers where they are', () => {
  const table = makeTable();
  fillTable(table, HOUNSFIELD, {center: 40, width: 400}, false);
  assert.equal(table[40], grey(128));
  assert.equal(table[65_536 - 1000], grey(0));
  assert.equal(table[32_767], grey(255));
  fillTable(table, {...HOUNSFIELD, signed: false}, {center: 40, width: 400}, false);
  assert.equal(table[65_536 - 1000], grey(255));
});

test('slope and intercept come before the window', () => {
  const table = makeTable();
  fillTable(table, {signed: false, slope: 1, intercept: -1024}, {center: 40, width: 400}, false);
  assert.equal(table[1064], grey(128));
  assert.equal(table[0], grey(0));
});

test('inverting changes dark and bright', () => {
  const table = makeTable();
  fillTable(table, HOUNSFIELD, {center: 40, width: 400}, true);
  assert.equal(table[40], grey(127));
  assert.equal(table[32_767], grey(0));
});

test('pixels are looked up one by one and are opaque', () => {
  const table = makeTable();
  fillTable(table, HOUNSFIELD, {center: 40, width: 400}, false);
  const pixels = new Uint32Array(3);
  applyTable(new Uint16Array(new Int16Array([-1000, 40, 3000]).buffer), table, pixels);
  assert.deepEqual([...new Uint8Array(pixels.buffer)], [0, 0, 0, 255, 128, 128, 128, 255, 255, 255, 255, 255]);
});

test('the full range runs from the lowest to the highest rescaled value', () => {
  const stored = new Uint16Array(new Int16Array([-5, 0, 10, 94]).buffer);
  assert.deepEqual(windowFromValues(stored, {signed: true, slope: 2, intercept: 100}, 0), {center: 189.5, width: 199});
});

test('the automatic window lets a few extreme pixels go', () => {
  const stored = new Uint16Array(10_000).map((_, at) => 1000 + (at % 100));
  stored[0] = 0;
  stored[1] = 65_535;
  const {center, width} = windowFromValues(stored, {signed: false, slope: 1, intercept: 0});
  assert.ok(Math.abs(center - 1050) <= 1 && width <= 100 && width >= 98, `${center} ${width}`);
});

test('an image of one value gets a window that can be drawn', () => {
  assert.deepEqual(windowFromValues(new Uint16Array(16), {signed: false, slope: 1, intercept: 0}), {center: 0.5, width: 1});
});

test('CT offers its windows after those of the file; windows of no width are left out', () => {
  const windows = [{center: 0, width: 0}, {center: 35, width: 100, name: 'HEAD'}];
  const ct = windowPresets({modality: 'CT', frames: {windows}});
  assert.deepEqual(ct.map(({id, center, width}) => [id, center, width]), [
    ['file-0', 35, 100], ['ct-soft-tissue', 50, 400], ['ct-lung', -600, 1500], ['ct-bone', 400, 1800], ['ct-brain', 40, 80],
  ]);
  assert.equal(ct[0].name, 'HEAD');
  assert.deepEqual(windowPresets({modality: 'MR', frames: {windows: []}}), []);
});

test('windows that the server adds are offered once, under their translated names', () => {
  const windows = [{center: 20, width: 1000, name: 'auto'}, {center: 45, width: 90, name: 'brain'}, {center: 1, width: 2, name: 'WINDOW1'}];
  const offered = windowPresets({modality: 'CT', frames: {windows}});
  assert.deepEqual(offered.map(({id, name, center}) => [id, name, center]), [
    ['file-0', 'WINDOW1', 1], ['ct-soft-tissue', 'Soft tissue', 50], ['ct-lung', 'Lung', -600], ['ct-bone', 'Bone', 400], ['ct-brain', 'Brain', 45],
  ]);
});

test('the first window is the file\'s, else the server\'s, else nobody\'s', () => {
  const [computed, own] = [{center: 20, width: 1000, name: 'auto'}, {center: 1, width: 2, name: ''}];
  assert.deepEqual(firstWindow([computed, own]), {window: own, presetId: 'file-0'});
  assert.deepEqual(firstWindow([computed]), {window: computed, presetId: 'auto'});
  assert.equal(firstWindow([{center: 0, width: 0}]), null);
});

test('a window never becomes narrower than 1', () => {
  assert.deepEqual(cleanWindow({center: 10.123, width: -4}), {center: 10.12, width: 1});
});

test('LINEAR_EXACT and SIGMOID give the values computed by hand from PS3.3 C.11.2.1.3', () => {
  const exact = greyFunction({center: 40, width: 400, function: 'LINEAR_EXACT'});
  assert.equal(exact(-160), 0);
  assert.equal(exact(40), 128); // 0.5 * 255 = 127.5
  assert.equal(exact(140), 191); // (100 / 400 + 0.5) * 255 = 191.25
  assert.equal(exact(240), 255);
  const sigmoid = greyFunction({center: 40, width: 400, function: 'SIGMOID'});
  assert.equal(sigmoid(40), 128); // 255 / 2 = 127.5
  assert.equal(sigmoid(140), 186); // 255 / (1 + e^-1) = 186.42
  assert.equal(sigmoid(-160), 30); // 255 / (1 + e^2) = 30.40
});

test('a VOI LUT is looked up, its ends going on for ever', () => {
  const levels = Buffer.from([10, 20, 200]).toString('base64');
  const grey = greyFunction({center: 0, width: 3, table: {first: -1, levels}});
  assert.deepEqual([-1000, -1, 0, 1, 1000].map(grey), [10, 10, 20, 200, 200]);
});

test('a presentation LUT stands between window and screen', () => {
  const table = makeTable();
  const greys = Array.from({length: 256}, (_, at) => (at < 128 ? 0 : 90));
  fillTable(table, HOUNSFIELD, {center: 128, width: 256}, false, greys);
  assert.deepEqual([table[0], table[127], table[255]], [0, 0, 90].map(grey));
});
