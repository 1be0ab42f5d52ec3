import assert from 'node:assert/strict';
import {test} from 'node:test';

import {colourClass, initials} from '../../../static/js/annotation/together/faces.js';
import {between, isSameView, leadsTo, turn} from '../../../static/js/annotation/together/following.js';

const FROM = {x: 0, y: 100, resolution: 1, rotation: 170};
const TO = {x: 100, y: 0, resolution: 4, rotation: -170};

test('a turn is the short one', () => {
  assert.deepEqual([0, 180, 190, -190, 720, 359].map(turn), [0, -180, -170, 170, 0, -1]);
});

test('the way goes evenly, zooms evenly, and turns the short way round', () => {
  assert.deepEqual(between(FROM, TO, 0.5), {x: 50, y: 50, resolution: 2, rotation: 180});
  assert.deepEqual(between(FROM, TO, 0), FROM);
  assert.equal(between(FROM, TO, 1), TO);
});

test('views are the same where nobody sees a difference', () => {
  assert.ok(isSameView({...TO, x: 101, rotation: 190}, TO), 'a quarter of a screen px, and a full turn');
  for (const other of [{x: 103}, {y: 3}, {resolution: 4.1}, {rotation: -169}]) assert.ok(!isSameView({...TO, ...other}, TO));
});

test('whom a person follows through others is known, and a ring ends', () => {
  const people = new Map([[1, {following: 2}], [2, {following: 3}], [4, {following: 5}], [5, {following: 4}], [6, {following: null}]]);
  assert.ok(leadsTo(people, 1, 2));
  assert.ok(leadsTo(people, 1, 3));
  assert.ok(!leadsTo(people, 2, 1));
  assert.ok(!leadsTo(people, 4, 1));
  assert.ok(!leadsTo(people, 6, 1));
  assert.ok(!leadsTo(people, 9, 1));
});

test('initials', () => {
  assert.deepEqual(['Hana Sato', 'jsum-reader1', '佐藤 花', '佐藤花', 'ada', 'Ａda Ｂ', ' ', '9'].map(initials), ['HS', 'JR', '佐', '佐', 'A', 'AB', '?', '9']);
  assert.equal(colourClass(9), 'is-person-1');
});
