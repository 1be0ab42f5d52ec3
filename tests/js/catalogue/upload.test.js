import assert from 'node:assert/strict';
import {test} from 'node:test';

import {bytes} from '../../../static/js/pages/upload/bytes.js';
import {chosenFiles} from '../../../static/js/pages/upload/files.js';
import {UploadQueue} from '../../../static/js/pages/upload/queue.js';
import {outcomeOf} from '../../../static/js/pages/upload/send.js';

/** @import {Outcome, Send} from '../../../static/js/pages/upload/queue.js' */

/** @param {string} name @param {number} [size] */
const file = (name, size = 4) => ({file: new File([new Uint8Array(size)], name), name});

/** @param {Send} send @param {number[]} [pausesMs] */
const queueWith = (send, pausesMs = [1, 1]) => new UploadQueue({send, onChange: () => {}, pausesMs});

/** @param {UploadQueue} queue */
async function settled(queue) {
  while (queue.busy) await new Promise((resolve) => setTimeout(resolve, 2));
}

test('two files at a time, and one that is refused stops no other', async () => {
  let running = 0;
  let most = 0;
  const queue = queueWith(async (sent) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 2));
    running -= 1;
    return sent.name === '3' ? {state: 'refused', code: 'truncated'} : {state: 'accepted', imageId: 'x'};
  });
  queue.add(Array.from({length: 12}, (_, number) => file(String(number))));
  await settled(queue);
  assert.equal(most, 2);
  assert.deepEqual([queue.counts.accepted, queue.counts.refused], [11, 1]);
  assert.deepEqual(queue.bytes, {sent: 48, total: 48});
});

test('what a busy server turned away is tried again by itself, and then by hand', async () => {
  let tries = 0;
  let works = false;
  const queue = queueWith(async () => {
    tries += 1;
    return works ? {state: 'accepted'} : {state: 'failed', code: 'workers_busy', later: true};
  });
  queue.add([file('a')]);
  await settled(queue);
  assert.deepEqual([tries, queue.counts.failed, queue.bytes.sent], [3, 1, 0]);
  works = true;
  queue.retryFailed();
  await settled(queue);
  assert.deepEqual([tries, queue.counts.failed, queue.counts.accepted, queue.bytes.sent], [4, 0, 1, 4]);
});

test('cancelling takes back what waits and what is under way', async () => {
  const queue = queueWith((_, {signal}) => new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve({state: 'cancelled'}));
  }));
  const items = queue.add([file('a'), file('b'), file('c')]);
  queue.cancel(items[0]);
  queue.cancelAll();
  await settled(queue);
  assert.deepEqual([queue.counts.cancelled, queue.busy], [3, false]);
});

test('a pause before a repetition ends at once when it is cancelled', async () => {
  const queue = queueWith(async () => ({state: 'failed', later: true}), [60_000]);
  queue.add([file('a')]);
  await new Promise((resolve) => setTimeout(resolve, 5));
  queue.cancelAll();
  await settled(queue);
  assert.equal(queue.counts.cancelled, 1);
});

test('signed out: the rest is not sent, and waits to be tried again', async () => {
  let tries = 0;
  const queue = queueWith(async () => {
    tries += 1;
    return {state: 'failed', code: 'not_signed_in', stops: true};
  });
  queue.add(Array.from({length: 50}, (_, number) => file(String(number))));
  await settled(queue);
  assert.ok(tries <= 3, `${tries} were sent`);
  assert.equal(queue.counts.failed, 50);
});

test('progress turns to checking when all bytes are out', async () => {
  /** @type {string[]} */
  const states = [];
  const queue = new UploadQueue({
    send: async (_, {onProgress}) => {
      onProgress(2);
      onProgress(9);
      return {state: 'accepted'};
    },
    onChange: (item) => states.push(`${item.state} ${item.sent}`),
  });
  queue.add([file('a')]);
  await settled(queue);
  assert.deepEqual(states, ['sending 0', 'sending 2', 'checking 4', 'accepted 4']);
});

/** @type {[number, string, Partial<Outcome>][]} */
const ANSWERS = [
  [201, '{"status":"accepted","image_id":"i","name":"n","notice":null}', {state: 'accepted', imageId: 'i'}],
  [201, '{"status":"duplicate","image_id":"i","name":"n","notice":null}', {state: 'duplicate'}],
  [422, '{"error":{"code":"truncated","message":"m","hint":"h"}}', {state: 'refused', code: 'truncated', message: 'm', hint: 'h'}],
  [413, '<html>proxy</html>', {state: 'refused', code: 'http_413'}],
  [503, '{"error":{"code":"workers_busy","message":"m","hint":"h"}}', {state: 'failed', later: true}],
  [502, '', {state: 'failed', later: true, code: 'http_502'}],
  [500, '', {state: 'failed', later: false}],
  [401, '{"error":{"code":"not_signed_in","message":"m","hint":"h"}}', {state: 'failed', stops: true}],
  [400, '{"error":{"code":"upload_incomplete","message":"m","hint":"h"}}', {state: 'failed'}],
  [200, '{"status":"accepted"}', {state: 'refused'}],
];
for (const [status, text, expected] of ANSWERS) {
  test(`an answer ${status} ${text.slice(0, 40)} is ${expected.state}`, () => {
    const outcome = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (outcomeOf(status, text)));
    for (const [name, value] of Object.entries(expected)) assert.equal(outcome[name], value, name);
  });
}

test('files come in the order of their names, hidden ones are left out', () => {
  const names = ['b/10.dcm', 'b/2.dcm', '.DS_Store', 'b/.git/x', 'a.dcm'];
  const files = names.map((name) => Object.defineProperty(new File([], name), 'webkitRelativePath', {value: name}));
  const choice = chosenFiles(files);
  assert.deepEqual(choice.files.map(({name}) => name), ['a.dcm', 'b/2.dcm', 'b/10.dcm']);
  assert.equal(choice.hidden, 2);
});

test('sizes are written with at most three figures', () => {
  assert.deepEqual([0, 999, 1000, 1234, 9_960, 123_456_789, 999_600, 20e9].map(bytes), ['0 B', '999 B', '1.0 KB', '1.2 KB', '10 KB', '123 MB', '1.0 MB', '20 GB']);
});
