import assert from 'node:assert/strict';
import {test} from 'node:test';

import {gridStep} from '../../../static/js/viewer/seeing/grid-layer.js';
import {linkOf, placeOfLink, placeOnImage, readPlace} from '../../../static/js/viewer/seeing/place.js';
import {STAINS, stainFilter, weightsOf} from '../../../static/js/viewer/seeing/stains.js';
import {NEUTRAL, isNeutral, tableValues, toneTable, toned} from '../../../static/js/viewer/seeing/tone.js';

test('a neutral tone changes nothing, and no tone turns light and dark round', () => {
  assert.deepEqual([...toneTable(NEUTRAL)], Array.from({length: 256}, (_, value) => value));
  assert.equal(isNeutral({...NEUTRAL, gamma: 1.05}), false);
  for (const tone of [{brightness: 40, contrast: -60, gamma: 0.4}, {brightness: -100, contrast: 100, gamma: 5}]) {
    const table = [...toneTable(tone)];
    assert.deepEqual(table, [...table].sort((a, b) => a - b));
  }
  assert.equal(toned(0.5, {brightness: 0, contrast: 80, gamma: 1}), 0.5, 'contrast turns about the middle');
  assert.ok(toned(0.25, {brightness: 0, contrast: 0, gamma: 2}) === 0.5);
  assert.equal(toned(0.1, {brightness: -100, contrast: 0, gamma: 1}), 0);
  assert.equal(tableValues(NEUTRAL).split(' ').length, 256);
});

/** Colour of a mixture of stains on white light. @param {Partial<Record<'haematoxylin' | 'eosin' | 'dab', number>>} amounts */
function mixture(amounts) {
  const vectors = {haematoxylin: [0.65, 0.7, 0.29], eosin: [0.07, 0.99, 0.11], dab: [0.27, 0.57, 0.78]};
  const density = [0, 1, 2].map((at) => Object.entries(vectors).reduce((sum, [name, vector]) => {
    const amount = amounts[/** @type {'dab'} */ (name)] ?? 0;
    return sum + (amount * vector[at]) / Math.hypot(...vector);
  }, 0));
  return density.map((value) => 256 * 10 ** -value - 1);
}

test('each stain is told from the others, whatever their mixture', () => {
  const amounts = {haematoxylin: 0.4, eosin: 0.3, dab: 0.2};
  const density = mixture(amounts).map((value) => -Math.log10((value + 1) / 256));
  for (const stain of STAINS) {
    const weights = weightsOf(stain);
    const found = weights.reduce((sum, weight, at) => sum + weight * density[at], 0);
    assert.ok(Math.abs(found - amounts[stain]) < 1e-9, `${stain} ${found}`);
  }
});

test('one stain alone is shown in its colour on white, the others not at all', () => {
  const only = mixture({haematoxylin: 0.5});
  const other = mixture({eosin: 0.5});
  const pixels = Uint8ClampedArray.from([...only, 255, ...other, 255, 255, 255, 255, 255]);
  stainFilter('haematoxylin')(pixels);
  for (let at = 0; at < 3; at += 1) assert.ok(Math.abs(pixels[at] - only[at]) <= 3, `${pixels[at]} ${only[at]}`);
  assert.ok([4, 5, 6, 8, 9, 10].every((at) => pixels[at] >= 252), String(pixels));
  assert.deepEqual([pixels[3], pixels[7]], [255, 255]);
  const black = Uint8ClampedArray.from([0, 0, 0, 255]);
  for (const stain of STAINS) stainFilter(stain)(black.slice());
});

test('places are read as people write them', () => {
  assert.deepEqual(readPlace('12000, 8000'), [12000, 8000]);
  assert.deepEqual(readPlace('  12.5;8 '), [12.5, 8]);
  assert.deepEqual(readPlace('１２．５、８'), [12.5, 8]);
  assert.deepEqual(readPlace('1 2'), [1, 2]);
  for (const text of ['', '12', 'x, y', '1,2,3', '1e3, 4', '--1, 2']) assert.equal(readPlace(text), null, text);
  const image = {width: 1000, height: 500, spacing: {x_um: 0.5, y_um: 0.25}};
  assert.deepEqual(placeOnImage([0.25, 0.1], 'mm', image), [500, 400]);
  assert.equal(placeOnImage([2, 0], 'mm', image), null);
  assert.equal(placeOnImage([-1, 0], 'px', image), null);
  assert.equal(placeOnImage([1, 1], 'mm', {...image, spacing: null}), null);
});

test('a link holds the view, and whatever else stands behind # is none', () => {
  const state = {x: 1234.56, y: 78, resolution: 0.123456789, rotation: 90, frame: 3};
  assert.deepEqual(placeOfLink(`#${linkOf(state)}`), {x: 1234.6, y: 78, resolution: 0.123457, rotation: 90, frame: 3});
  assert.deepEqual(placeOfLink(linkOf({...state, rotation: 0, frame: null}))?.frame, null);
  for (const hash of ['', '#', '#panel', '#x=1&y=2', '#x=1&y=2&r=0', '#x=a&y=2&r=1', '#x=1&y=2&r=-1']) assert.equal(placeOfLink(hash), null, hash);
});

test('lines of the grid lie a round distance apart, each axis by its own spacing', () => {
  assert.deepEqual(gridStep(1, {x_um: 0.5, y_um: 0.5}), {x: 100, y: 100, label: '50 µm'});
  assert.deepEqual(gridStep(4, {x_um: 0.5, y_um: 0.25}), {x: 400, y: 800, label: '200 µm'});
  assert.deepEqual(gridStep(0.05, null), {x: 5, y: 5, label: '5 px'});
  assert.deepEqual(gridStep(0.001, null).x, 1, 'no finer than a pixel');
});
