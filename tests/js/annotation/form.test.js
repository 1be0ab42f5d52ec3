import assert from 'node:assert/strict';
import {test} from 'node:test';

import {fieldsOf, initialForm, missingFields, parseValue, problemOf, withValue} from '../../../static/js/annotation/form/model.js';
import {campaignOf} from './campaign.js';

/** @import {Field} from '../../../static/js/annotation/form/model.js' */

/** @param {Record<string, unknown>} [acquisition] */
function fields(acquisition) {
  const {form} = campaignOf('diagnosis');
  return fieldsOf(form?.schema ?? {}, form?.ui ?? {}, acquisition);
}

/** @param {string} name @returns {Field} */
const field = (name) => /** @type {Field} */ (fields().find((one) => one.name === name));

test('fields come in the order of the ui file, the rest as in the schema', () => {
  assert.deepEqual(
    fields().map(({name}) => name),
    ['ageYears', 'eye', 'site', 'sizeMm', 'urgent', 'confirmedBy', 'impression'],
  );
});

test('each kind of value has its control', () => {
  const kinds = Object.fromEntries(fields().map(({name, kind}) => [name, kind]));
  assert.deepEqual(kinds, {
    ageYears: 'integer',
    eye: 'segments',
    site: 'select',
    sizeMm: 'number',
    urgent: 'boolean',
    confirmedBy: 'chips',
    impression: 'string',
  });
  assert.deepEqual(
    [field('eye').title, field('sizeMm').unit, field('eye').options[0].label, field('eye').options[1].label],
    ['Eye', 'mm', 'Right', 'L'],
  );
});

test('a new form starts with defaults and with what the image says', () => {
  assert.deepEqual(initialForm(fields()), {eye: 'unknown'});
  assert.deepEqual(initialForm(fields({ImageLaterality: 'L', age_years: 63})), {ageYears: 63, eye: 'L'});
  assert.deepEqual(
    initialForm(fields({ImageLaterality: 'B', age_years: 130})),
    {eye: 'unknown'},
    'what the form does not take is left out',
  );
});

test('wrong values are named with what is right', () => {
  assert.equal(problemOf(field('ageYears'), 45), null);
  assert.match(problemOf(field('ageYears'), 91) ?? '', /0 to 90|\{minimum\}/);
  assert.ok(problemOf(field('ageYears'), 4.5));
  assert.ok(problemOf(field('ageYears'), Number.NaN));
  assert.ok(problemOf(field('sizeMm'), -1));
  assert.equal(problemOf(field('sizeMm'), 1000), null);
  assert.ok(problemOf(field('impression'), '123456'));
  assert.ok(problemOf(field('eye'), 'both'));
  assert.ok(problemOf(field('confirmedBy'), ['PET']));
});

test('full-width digits are digits', () => {
  assert.equal(parseValue(field('ageYears'), '　４５ '), 45);
  assert.equal(parseValue(field('ageYears'), ''), null);
  assert.equal(parseValue(field('impression'), '  '), null);
  assert.ok(Number.isNaN(parseValue(field('sizeMm'), '3mm')));
});

test('an empty value has one spelling', () => {
  for (const empty of [null, '', []]) assert.deepEqual(withValue({eye: 'R'}, 'eye', empty), {});
  assert.deepEqual(withValue({}, 'urgent', false), {urgent: false});
});

test('what is required and missing is told', () => {
  assert.deepEqual(
    missingFields(fields(), {eye: 'R'}).map(({name}) => name),
    ['ageYears'],
  );
  assert.deepEqual(missingFields(fields(), {eye: 'R', ageYears: 0}), []);
});
