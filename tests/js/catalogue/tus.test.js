import assert from 'node:assert/strict';
import {test} from 'node:test';

import {PAUSED, UploadQueue} from '../../../static/js/pages/upload/queue.js';
import {ResumableSender, fingerprint} from '../../../static/js/pages/upload/tus.js';

/** @import {Unfinished} from '../../../static/js/pages/upload/tus.js' */

const CONTENT = Uint8Array.from({length: 25}, (_, index) => index);
const ANSWER = {result: {status: 'accepted', image_id: 'i', name: 'n', notice: null}, error: null};
const file = () => new File([CONTENT], '肺.svs', {lastModified: 7});

/** A server of the protocol in memory, which can lose connections. */
class Server {
  constructor() {
    /** @type {Map<string, {length: number, bytes: number[]}>} */
    this.uploads = new Map();
    /** @type {string[]} */
    this.log = [];
    this.breaks = 0;
    this.made = 0;
  }

  /** @param {string} method @param {string} address @param {any} options */
  ask = async (method, address, {signal, headers, body}) => {
    this.log.push(method);
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (signal?.aborted) throw new Error('aborted');
    const upload = this.uploads.get(address);
    if (method === 'POST') {
      const made = `/u/${++this.made}/`;
      this.uploads.set(made, {length: Number(headers['Upload-Length']), bytes: []});
      return reply(201, {Location: made});
    }
    if (!upload) return reply(404, {}, '{"error":{"code":"not_found","message":"m","hint":"h"}}');
    if (method === 'DELETE') this.uploads.delete(address);
    if (method === 'GET') return reply(200, {}, JSON.stringify(ANSWER));
    if (method === 'HEAD') return reply(200, {'Upload-Offset': upload.bytes.length});
    if (method === 'PATCH') return this.append(upload, headers, new Uint8Array(await body.arrayBuffer()));
    return reply(204, {});
  };

  /** @param {{bytes: number[]}} upload @param {Record<string, string>} headers @param {Uint8Array} part */
  append(upload, headers, part) {
    if (Number(headers['Upload-Offset']) !== upload.bytes.length) return reply(409, {}, '{"error":{"code":"upload_conflict"}}');
    upload.bytes.push(...part);
    if (this.breaks > 0) {
      this.breaks -= 1;
      throw new Error('the answer got lost');
    }
    return reply(204, {'Upload-Offset': upload.bytes.length});
  }
}

/** @param {number} status @param {Record<string, unknown>} headers @param {string} [text] */
function reply(status, headers, text = '') {
  return {status, text, header: (/** @type {string} */ name) => (name in headers ? String(headers[name]) : null)};
}

/** @param {Server} server @param {Unfinished[]} [unfinished] */
const senderFor = (server, unfinished = []) => new ResumableSender({url: '/u/', unfinished, partBytes: 10, ask: server.ask});

/** @param {ResumableSender} sender */
const queueFor = (sender) => new UploadQueue({
  send: sender.send, discard: (each) => sender.discard(each), onChange: () => {}, pausesMs: [1, 1],
});

/** @param {() => boolean} condition */
async function until(condition) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

test('a file goes in parts and the result is asked for', async () => {
  const server = new Server();
  /** @type {number[]} */
  const progress = [];
  const outcome = await senderFor(server).send(file(), {signal: new AbortController().signal, onProgress: (sent) => progress.push(sent)});
  assert.deepEqual([outcome.state, outcome.imageId], ['accepted', 'i']);
  assert.deepEqual(server.log, ['POST', 'PATCH', 'PATCH', 'PATCH', 'GET']);
  assert.deepEqual(server.uploads.get('/u/1/')?.bytes, [...CONTENT]);
});

test('answers that get lost cost no byte, however often', async () => {
  const server = new Server();
  server.breaks = 3;
  const queue = queueFor(senderFor(server));
  queue.add([{file: file(), name: 'a'}]);
  await until(() => !queue.busy);
  assert.equal(queue.counts.failed, 1);
  queue.retryFailed();
  await until(() => !queue.busy);
  assert.equal(queue.counts.accepted, 1);
  assert.deepEqual(server.uploads.get('/u/1/')?.bytes, [...CONTENT]);
  assert.equal(server.made, 1);
});

test('a pause keeps what the server has, cancelling throws it away', async () => {
  const server = new Server();
  const queue = queueFor(senderFor(server));
  const [item] = queue.add([{file: file(), name: 'a'}]);
  await until(() => (server.uploads.get('/u/1/')?.bytes.length ?? 0) >= 10);
  queue.pause(item);
  await until(() => item.state === 'paused');
  assert.equal(queue.busy, false);
  queue.resumeAll();
  await until(() => item.state === 'accepted');
  assert.deepEqual(server.uploads.get('/u/1/')?.bytes, [...CONTENT]);
  assert.equal(server.made, 1);

  const [other] = queue.add([{file: file(), name: 'b'}]);
  await until(() => (server.uploads.get('/u/2/')?.bytes.length ?? 0) >= 10);
  queue.pauseAll();
  await until(() => other.state === 'paused');
  queue.cancel(other);
  await until(() => !server.uploads.has('/u/2/'));
  assert.equal(other.state, 'cancelled');
  assert.equal(PAUSED, 'paused');
});

test('the same file goes on with an upload of an earlier visit, a changed one does not', async () => {
  for (const [lastModified, made] of [[7, 0], [8, 1]]) {
    const server = new Server();
    const half = new File([CONTENT], '肺.svs', {lastModified});
    server.uploads.set('/u/old/', {length: 25, bytes: [...CONTENT.slice(0, 12)]});
    const unfinished = [{id: 'old', name: '肺.svs', fingerprint: fingerprint(file()), length: 25, offset: 12}];
    const outcome = await senderFor(server, unfinished).send(half, {signal: new AbortController().signal, onProgress: () => {}});
    assert.deepEqual([outcome.state, server.made], ['accepted', made]);
    assert.deepEqual(server.uploads.get(made ? '/u/1/' : '/u/old/')?.bytes, [...CONTENT]);
  }
});

test('an upload that was swept meanwhile begins anew', async () => {
  const server = new Server();
  const unfinished = [{id: 'old', name: 'a', fingerprint: fingerprint(file()), length: 25, offset: 12}];
  const outcome = await senderFor(server, unfinished).send(file(), {signal: new AbortController().signal, onProgress: () => {}});
  assert.equal(outcome.state, 'accepted');
  assert.deepEqual(server.log, ['HEAD', 'POST', 'PATCH', 'PATCH', 'PATCH', 'GET']);
});
