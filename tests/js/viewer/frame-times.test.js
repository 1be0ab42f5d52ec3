import assert from 'node:assert/strict';
import {test} from 'node:test';
import {CineClock} from '../../../static/js/viewer/cine-clock.js';
import {FrameTimes, formatTime} from '../../../static/js/viewer/frame-times.js';

const UNEVEN = {tick: [1, 12800], first: 0, durations: [[512, 3], [1536, 1], [512, 2]]};

test('each frame begins when the one before it is over', () => {
  const times = new FrameTimes(UNEVEN);
  assert.equal(times.count, 6);
  assert.deepEqual([...times.starts].map((seconds) => Math.round(seconds * 1000)), [0, 40, 80, 120, 240, 280, 320]);
  assert.equal(times.duration, 0.32);
});

test('the middle of a frame is inside it, and a reported beginning is its frame', () => {
  const times = new FrameTimes(UNEVEN);
  for (let frame = 0; frame < times.count; frame += 1) {
    assert.equal(times.at(times.middle(frame)), frame);
    assert.equal(times.nearest(times.starts[frame]), frame);
    assert.equal(times.nearest(times.starts[frame] - 0.0005), frame);
    assert.equal(times.nearest(times.starts[frame] + 0.0005), frame);
  }
  assert.equal(times.at(-1), 0);
  assert.equal(times.at(99), 5);
});

test('a video that does not begin at zero counts from its first frame', () => {
  const times = new FrameTimes({tick: [1, 1000], first: 1500, durations: [[40, 10]]});
  assert.equal(times.since(0), 0);
  assert.equal(times.starts[0], 1.5);
  assert.ok(Math.abs(times.since(5) - 0.2) < 1e-9);
});

test('ticks are fractions of a second', () => {
  const times = new FrameTimes({tick: [1001, 30000], first: 0, durations: [[1, 30000]]});
  assert.ok(Math.abs(times.duration - 1001) < 1e-6);
});

test('times are written as people read them', () => {
  assert.equal(formatTime(0), '0:00.00');
  assert.equal(formatTime(64.284), '1:04.28');
  assert.equal(formatTime(59.999), '1:00.00');
  assert.equal(formatTime(3724.28), '1:02:04.28');
});

test('a cine of uneven frames keeps their times', () => {
  const clock = new CineClock({count: 6, frameTimeMs: 53});
  clock.starts = new FrameTimes(UNEVEN).starts;
  clock.start(1000, 0);
  assert.deepEqual(
    [1000, 1039, 1041, 1081, 1121, 1239, 1241, 1281, 1319].map((now) => clock.due(now)),
    [0, 0, 1, 2, 3, 3, 4, 5, 5],
  );
  assert.equal(clock.due(1321), 0);
  assert.equal(clock.due(1360), 0);
  assert.equal(clock.due(1362), 1);
});
