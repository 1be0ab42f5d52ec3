import assert from 'node:assert/strict';
import {test} from 'node:test';

import {hashOf, MAX_CITES, placeOfHash, withCitation, without, withoutImage} from '../../../static/js/annotation/exam/cites.js';

/** @param {string} image @param {number | null} [frame] @param {string | null} [mark] */
const cite = (image, frame = null, mark = null) => ({image_id: image, frame, annotation_id: mark});

test('a place is cited once, and an image more closely instead of as a whole', () => {
  const whole = [cite('a'), cite('b')];
  assert.equal(withCitation(whole, cite('a')), whole);
  assert.deepEqual(withCitation(whole, cite('a', 3)), [cite('b'), cite('a', 3)]);
  assert.deepEqual(withCitation([cite('a', 3)], cite('a', 4, 'm')), [cite('a', 3), cite('a', 4, 'm')]);
});

test('a finding always cites something', () => {
  const one = [cite('a', 1)];
  assert.equal(without(one, cite('a', 1)), one);
  assert.deepEqual(withoutImage([cite('a', 1), cite('a', 2)], 'a'), [cite('a', 1), cite('a', 2)]);
  assert.deepEqual(withoutImage([cite('a', 1), cite('b')], 'a'), [cite('b')]);
  assert.deepEqual(without([cite('a', 1), cite('b')], cite('b')), one);
});

test('no more than the server takes', () => {
  const full = Array.from({length: MAX_CITES}, (_, frame) => cite('a', frame));
  assert.equal(withCitation(full, cite('b')), full);
});

test('a place goes into an address and comes back', () => {
  assert.deepEqual(placeOfHash(hashOf(cite('a', 7))), {mark: null, frame: 7});
  assert.deepEqual(placeOfHash(hashOf(cite('a', 7, 'm-1'))), {mark: 'm-1', frame: null});
  for (const hash of ['', '#', '#frame=', '#frame=-1', '#frame=x', '#x=1&y=2&r=1']) assert.deepEqual(placeOfHash(hash), {mark: null, frame: null});
});
