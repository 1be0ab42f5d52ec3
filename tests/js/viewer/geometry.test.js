import assert from 'node:assert/strict';
import {test} from 'node:test';

import {
  areaUm2, boxToExtent, degrees, extentToBox, fromOl, geometryFromOl, geometryToOl, horizontalUmPerPx, imageExtent, lengthUm,
  level0, radians, ringFromOl, snapToGrid, toOl,
} from '../../../static/js/viewer/geometry.js';

test('y turns over and comes back, without a negative zero', () => {
  assert.deepEqual(toOl(level0(10, 20)), [10, -20]);
  assert.deepEqual([...fromOl([10, -20])], [10, 20]);
  assert.ok(Object.is(toOl(level0(0, 0))[1], 0));
});

test('positions fall on the 1/8 px grid', () => {
  assert.equal(snapToGrid(1.06), 1);
  assert.equal(snapToGrid(1.07), 1.125);
  assert.ok(Object.is(snapToGrid(-0.01), 0));
  assert.deepEqual(ringFromOl([[0.01, -0.49], [3.3, -7.7]]), [[0, 0.5], [3.25, 7.75]]);
});

test('the image lies below the axis for OpenLayers', () => {
  assert.deepEqual(imageExtent({width: 300, height: 200}), [0, -200, 300, 0]);
  assert.deepEqual(boxToExtent([10, 20, 30, 40]), [10, -60, 40, -20]);
  assert.deepEqual(extentToBox([10, -60, 40, -20]), [10, 20, 30, 40]);
});

/** @type {import('../../../static/js/viewer/geometry.js').DocumentGeometry[]} */
const SHAPES = [
  {type: 'Point', coordinates: [1.5, 2.25]},
  {type: 'Polygon', coordinates: [[[0, 0], [8, 0], [8, 8], [0, 0]], [[2, 1], [3, 1], [3, 2], [2, 1]]]},
  {type: 'MultiPolygon', coordinates: [[[[0, 0], [8, 0], [8, 8], [0, 0]]], [[[20, 20], [28, 20], [28, 28], [20, 20]]]]},
];

test('every shape of the document survives the way to OpenLayers and back', () => {
  for (const shape of SHAPES) assert.deepEqual(geometryFromOl(geometryToOl(shape)), shape);
});

test('a rectangle stays a rectangle', () => {
  const shape = {type: /** @type {const} */ ('Rectangle'), bbox: [10, 20, 30, 40]};
  assert.deepEqual(geometryFromOl(geometryToOl(shape), {rectangle: true}), shape);
});

test('lengths and areas use the spacing of each axis', () => {
  const spacing = {x_um: 0.5, y_um: 0.25};
  assert.equal(lengthUm(level0(0, 0), level0(6, 16), spacing), 5);
  assert.equal(areaUm2([[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]], spacing), 12.5);
});

test('the horizontal of a turned view runs along the other axis', () => {
  const spacing = {x_um: 0.5, y_um: 0.25};
  assert.equal(horizontalUmPerPx(spacing, 0), 0.5);
  assert.ok(Math.abs(horizontalUmPerPx(spacing, Math.PI / 2) - 0.25) < 1e-12);
});

test('angles are degrees between -180 and 180', () => {
  assert.equal(degrees(radians(270)), -90);
  assert.equal(degrees(radians(-540)), 180);
  assert.ok(Object.is(degrees(radians(-360)), 0));
});
