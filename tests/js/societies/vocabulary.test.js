import assert from 'node:assert/strict';
import {test} from 'node:test';

import {lineOf, readJson} from '../../../static/js/societies/vocabulary/json_text.js';
import {merge} from '../../../static/js/societies/vocabulary/merge.js';
import {add, freeCode, indent, move, moveBefore, outdent, recode, remove, rowsOf} from '../../../static/js/societies/vocabulary/tree_model.js';

/** @param {string} code @param {string | null} [parent] @param {object} [more] @returns {any} */
const label = (code, parent = null, more = {}) => ({code, parent, role: 'finding', display: {ja: code, en: code}, ...more});
const SET = [label('a'), label('b'), label('b1', 'b'), label('b2', 'b'), label('c')];
const shape = (/** @type {any[]} */ labels) => rowsOf(labels).map((row) => '-'.repeat(row.depth - 1) + row.label.code).join(' ');

test('a label moves with its children among those below the same parent', () => {
  assert.equal(shape(SET), 'a b -b1 -b2 c');
  assert.equal(shape(move(SET, 'b', -1)), 'b -b1 -b2 a c');
  assert.equal(shape(move(SET, 'b1', 1)), 'a b -b2 -b1 c');
  assert.equal(shape(move(SET, 'a', -1)), 'a b -b1 -b2 c', 'the first one stays');
});

test('a label goes below the one above it, and out again', () => {
  assert.equal(shape(indent(SET, 'c')), 'a b -b1 -b2 -c');
  assert.equal(shape(outdent(SET, 'b1')), 'a b -b2 b1 c');
  assert.equal(shape(indent(SET, 'a')), shape(SET), 'there is nothing above the first');
  assert.equal(shape(outdent(SET, 'a')), shape(SET));
});

test('a label that is taken out leaves its children in its place', () => {
  assert.equal(shape(remove(SET, 'b')), 'a b1 b2 c');
  assert.equal(shape(add(SET, 'b1', label('n'))), 'a b -b1 -n -b2 c');
  assert.equal(shape(add(SET, null, label('n'))), 'a b -b1 -b2 c n');
});

test('a label is dragged before another one, but never into itself', () => {
  assert.equal(shape(moveBefore(SET, 'c', 'b2')), 'a b -b1 -c -b2');
  assert.equal(shape(moveBefore(SET, 'b', 'b1')), shape(SET));
});

test('children follow the code of their parent, unless that code was taken', () => {
  assert.equal(shape(recode(SET, 'b', 'z')), 'a z -b1 -b2 c');
  assert.equal(freeCode([label('label-2')]), 'label-3');
});

test('every way of moving keeps parents before their children', () => {
  for (const change of [move(SET, 'b', 1), indent(SET, 'b'), outdent(SET, 'b2'), moveBefore(SET, 'a', 'b2'), remove(SET, 'b')]) {
    /** @type {Set<string | null>} */
    const seen = new Set([null]);
    for (const each of change) {
      assert.ok(seen.has(each.parent), each.code);
      seen.add(each.code);
    }
  }
});

test('changes to different places are put together', () => {
  const mine = {labels: SET.map((each) => (each.code === 'a' ? {...each, colour: '#ffffff'} : each))};
  const theirs = {labels: [...SET.map((each) => (each.code === 'a' ? {...each, key: '1'} : each)), label('n')]};
  const {value, conflicts} = merge({labels: SET}, mine, theirs);
  assert.deepEqual(conflicts, []);
  assert.deepEqual(value.labels[0], {...SET[0], colour: '#ffffff', key: '1'});
  assert.equal(value.labels.at(-1).code, 'n');
});

test('what both changed is told, and mine stands until I say otherwise', () => {
  const named = (/** @type {string} */ text) => ({labels: [label('a', null, {display: {ja: 'a', en: text}})]});
  const {value, conflicts} = merge(named('a'), named('mine'), named('theirs'));
  assert.equal(value.labels[0].display.en, 'mine');
  assert.deepEqual(conflicts, [{path: '/labels/a/display/en', mine: 'mine', theirs: 'theirs'}]);
});

test('what one took away stays away, unless the other changed it', () => {
  const without = {labels: SET.filter((each) => each.code !== 'c')};
  assert.equal(merge({labels: SET}, without, {labels: SET}).value.labels.length, 4);
  const changed = {labels: SET.map((each) => (each.code === 'c' ? {...each, key: '9'} : each))};
  const {value, conflicts} = merge({labels: SET}, without, changed);
  assert.equal(value.labels.at(-1).key, '9');
  assert.equal(conflicts.length, 1);
});

test('rules, lists of names and orders are put together too', () => {
  const base = {rules: {a: {to: ['x']}}, order: ['a', 'b', 'c']};
  const mine = {rules: {a: {to: ['x']}, b: {to: []}}, order: ['c', 'a', 'b']};
  const theirs = {rules: {}, order: ['a', 'b', 'd', 'c']};
  const {value, conflicts} = merge(base, mine, theirs);
  assert.deepEqual(value, {rules: {b: {to: []}}, order: ['c', 'a', 'b', 'd']});
  assert.deepEqual(conflicts, []);
});

test('JSON that breaks names its line, and a pointer its own', () => {
  const text = '{\n  "a": {"b\\"": [1,\n    {"c/d": "x,{"}],\n    "e": 2\n  },\n  "f": true\n}';
  assert.equal(lineOf(text, '/a/b"/1/c~1d'), 3);
  assert.equal(lineOf(text, '/a/e'), 4);
  assert.equal(lineOf(text, '/f'), 6);
  assert.equal(lineOf(text, '/f/nowhere'), 6);
  assert.equal(lineOf(text, ''), 1);
  const broken = readJson('{\n  "a": 1,\n  "b" 2\n}');
  assert.equal('line' in broken && broken.line, 3);
});
