import assert from 'node:assert/strict';
import {test} from 'node:test';

import {dismissals, isPressing, knownCodes, warningsOf} from '../../../static/js/viewer/warnings.js';

/** A store as the browser has one. */
function store() {
  /** @type {Map<string, string>} */
  const kept = new Map();
  return {getItem: (/** @type {string} */ key) => kept.get(key) ?? null, setItem: (/** @type {string} */ key, /** @type {string} */ value) => void kept.set(key, value)};
}

test('every code has a sentence and a piece of advice of its own', () => {
  const known = warningsOf(knownCodes());
  assert.equal(new Set(known.map(({text}) => text)).size, known.length);
  for (const {code, text, advice} of known) assert.ok(text.endsWith('.') && advice.endsWith('.'), code);
});

test('a code is said once, and one that nobody thought of is said too', () => {
  const found = warningsOf(['gantry_tilted', 'gantry_tilted', 'made_of_cheese']);
  assert.deepEqual(found.map(({code}) => code), ['gantry_tilted', 'made_of_cheese']);
  assert.match(found[1].text, /made_of_cheese/);
  assert.deepEqual(warningsOf(), []);
});

test('put away for one image means this image and these warnings', () => {
  const kept = store();
  const one = {id: 'a', warnings: ['gantry_tilted', 'spacing_unknown']};
  assert.equal(dismissals(one, kept).dismissed(), false);
  dismissals(one, kept).dismiss();
  assert.equal(dismissals({...one, warnings: [...one.warnings].reverse()}, kept).dismissed(), true);
  assert.equal(dismissals({...one, warnings: [...one.warnings, 'stack_position_gap']}, kept).dismissed(), false);
  assert.equal(dismissals({...one, id: 'b'}, kept).dismissed(), false);
});

test('what is the rule for photographs does not step forward', () => {
  assert.equal(isPressing(['spacing_unknown', 'colour_profile_applied']), false);
  assert.equal(isPressing(['spacing_unknown', 'stack_position_gap']), true);
  assert.equal(isPressing(['made_of_cheese']), true);
  assert.equal(isPressing(), false);
});
