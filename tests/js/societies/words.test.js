import assert from 'node:assert/strict';
import {test} from 'node:test';

import {granularityName, imageKind, imageState, runState} from '../../../static/js/societies/words.js';

test('every code that the server sends has words, and an unknown one stands for itself', () => {
  for (const code of ['presence', 'diagnosis', 'tissue', 'point', 'box', 'region', 'cell']) assert.ok(granularityName(code));
  for (const kind of ['slide', 'frames', 'photograph']) assert.ok(imageKind(kind));
  for (const state of ['waiting', 'reading', 'done']) assert.ok(imageState(state));
  for (const state of ['queued', 'running', 'done', 'failed']) assert.ok(runState(state));
  assert.equal(imageKind('video'), 'video');
});
