import assert from 'node:assert/strict';
import {test} from 'node:test';

import {UploadQueue} from '../../../static/js/pages/upload/queue.js';
import {reportCsv} from '../../../static/js/pages/upload/report.js';

/** @import {Item, Outcome, Unpacked} from '../../../static/js/pages/upload/queue.js' */

/** @type {Unpacked[]} */
const RESULTS = [
  {name: 'a.zip/1.dcm', size: 5, status: 'accepted', image_id: 'i', code: '', message: '', hint: ''},
  {name: 'a.zip/=2.dcm', size: 6, status: 'refused', image_id: null, code: 'truncated', message: 'It "ends", too early.', hint: 'Copy\nagain.'},
  {name: 'a.zip/.x', size: 0, status: 'skipped', image_id: null, code: 'hidden_file', message: 'm', hint: 'h'},
];

/** Sends an archive whose files come in two answers. @param {(items: Item[]) => void} onAdded */
function unpacking(onAdded) {
  const ended = deferred();
  const queue = new UploadQueue({
    onChange: (item) => item.outcome?.state === 'unpacked' && ended.resolve(undefined),
    onAdded,
    send: async (file, {onProgress, onUnpacked}) => {
      onProgress(file.size);
      onUnpacked?.(RESULTS.slice(0, 2), 2, 3);
      onUnpacked?.(RESULTS.slice(2), 3, 3);
      return /** @type {Outcome} */ ({state: 'unpacked'});
    },
  });
  return {queue, ended: ended.promise};
}

function deferred() {
  /** @type {any} */
  const made = {};
  made.promise = new Promise((resolve) => {
    made.resolve = resolve;
  });
  return made;
}

test('files of an archive come into the list with their results', async () => {
  /** @type {Item[]} */
  const added = [];
  const {queue, ended} = unpacking((items) => added.push(...items));
  queue.add([{file: new File([new Uint8Array(9)], 'a.zip'), name: 'a.zip'}]);
  await ended;
  assert.deepEqual(added.map(({name, state, size}) => [name, state, size]), RESULTS.map((each) => [each.name, each.status, each.size]));
  assert.equal(new Set(queue.items.map(({id}) => id)).size, 4);
  assert.deepEqual(queue.items[0].files, {done: 3, total: 3});
  const {accepted, refused, skipped, unpacked} = queue.counts;
  assert.deepEqual([accepted, refused, skipped, unpacked], [1, 1, 1, 1]);
  assert.equal(queue.busy, false);
  assert.deepEqual(queue.bytes, {sent: 9, total: 9});
});

test('the report has a row a file and starts no formula', async () => {
  const {queue, ended} = unpacking(() => {});
  queue.add([{file: new File([], '=cmd.zip'), name: '=cmd.zip'}]);
  await ended;
  const lines = reportCsv(queue.items, 'https://site/images/{id}/').split('\r\n');
  assert.equal(lines[0].codePointAt(0), 0xfeff);
  assert.equal(lines[1].split(',')[0], "'=cmd.zip");
  assert.equal(lines[2], 'a.zip/1.dcm,5,accepted,,,,https://site/images/i/');
  assert.equal(lines[3], 'a.zip/=2.dcm,6,refused,truncated,"It ""ends"", too early.","Copy\nagain.",');
});
