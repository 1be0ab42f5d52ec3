import assert from 'node:assert/strict';
import {inflateSync} from 'node:zlib';
import {test} from 'node:test';
import {IDBFactory} from 'fake-indexeddb';

import {ApiError} from '../../../static/js/lib/api.js';
import {KeptWalks} from '../../../static/js/annotation/walk/kept_walks.js';
import {ToldWalks} from '../../../static/js/annotation/walk/told_walks.js';

/** Squares seen, as the server adds them up; it can be gone, and it can refuse. */
class Server {
  constructor() {
    /** @type {Map<string, number>} */
    this.seen = new Map();
    this.status = 200;
    this.asked = 0;
  }

  /** @param {string} path @param {any} said */
  async put(path, said) {
    this.asked += 1;
    if (this.status !== 200) throw new ApiError({status: this.status, code: this.status ? 'refused' : 'offline', message: 'no'});
    const [byte] = inflateSync(Buffer.from(said.seen, 'base64'));
    const key = `${path} ${said.magnification} ${said.round}`;
    this.seen.set(key, (this.seen.get(key) ?? 0) | byte);
  }

  /** @param {string} path */
  async get(path) {
    if (this.status !== 200) throw new ApiError({status: this.status, code: 'offline', message: 'no'});
    void path;
    return {walks: [{magnification: 10, round: 1, columns: 4, rows: 2, seen: 'eJxjBAAAAgAC', wanted: null, place: [1, 2]}]};
  }
}

/** @param {Server} server @param {IDBFactory | undefined} factory @param {string} [readId] @param {(error: ApiError) => void} [onRefused] */
function window(server, factory, readId = 'r1', onRefused) {
  const kept = new KeptWalks({userId: '7', subjectId: readId, factory});
  return new ToldWalks({api: /** @type {any} */ (server), readId, userId: '7', kept, onRefused});
}

/** @param {number} byte */
const walk = (byte, round = 1) => ({magnification: 10, round, columns: 4, rows: 2, seen: Uint8Array.of(byte), wanted: null, place: null});
const PATH = '/api/reads/r1/walks/ 10 1';

test('what was seen without a connection is told when there is one, even by a later visit of another read', async () => {
  const [server, factory] = [new Server(), new IDBFactory()];
  server.status = 0;
  const first = window(server, factory);
  await first.tell(walk(0b001));
  await first.tell(walk(0b011));
  clearTimeout(first.again);
  assert.equal((await first.kept.waiting()).length, 1, 'the newest of a walk is all of it');
  server.status = 200;
  const later = window(server, factory, 'r2');
  await later.send();
  assert.equal(server.seen.get(PATH), 0b011);
  assert.deepEqual(await later.kept.waiting(), []);
});

test('two windows, repeated and out of order, lose nothing', async () => {
  const [server, factory] = [new Server(), new IDBFactory()];
  const [one, two] = [window(server, factory), window(server, factory)];
  await Promise.all([one.tell(walk(0b0001)), two.tell(walk(0b0100)), one.tell(walk(0b0011)), two.send()]);
  await one.tell(walk(0b0001));
  assert.equal(server.seen.get(PATH), 0b0111);
  assert.deepEqual(await one.kept.waiting(), []);
});

test('another round is told by itself', async () => {
  const server = new Server();
  const one = window(server, new IDBFactory());
  await one.tell(walk(0b1111));
  await one.tell(walk(0b0001, 2));
  assert.equal(server.seen.get(PATH), 0b1111);
  assert.equal(server.seen.get('/api/reads/r1/walks/ 10 2'), 0b0001);
});

test('what the server will never take is told once, and said', async () => {
  const server = new Server();
  /** @type {number[]} */
  const refused = [];
  const one = window(server, new IDBFactory(), 'r1', (error) => refused.push(error.status));
  server.status = 409;
  await one.tell(walk(1));
  assert.deepEqual(refused, [409]);
  await one.send();
  assert.equal(server.asked, 1);
});

test('a browser that keeps nothing tells it all the same', async () => {
  const server = new Server();
  const one = window(server, undefined);
  server.status = 503;
  await one.tell(walk(0b10));
  clearTimeout(one.again);
  server.status = 200;
  await one.send();
  assert.equal(server.seen.get(PATH), 0b10);
});

test('a walk goes on elsewhere', async () => {
  const server = new Server();
  const [told] = await window(server, new IDBFactory()).read();
  assert.deepEqual([...told.seen], [1]);
  assert.deepEqual([told.magnification, told.isTissueOnly, told.place], [10, false, [1, 2]]);
  server.status = 0;
  assert.deepEqual(await window(server, new IDBFactory()).read(), []);
});
