import assert from 'node:assert/strict';
import {test} from 'node:test';

import {Relation, beginning} from '../../../static/js/viewer/seeing/relation.js';

/** @param {any} actual @param {any} expected */
function close(actual, expected) {
  for (const [name, value] of Object.entries(expected)) assert.ok(Math.abs(actual[name] - value) < 1e-9, `${name}: ${actual[name]}, not ${value}`);
}

test('linked views stay as they lay beside each other', () => {
  const one = {x: 1000, y: 500, resolution: 2, rotation: 0};
  const other = {x: 80, y: 60, resolution: 1, rotation: 0};
  const relation = new Relation(one, other);
  close(relation.viewOf(one), other);
  close(relation.viewOf({...one, x: 1100, resolution: 4}), {x: 130, y: 60, resolution: 2, rotation: 0});
  const turned = new Relation(one, {...other, rotation: 90});
  // What lies to the right of the screen in a picture that is turned clockwise by a quarter is above in the picture itself.
  close(turned.viewOf({...one, x: 1100}), {x: 80, y: 10, rotation: 90});
});

test('there and back is where it began', () => {
  const relation = new Relation({x: 10, y: 20, resolution: 3, rotation: 15}, {x: -4, y: 900, resolution: 0.7, rotation: 200});
  const view = {x: 123, y: 456, resolution: 1.5, rotation: 77};
  close(relation.inverse.viewOf(relation.viewOf(view)), view);
  close(relation.viewOf(relation.inverse.viewOf(view)), view);
});

test('another image begins at the same place and scale', () => {
  const view = {x: 500, y: 100, resolution: 2, rotation: 0};
  const image = {width: 1000, height: 400, spacing: {x_um: 0.5}};
  close(beginning(view, image, {width: 4000, height: 1600, spacing: {x_um: 0.25}}), {x: 2000, y: 400, resolution: 4});
  close(beginning(view, image, {width: 2000, height: 800, spacing: null}), {x: 1000, y: 200, resolution: 4});
});
