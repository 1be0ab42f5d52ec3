import assert from 'node:assert/strict';
import {test} from 'node:test';

import {ChannelSet, MAX_SHOWN, valueOf} from '../../../static/js/viewer/channels.js';
import {PlaneStack} from '../../../static/js/viewer/plane-stack.js';

/** @param {number} count */
function channels(count) {
  return Array.from({length: count}, (_, index) => ({
    name: `c${index}`, colour: '#00ff00', emission_nm: null, shown: index < 2, low: 10, high: 200, limit: 255, offset: 0, step: 1,
    histogram: {low: 0, high: 255, counts: [1, 2]},
  }));
}

/** @returns {any} */
function memory() {
  const kept = new Map();
  return {getItem: (/** @type {string} */ key) => kept.get(key) ?? null, setItem: (/** @type {string} */ key, /** @type {string} */ value) => kept.set(key, value), kept};
}

test('the word names shown channels in rising order, as the server wants it', () => {
  const set = new ChannelSet({channels: channels(12)});
  assert.equal(set.word, '_0-00ff00-10-200_1-00ff00-10-200');
  set.set(11, {shown: true, colour: '#FF0000', low: 3.4, high: 9.6});
  set.set(0, {shown: false});
  assert.equal(set.word, '_1-00ff00-10-200_11-ff0000-3-10');
  set.showOnly(5);
  assert.equal(set.word, '_5-00ff00-10-200');
  set.reset();
  assert.ok(set.isFirst);
});

test('a range keeps its order and its bounds', () => {
  const set = new ChannelSet({channels: channels(1)});
  for (const [change, low, high] of /** @type {[any, number, number][]} */ ([
    [{low: 900}, 254, 255], [{low: -5, high: 999}, 0, 255], [{high: 0}, 0, 1], [{low: Number.NaN, high: Number.NaN}, 10, 200],
  ])) {
    set.set(0, change);
    assert.deepEqual([set.states[0].low, set.states[0].high], [low, high]);
  }
  set.set(0, {colour: 'red; drop'});
  assert.equal(set.states[0].colour, '#00ff00');
});

test('what was chosen comes back for the same image, and rubbish does not', () => {
  const storage = memory();
  const one = new ChannelSet({channels: channels(3), keptAs: 'k', storage});
  one.set(2, {shown: true, colour: '#123456', low: 20});
  assert.equal(new ChannelSet({channels: channels(3), keptAs: 'k', storage}).word, one.word);
  assert.ok(new ChannelSet({channels: channels(4), keptAs: 'k', storage}).isFirst);
  assert.ok(new ChannelSet({channels: channels(3), keptAs: 'other', storage}).isFirst);
  for (const rubbish of ['{', 'null', '[1,2,3]x', '"abc"', '{"length":3}']) {
    storage.setItem('k', rubbish);
    assert.ok(new ChannelSet({channels: channels(3), keptAs: 'k', storage}).isFirst, rubbish);
  }
});

test('a storage that refuses loses nothing but the memory', () => {
  const forbidden = /** @type {any} */ ({getItem: () => { throw new Error('no'); }, setItem: () => { throw new Error('no'); }});
  const set = new ChannelSet({channels: channels(2), keptAs: 'k', storage: forbidden});
  set.set(1, {shown: false});
  assert.equal(set.word, '_0-00ff00-10-200');
});

test('no more channels are shown than the server adds up', () => {
  const set = new ChannelSet({channels: channels(40)});
  for (let index = 0; index < 40; index += 1) set.set(index, {shown: true});
  assert.equal(set.shownCount, MAX_SHOWN);
});

test('auto range touches shown channels only', () => {
  const set = new ChannelSet({channels: channels(3)});
  set.set(0, {low: 50});
  set.set(2, {low: 60});
  set.autoRange();
  assert.deepEqual(set.states.map(({low}) => low), [10, 10, 60]);
});

test('a step is read as the value it stands for', () => {
  const [channel] = channels(1);
  assert.equal(valueOf(channel, 12), '12');
  assert.equal(valueOf({...channel, offset: -1.5, step: 0.001}, 1), '-1.499');
});

test('planes of focus stay within their moment', async () => {
  let changes = 0;
  const planes = new PlaneStack({planes: {count: 6, z: 3, t: 2, first: 1, z_step_um: 1.5}, onChange: () => { changes += 1; }});
  assert.deepEqual([planes.focus, planes.moment, planes.depthUm], [1, 0, 1.5]);
  await planes.step(1);
  await planes.step(1);
  assert.deepEqual([planes.current, changes], [2, 1]);
  await planes.setFocus(2, 1);
  assert.deepEqual([planes.current, planes.focus, planes.moment], [5, 2, 1]);
  await planes.setFrame(99);
  assert.equal(planes.current, 5);
  const moments = new PlaneStack({planes: {count: 4, z: 1, t: 4, first: 0, z_step_um: null}, onChange: () => {}});
  await moments.step(1);
  assert.deepEqual([moments.current, moments.depthUm], [1, null]);
});
