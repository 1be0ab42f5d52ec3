import assert from 'node:assert/strict';
import {test} from 'node:test';

import {ActivityClock} from '../../../static/js/annotation/activity.js';

test('time counts from a sign of life until thirty seconds after it', () => {
  let now = 0;
  const clock = new ActivityClock({initial: 60, now: () => now});
  now = 5000;
  assert.equal(clock.seconds, 60, 'nobody is there yet');
  clock.sign();
  now = 15_000;
  assert.equal(clock.seconds, 70);
  now = 100_000;
  assert.equal(clock.seconds, 90, 'a long pause counts for thirty seconds');
  clock.sign();
  now = 101_000;
  clock.pause();
  now = 200_000;
  assert.equal(clock.seconds, 91);
});

test('a press of a key or of the pointer is an action; what is held, moved or a modifier is none', () => {
  const clock = new ActivityClock({actions: 3, now: () => 0});
  clock.count({type: 'pointerdown'});
  clock.count({type: 'keydown', key: 'a', repeat: false});
  clock.count({type: 'keydown', key: 'a', repeat: true});
  clock.count({type: 'keydown', key: 'Shift', repeat: false});
  clock.count({type: 'pointermove'});
  clock.count({type: 'wheel'});
  assert.equal(clock.actions, 5);
});
