import assert from 'node:assert/strict';
import {test} from 'node:test';

import {addField, freeName, kindOf, moveField, orderOf, propertyOf, removeField, renameField, requireField, withOptions} from '../../../static/js/societies/vocabulary/form_model.js';
import {kindsOf, withoutTarget, withTarget} from '../../../static/js/societies/vocabulary/map_model.js';

/** @returns {any} */
const form = () => ({
  schema: {type: 'object', required: ['organ'], properties: {organ: {type: 'string', enum: ['colon']}, size: {type: 'number', minimum: 0}}},
  ui: {order: ['size', 'organ'], fields: {organ: {ja: '臓器', en: 'Organ', options: {colon: {ja: '大腸', en: 'Colon'}}}, size: {ja: '大きさ', en: 'Size'}}},
});

test('what becomes of each label is named as the server names it', () => {
  const rules = {a: {to: ['a']}, b: {to: ['x']}, c: {to: ['y']}, d: {to: ['y']}, e: {to: []}, f: {to: ['p', 'q'], chosen: 'q'}};
  const kinds = kindsOf(rules, ['a', 'b', 'c', 'd', 'e', 'f', 'g']);
  assert.deepEqual(Object.values(kinds), ['same', 'rename', 'merge', 'merge', 'drop', 'split', 'unmapped']);
});

test('a second target makes a split that keeps its first choice, and taking one out ends it', () => {
  const split = withTarget({to: ['a']}, 'b');
  assert.deepEqual(split, {to: ['a', 'b'], chosen: 'a'});
  assert.deepEqual(withTarget(split, 'b'), split);
  assert.deepEqual(withoutTarget(split, 'a'), {to: ['b']});
  assert.equal(withoutTarget({to: ['a']}, 'a'), undefined);
  assert.deepEqual(withoutTarget({to: ['a', 'b', 'c'], chosen: 'c'}, 'c'), {to: ['a', 'b'], chosen: 'a'});
});

test('fields come, go, move and are renamed in the schema, the words and the order at once', () => {
  const more = addField(form(), 'note');
  assert.deepEqual(orderOf(more), ['size', 'organ', 'note']);
  assert.deepEqual(orderOf(moveField(more, 'note', -1)), ['size', 'note', 'organ']);
  assert.equal(moveField(more, 'size', -1), more);
  const renamed = renameField(more, 'organ', 'site');
  assert.deepEqual(renamed.schema.required, ['site']);
  assert.equal(renamed.ui.fields.site.en, 'Organ');
  assert.ok(!('organ' in renamed.schema.properties));
  for (const taken of ['size', '1st', 'a b', '']) assert.equal(renameField(more, 'organ', taken), more);
  const less = removeField(more, 'organ');
  assert.deepEqual(less.schema.required, []);
  assert.deepEqual(Object.keys(less.ui.fields), ['size', 'note']);
  assert.deepEqual(requireField(less, 'size', true).schema.required, ['size']);
  assert.equal(freeName(form()), 'field3');
});

test('a field without a place in the order is shown all the same', () => {
  const content = form();
  content.ui.order = ['nowhere', 'organ'];
  assert.deepEqual(orderOf(content), ['organ', 'size']);
});

test('another kind keeps what both kinds have', () => {
  const organ = form().schema.properties.organ;
  const several = propertyOf('choices', organ);
  assert.deepEqual(several.items.enum, ['colon']);
  assert.deepEqual(propertyOf('choice', several).enum, ['colon']);
  assert.deepEqual(propertyOf('integer', {type: 'number', minimum: 2, maxLength: 3}), {type: 'integer', minimum: 2});
  assert.deepEqual(withOptions(several, ['a']).items.enum, ['a']);
});

test('what the editor does not know is left to the schema', () => {
  for (const property of [{$ref: '#/x'}, {anyOf: []}, {type: ['string', 'null']}, {type: 'array'}, {enum: [1, 2]}, {}]) assert.equal(kindOf(property), 'other');
  for (const kind of /** @type {const} */ (['text', 'long', 'number', 'integer', 'choice', 'choices', 'yesno'])) assert.equal(kindOf(propertyOf(kind)), kind);
});
