import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';

import {problemOf} from '../../../static/js/annotation/outbox/body_check.js';

/** @import {Operation} from '../../../static/js/annotation/types.js' */

const RING = [[0, 0], [10, 0], [10, 10], [0, 0]];
const BODY = {
  granularity: 'region',
  frame: null,
  geometry: {type: 'Polygon', coordinates: [RING]},
  labels: ['tumour'],
  text: 'Ａ',
  form: null,
  certainty: null,
  basis: [],
  origin: 'manual',
  suggestion_id: null,
  active_seconds: 3.5,
};

/** @param {Record<string, any>} [changes] @returns {string | null} the place of what is wrong; null: nothing */
function fault(changes = {}) {
  const operation = /** @type {Operation} */ (/** @type {unknown} */ ({verb: 'put', annotation: {...BODY, ...changes}}));
  return problemOf(operation)?.pointer ?? null;
}

test('everything that the tools make is sent', () => {
  const outline = {type: 'Polygon', coordinates: [RING]};
  const bodies = [
    {},
    {granularity: 'cell'},
    {granularity: 'cell', cell: {layer_id: '5f3c0000-0000-8000-8000-000000000001', number: 3}},
    {granularity: 'tissue'},
    {granularity: 'point', geometry: {type: 'Point', coordinates: [1.125, 2]}},
    {granularity: 'box', geometry: {type: 'Rectangle', bbox: [1, 2, 3, 4]}, frame: 12},
    {geometry: {type: 'MultiPolygon', coordinates: [[RING, RING], [RING]]}},
    {geometry: {type: 'Mask', tiles: [[0, -1, 'AAEC'], [1, 0, '']]}},
    {geometry: {type: 'Mask', tiles: []}},
    {granularity: 'cell', geometry: {type: 'Mask', tiles: [[0, 0, 'AAEC']]}},
    {geometry: {type: 'Track', interpolation: 'linear', keyframes: [{frame: 0, outside: false, geometry: outline}, {frame: 9, outside: true}]}},
    {granularity: 'box', geometry: {type: 'Track', interpolation: 'none', keyframes: [{frame: 0, geometry: {type: 'Rectangle', bbox: [0, 0, 1, 1]}}]}},
    {granularity: 'diagnosis', geometry: null, certainty: 'probable', basis: [{method: 'CT', status: 'supports'}], form: {size: 3}},
    {granularity: 'presence', geometry: null, labels: []},
    {origin: 'suggestion', suggestion_id: '0B6E9F1E-0d5c-4c53-9c3f-0f2a5d6c7b8a'},
  ];
  for (const changes of bodies) assert.equal(fault(changes), null, JSON.stringify(changes));
});

test('what is wrong is told with its place', () => {
  assert.equal(fault({geometry: {type: 'Polygon', coordinates: [[[0, 0], [NaN, 0], [1, 1], [0, 0]]]}}), '/annotation/geometry/coordinates/0/1/0');
  assert.equal(fault({geometry: {type: 'Polygon', coordinates: [[[0, 0], [1, 1], [0, 0]]]}}), '/annotation/geometry/coordinates/0');
  assert.equal(fault({granularity: 'box', geometry: {type: 'Rectangle', bbox: [0, 0, Infinity, 1]}}), '/annotation/geometry/bbox/2');
  assert.equal(fault({geometry: null}), '/annotation/geometry');
  assert.equal(fault({granularity: 'box'}), '/annotation/geometry/type');
  assert.equal(fault({granularity: 'organ'}), '/annotation/granularity');
  assert.equal(fault({labels: ['a', 'a']}), '/annotation/labels');
  assert.equal(fault({labels: [undefined]}), '/annotation/labels/0');
  assert.equal(fault({frame: -1}), '/annotation/frame');
  assert.equal(fault({active_seconds: NaN}), '/annotation/active_seconds');
  assert.equal(fault({certainty: 'sure'}), '/annotation/certainty');
  assert.equal(fault({geometry: {type: 'Circle', r: 1}}), '/annotation/geometry/type');
  assert.equal(fault({colour: 'red'}), '/annotation');
});

test('marks on the words of a report name their place, and no other mark does', () => {
  const span = {report_id: 'r', digest: '0a'.repeat(32), start: 3, end: 5, polarity: 'negated', coding: {system: 's', code: 'c', display: ''}};
  const term = {granularity: 'term', geometry: null, span};
  assert.equal(fault(term), null);
  assert.equal(fault({...term, granularity: 'report', span: {...span, start: null, end: null, polarity: 'positive', coding: null}}), null);
  assert.ok(fault({granularity: 'term', geometry: null}));
  assert.ok(fault({...term, span: {...span, polarity: 'perhaps'}}));
  assert.ok(fault({...term, span: {...span, digest: 'x'}}));
  assert.ok(fault({span}), 'a region has no place in a text');
});

test('an operation without a mark is nothing to look at', () => {
  assert.equal(problemOf(/** @type {any} */ ({verb: 'delete', annotation: null})), null);
  assert.equal(problemOf(/** @type {any} */ ({verb: 'cells', change: {kind: 'delete'}})), null);
});

test('the check is made of the published schema', () => {
  const {$defs} = JSON.parse(readFileSync(new URL('../../../annotation/schema/json/document-1.0.0.json', import.meta.url), 'utf8'));
  for (const granularity of $defs.granularity.enum) {
    // Only the granularity itself is looked at here: some ask for a shape.
    assert.notEqual(fault({granularity, geometry: null}), '/annotation/granularity', granularity);
  }
  for (const method of $defs.basis.properties.method.enum) {
    assert.equal(fault({granularity: 'diagnosis', geometry: null, basis: [{method, status: 'pending'}]}), null, method);
  }
});
