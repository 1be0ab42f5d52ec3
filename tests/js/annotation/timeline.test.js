import assert from 'node:assert/strict';
import test from 'node:test';

import {Span} from '../../../static/js/annotation/tracks/span.js';
import {TwoFingers} from '../../../static/js/annotation/tracks/two_fingers.js';

test('a long video is brought near enough for one frame to be grabbed', () => {
  const span = new Span(100_000);
  assert.ok(span.isWhole);
  for (let step = 0; step < 40 && !span.isNearest; step += 1) span.zoom(2, 70_000.5);
  assert.ok(span.isNearest);
  assert.ok(span.holds(70_000));
  assert.ok(800 / span.length > 60, 'screen px of a frame on a strip of 800');
  assert.ok(Math.abs(span.shareOf(70_000.5) - 0.700005) < 1e-6, 'what is zoomed at stays where it is');
  assert.ok(span.fit());
  assert.ok(span.isWhole);
  assert.equal(span.fit(), false);
});

test('it never leaves the video', () => {
  const span = new Span(1000);
  span.zoom(10, 0);
  assert.equal(span.first, 0);
  span.pan(-50);
  assert.equal(span.first, 0);
  span.pan(1e9);
  assert.equal(span.first + span.length, 1000);
  span.zoom(1e-9, 500);
  assert.deepEqual([span.first, span.length], [0, 1000]);
  const few = new Span(3);
  assert.ok(few.isNearest);
  assert.equal(few.zoom(2, 1), false, 'three frames are near enough');
});

test('going on brings the next frame into view, going far away brings it into the middle', () => {
  const span = new Span(1000);
  span.set(100, 50);
  assert.equal(span.reveal(120), false);
  assert.ok(span.reveal(150));
  assert.deepEqual([span.first, span.length], [101, 50]);
  span.reveal(90);
  assert.equal(span.first, 90);
  span.reveal(700);
  assert.equal(span.first, 675.5);
  span.reveal(0);
  assert.equal(span.first, 0);
});

test('any row of zooms and moves keeps the strip inside', () => {
  let seed = 7;
  const random = () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed / 2147483648;
  };
  for (const total of [1, 2, 13, 999, 123_457]) {
    const span = new Span(total);
    for (let step = 0; step < 300; step += 1) {
      const choice = random();
      if (choice < 0.5) span.zoom(0.1 + random() * 8, random() * total);
      else if (choice < 0.8) span.pan((random() - 0.5) * total);
      else span.reveal(Math.floor(random() * total));
      assert.ok(span.first >= 0 && span.length > 0 && span.first + span.length <= total + 1e-6, JSON.stringify(span));
    }
  }
});

test('two fingers tell where they go and how far apart', () => {
  const fingers = new TwoFingers();
  const event = (/** @type {number} */ pointerId, /** @type {number} */ clientX, pointerType = 'touch') => /** @type {any} */ ({pointerId, clientX, pointerType});
  fingers.down(event(1, 100));
  assert.equal(fingers.move(event(1, 110)), null);
  fingers.down(event(2, 210));
  fingers.down(event(3, 300, 'mouse'));
  assert.ok(fingers.areTwo);
  assert.deepEqual(fingers.move(event(2, 310)), {before: 160, middle: 210, factor: 2});
  assert.equal(fingers.move(event(3, 310, 'mouse')), null);
  fingers.up(event(1, 0));
  assert.equal(fingers.move(event(2, 320)), null);
});
