import assert from 'node:assert/strict';
import {test} from 'node:test';

import {MarkingRules} from '../../../static/js/annotation/marking_rules.js';
import {boundsOf} from '../../../static/js/annotation/outline.js';
import {transformed} from '../../../static/js/annotation/region_edit/transform.js';
import {campaignOf} from './campaign.js';

/** @import {Change, Transformed} from '../../../static/js/annotation/region_edit/transform.js' */
/** @import {Geometry, Granularity, SeenMark} from '../../../static/js/annotation/types.js' */

const rules = new MarkingRules(campaignOf('marking'));
const image = {width: 1000, height: 1000};
const around = {rules, image, spacing: null};
/** @type {Geometry} */
const L = {type: 'Polygon', coordinates: [[[100, 100], [200, 100], [200, 120], [120, 120], [120, 300], [100, 300], [100, 100]]]}; // prettier-ignore
/** @type {Geometry} */
const BOX = {type: 'Rectangle', bbox: [400, 400, 100, 50]};

/** @param {Geometry} geometry @param {Granularity} granularity @param {string} [id] @returns {SeenMark} */
const mark = (geometry, granularity, id = 'a') => /** @type {SeenMark} */ (/** @type {unknown} */ ({id, body: {geometry, granularity, frame: null}}));

/** @param {Partial<Change>} change @returns {Change} */
const change = (change) => ({degrees: 0, percent: 100, isMirrored: false, ...change});

test('four quarter turns, and two mirrors, bring a shape back exactly', () => {
  for (const step of [change({degrees: 90}), change({degrees: -90})]) {
    /** @type {Geometry} */
    let geometry = L;
    for (let turn = 0; turn < 4; turn += 1) {
      /** @type {Transformed} */
      const {shapes} = transformed([mark(geometry, 'region')], step, around);
      geometry = shapes[0].geometry;
    }
    assert.deepEqual(geometry, L);
  }
  const once = transformed([mark(L, 'region')], change({isMirrored: true}), around).shapes[0].geometry;
  assert.notDeepEqual(once, L);
  assert.deepEqual(transformed([mark(once, 'region')], change({isMirrored: true}), around).shapes[0].geometry, L);
});

test('a turn by 90 degrees is clockwise as one sees it', () => {
  const {shapes} = transformed([mark({type: 'Polygon', coordinates: [[[400, 500], [600, 500], [600, 510], [400, 510], [400, 500]]]}, 'region')], change({degrees: 90}), around); // prettier-ignore
  assert.deepEqual(boundsOf(shapes[0].geometry), [495, 405, 10, 200]);
});

test('several marks turn as one, around their common middle', () => {
  const two = [mark({type: 'Point', coordinates: [100, 500]}, 'point', 'a'), mark({type: 'Point', coordinates: [300, 500]}, 'point', 'b')];
  const {shapes} = transformed(two, change({degrees: 90, percent: 200}), around);
  assert.deepEqual(shapes.map(({geometry}) => geometry), [{type: 'Point', coordinates: [200, 300]}, {type: 'Point', coordinates: [200, 700]}]); // prettier-ignore
});

test('a box that has to stay a box is sized, turned by right angles, and otherwise left alone', () => {
  const box = mark(BOX, 'box');
  assert.deepEqual(transformed([box], change({percent: 200}), around).shapes[0].geometry, {type: 'Rectangle', bbox: [350, 375, 200, 100]});
  assert.deepEqual(transformed([box], change({degrees: 90}), around).shapes[0].geometry, {type: 'Rectangle', bbox: [425, 375, 50, 100]});
  assert.deepEqual(transformed([box], change({degrees: 30}), around), {shapes: [], left: 1, problem: null});
});

test('where outlines are allowed a turned box becomes one', () => {
  const {shapes} = transformed([mark(BOX, 'tissue')], change({degrees: 30}), around);
  assert.equal(shapes[0].geometry.type, 'Polygon');
});

test('where pixels are not square a shape turns as it is on the patient', () => {
  const tall = {...around, spacing: {x_um: 1, y_um: 2, source: 'test'}};
  const {shapes} = transformed([mark({type: 'Polygon', coordinates: [[[400, 500], [600, 500], [600, 510], [400, 510], [400, 500]]]}, 'region')], change({degrees: 90}), tall); // prettier-ignore
  // 200 um wide and 20 um high before; 20 um wide, 200 um high after.
  assert.deepEqual(boundsOf(shapes[0].geometry), [490, 455, 20, 100]);
});

test('what would reach beyond the image, or cross itself, is told', () => {
  assert.equal(transformed([mark({type: 'Polygon', coordinates: [[[0, 0], [10, 0], [10, 400], [0, 400], [0, 0]]]}, 'region')], change({degrees: 90}), around).problem, 'beyond'); // prettier-ignore
  const thin = {type: 'Polygon', coordinates: [[[10, 10], [10.25, 10], [10.25, 10.25], [10, 10.25], [10, 10]]]}; // prettier-ignore
  assert.equal(transformed([mark(/** @type {Geometry} */ (thin), 'region')], change({percent: 25}), around).problem, 'crossing');
});

test('masks stay where they are painted', () => {
  const masked = mark(/** @type {Geometry} */ (/** @type {unknown} */ ({type: 'Mask', tiles: []})), 'region');
  assert.deepEqual(transformed([masked, mark(L, 'region', 'b')], change({degrees: 45}), around).left, 1);
});
