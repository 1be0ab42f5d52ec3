import assert from 'node:assert/strict';
import {test} from 'node:test';

import {formatLength, formatSpacing, isSquare, scaleBar} from '../../../static/js/viewer/format.js';
import {formatMagnification, magnificationOf, presets, resolutionOf} from '../../../static/js/viewer/magnification.js';

const SLIDE = {kind: /** @type {const} */ ('slide'), spacing: {x_um: 0.25, y_um: 0.25}};
const CT = {kind: /** @type {const} */ ('frames'), spacing: {x_um: 488.2812, y_um: 488.2812}};
const PHOTOGRAPH = {kind: /** @type {const} */ ('photograph'), spacing: null};

test('lengths take the unit that suits them', () => {
  assert.equal(formatLength(0.05), '50 nm');
  assert.equal(formatLength(0.252, 3), '252 nm');
  assert.equal(formatLength(999.4), '999 µm');
  assert.equal(formatLength(1000), '1 mm');
  assert.equal(formatLength(12_345), '12.3 mm');
});

test('spacing names both axes only where they differ', () => {
  assert.equal(formatSpacing({x_um: 488.2812, y_um: 488.2812}), '488 µm/px');
  assert.equal(formatSpacing({x_um: 500, y_um: 250}), '500 µm × 250 µm/px');
  assert.equal(isSquare({x_um: 0.2501, y_um: 0.25}), true);
  assert.equal(isSquare({x_um: 0.3, y_um: 0.25}), false);
});

test('the scale bar is the longest round length that fits', () => {
  const bar = scaleBar({spacing: {x_um: 0.25, y_um: 0.25}, resolution: 4, rotation: 0, maxWidth: 160});
  assert.deepEqual(bar, {um: 100, width: 100, label: '100 µm'});
  const far = scaleBar({spacing: CT.spacing, resolution: 1, rotation: 0, maxWidth: 160});
  assert.equal(far.label, '50 mm');
  assert.ok(Math.abs(far.width - 102.4) < 0.01);
});

test('40x is a quarter of a micrometre in a screen pixel', () => {
  assert.equal(resolutionOf(40, SLIDE), 1);
  assert.equal(resolutionOf(2.5, SLIDE), 16);
  assert.equal(magnificationOf(4, SLIDE), 10);
  assert.deepEqual(presets(SLIDE).map(({value}) => value), [1, 2.5, 5, 10, 20, 40]);
  const scannedAt10 = {...SLIDE, spacing: {x_um: 1, y_um: 1}};
  assert.deepEqual(presets(scannedAt10).map(({value}) => value), [1, 2.5, 5, 10, 20]);
});

test('without objectives magnification is percent', () => {
  for (const image of [CT, PHOTOGRAPH]) {
    assert.equal(resolutionOf(0.25, image), 4);
    assert.deepEqual(presets(image)[0], {value: 0.25, label: '25 %'});
    assert.equal(formatMagnification(1.7081, image), '171 %');
  }
  assert.equal(formatMagnification(5.88, SLIDE), '5.9×');
  assert.equal(formatMagnification(40, SLIDE), '40×');
});
