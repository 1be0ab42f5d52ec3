import assert from 'node:assert/strict';
import {test} from 'node:test';
import {IDBFactory} from 'fake-indexeddb';

import {createMark, deleteMarks, relabelMarks} from '../../../static/js/annotation/commands/marks.js';
import {acceptSuggestion, declineSuggestion} from '../../../static/js/annotation/commands/suggestions.js';
import {History} from '../../../static/js/annotation/history.js';
import {IndexedDatabase, MemoryDatabase, openDatabase} from '../../../static/js/annotation/outbox/database.js';
import {Outbox} from '../../../static/js/annotation/outbox/outbox.js';
import {Store} from '../../../static/js/annotation/store.js';
import {Sync} from '../../../static/js/annotation/sync.js';
import {ManualClock, ProtocolServer, boxBody} from './helpers.js';

const READ = '11111111-1111-4111-8111-111111111111';

/**
 * A tab with its own store on a shared browser profile and server.
 * @param {object} [parts]
 * @param {IDBFactory} [parts.factory] @param {ProtocolServer} [parts.server] @param {string} [parts.tab] @param {string} [parts.readId]
 */
async function openTab({factory = new IDBFactory(), server = new ProtocolServer(), tab = 'tab-1', readId = READ} = {}) {
  const database = await IndexedDatabase.open('7', factory);
  const store = new Store();
  const outbox = new Outbox({database, readId, tab, store});
  const clock = new ManualClock();
  const sync = new Sync({outbox, store, api: server.api, lockName: 'send', lock: (_name, run) => run(), clock});
  const history = new History(store);
  return {factory, server, database, store, outbox, clock, sync, history};
}

test('a mark is in the database before it is sent, and gone from it when it is saved', async () => {
  const {server, store, outbox, sync, database} = await openTab();
  server.mode = 'down';
  const id = createMark(store, boxBody());
  assert.equal(outbox.counts().unwritten, 1);
  assert.equal(outbox.nextBatch(), null, 'nothing is sent that is not written');
  await outbox.writing;
  assert.equal((await database.all()).length, 1);
  server.mode = 'up';
  assert.equal(await sync.flush(), true);
  assert.equal((await database.all()).length, 0);
  assert.deepEqual([store.get(id)?.revision, store.get(id)?.status.kind], [1, 'saved']);
});

test('a chain of edits made without network arrives in order on the right revisions', async () => {
  const {server, store, outbox, sync, history} = await openTab();
  server.mode = 'down';
  const id = createMark(store, boxBody());
  relabelMarks(store, [id], 'second');
  relabelMarks(store, [id], 'third');
  deleteMarks(store, [id]);
  history.undo();
  assert.equal(await sync.flush(), false);
  assert.equal(sync.connection, 'offline');
  assert.equal(outbox.counts().pending, 5);
  server.mode = 'up';
  assert.equal(await sync.flush(), true);
  assert.deepEqual(
    server.requests.at(-1)?.map((operation) => operation.base_revision),
    [0, 1, 2, 3, 4],
  );
  assert.deepEqual(server.annotations.get(id)?.labels, ['third']);
  assert.equal(server.annotations.get(id)?.deleted, false);
});

test('an answer that was lost is asked for again and nothing happens twice', async () => {
  const {server, store, sync} = await openTab();
  server.mode = 'answer-lost';
  const id = createMark(store, boxBody());
  await sync.flush();
  relabelMarks(store, [id], 'second');
  server.mode = 'up';
  assert.equal(await sync.flush(), true);
  assert.equal(server.annotations.get(id)?.revision, 2);
  assert.equal(server.applied.size, 2);
});

test('retries come with growing pauses until the network is back', async () => {
  const {server, store, sync, clock} = await openTab();
  server.mode = 'down';
  createMark(store, boxBody());
  await sync.flush();
  const first = sync.pauseMs;
  clock.runAll();
  await sync.draining;
  assert.ok(sync.pauseMs > first);
  server.mode = 'up';
  clock.runAll();
  await sync.draining;
  assert.equal(sync.connection, 'idle');
  assert.equal(server.annotations.size, 1);
});

test('an expired session holds everything until the reader is back', async () => {
  const {server, store, sync, clock, outbox} = await openTab();
  server.mode = 'signed-out';
  createMark(store, boxBody());
  await sync.flush();
  assert.equal(sync.connection, 'signed-out');
  assert.equal(outbox.counts().pending, 1);
  server.mode = 'up';
  clock.runAll();
  await sync.draining;
  assert.equal(sync.connection, 'idle');
  assert.equal(outbox.counts().pending, 0);
});

test('a refused mark blocks no other, stays with its reason, and is mended by an edit', async () => {
  const {server, store, outbox, sync} = await openTab();
  server.refuse = ({annotation}) => (annotation?.labels[0] === 'bad' ? {code: 'unknown_label', message: 'no such label'} : null);
  const bad = createMark(store, boxBody({labels: ['bad']}));
  const good = createMark(store, boxBody());
  assert.equal(await sync.flush(), false);
  assert.equal(store.get(good)?.status.kind, 'saved');
  assert.equal(store.get(bad)?.status.problem?.code, 'unknown_label');
  assert.deepEqual([outbox.counts().refused, outbox.counts().pending], [1, 0]);
  relabelMarks(store, [bad], 'lesion');
  assert.equal(await sync.flush(), true);
  assert.equal(server.annotations.get(bad)?.revision, 1);
  assert.equal(store.get(bad)?.status.kind, 'saved');
});

test('an edit that was already on its way behind a refused creation makes the mark', async () => {
  const {server, store, sync} = await openTab();
  server.refuse = ({annotation}) => (annotation?.labels[0] === 'bad' ? {code: 'unknown_label', message: ''} : null);
  server.mode = 'down';
  const id = createMark(store, boxBody({labels: ['bad']}));
  relabelMarks(store, [id], 'lesion');
  await sync.flush();
  server.mode = 'up';
  assert.equal(await sync.flush(), true);
  assert.equal(server.annotations.get(id)?.revision, 1);
});

test('a refused mark that is deleted needs nothing from the server', async () => {
  const {server, store, outbox, sync} = await openTab();
  server.refuse = () => ({code: 'unknown_label', message: ''});
  const id = createMark(store, boxBody());
  await sync.flush();
  const requests = server.requests.length;
  deleteMarks(store, [id]);
  assert.equal(await sync.flush(), true);
  assert.equal(server.requests.length, requests);
  assert.equal(outbox.entries.length, 0);
});

test('a change made elsewhere is a conflict that the reader ends', async () => {
  const {server, store, outbox, sync} = await openTab();
  const id = createMark(store, boxBody());
  await sync.flush();
  server.changeElsewhere(id, {labels: ['theirs']});
  relabelMarks(store, [id], 'mine');
  relabelMarks(store, [id], 'mine too');
  assert.equal(await sync.flush(), false);
  assert.equal(store.get(id)?.status.kind, 'conflict');
  assert.deepEqual(store.get(id)?.status.theirs?.labels, ['theirs']);
  assert.deepEqual(server.annotations.get(id)?.labels, ['theirs'], 'nothing was overwritten');
  const mark = store.get(id);
  await outbox.keepMine(id, mark?.body ?? null, 2);
  assert.equal(await sync.flush(), true);
  assert.deepEqual([server.annotations.get(id)?.labels, server.annotations.get(id)?.revision], [['mine too'], 3]);
});

test('a reload brings unsaved marks back and sends them', async () => {
  const first = await openTab();
  first.server.mode = 'down';
  const id = createMark(first.store, boxBody());
  relabelMarks(first.store, [id], 'second');
  await first.sync.flush();
  const second = await openTab({factory: first.factory, server: first.server, tab: 'tab-2'});
  const adopted = await second.outbox.adopt((tab) => tab === 'tab-1');
  assert.equal(adopted.length, 2);
  second.store.revive(adopted.map(({operation}) => ({id: String(operation.annotation_id), body: operation.annotation, revision: 0})));
  assert.deepEqual(second.store.get(id)?.body.labels, ['second']);
  relabelMarks(second.store, [id], 'after the reload');
  first.server.mode = 'up';
  assert.equal(await second.sync.flush(), true);
  assert.deepEqual(first.server.annotations.get(id)?.labels, ['after the reload']);
  assert.equal(first.server.annotations.get(id)?.revision, 3);
});

test('work on another image is sent too, with the address of its own read', async () => {
  const first = await openTab({readId: '22222222-2222-4222-8222-222222222222'});
  first.server.mode = 'down';
  createMark(first.store, boxBody());
  await first.outbox.writing;
  const second = await openTab({factory: first.factory, server: first.server, tab: 'tab-2'});
  assert.equal((await second.outbox.adopt((tab) => tab === 'tab-1')).length, 0);
  createMark(second.store, boxBody());
  first.server.mode = 'up';
  assert.equal(await second.sync.flush(), true);
  assert.equal(first.server.annotations.size, 2);
});

test('a living tab keeps its own work', async () => {
  const first = await openTab();
  first.server.mode = 'down';
  createMark(first.store, boxBody());
  await first.outbox.writing;
  const second = await openTab({factory: first.factory, server: first.server, tab: 'tab-2'});
  assert.deepEqual(await second.outbox.adopt(() => false), []);
});

test('decisions travel with their mark; undo deletes the mark before it reopens the suggestion', async () => {
  const {server, store, sync, history} = await openTab();
  /** @type {import('../../../static/js/annotation/types.js').Suggestion} */
  const suggestion = {
    id: 's1',
    run_id: 'r',
    frame: null,
    granularity: 'box',
    geometry: {type: 'Rectangle', bbox: [1, 1, 2, 2]},
    labels: ['lesion'],
    score: 1,
    uncertainty: 0,
    model: {name: 'm', version: '1'},
    decision: null,
  };
  store.setSuggestions([suggestion, {...suggestion, id: 's2'}]);
  const id = acceptSuggestion(store, suggestion);
  declineSuggestion(store, {...suggestion, id: 's2'}, 'reject', 'artefact');
  await sync.flush();
  history.undo();
  history.undo();
  await sync.flush();
  const sent = server.requests.flat().map((operation) => [operation.verb, operation.verdict, operation.annotation_id]);
  assert.deepEqual(sent, [
    ['decide', 'accept', id],
    ['decide', 'reject', null],
    ['decide', 'undo', null],
    ['delete', null, id],
    ['decide', 'undo', null],
  ]);
});

test('a request that one operation spoils is split', async () => {
  const {server, store, outbox, sync} = await openTab();
  const {fetch} = server;
  server.fetch = async (url, init) => {
    if (String(init?.body).includes('spoiled')) return Response.json({error: {code: 'batch_malformed', message: 'no'}}, {status: 400});
    return fetch.call(server, url, init);
  };
  createMark(store, boxBody());
  createMark(store, boxBody({text: 'spoiled'}));
  createMark(store, boxBody());
  assert.equal(await sync.flush(), false);
  assert.equal(server.annotations.size, 2);
  assert.equal(outbox.counts().refused, 1);
});

test('batches stay within what the server takes', async () => {
  const {server, store, sync} = await openTab();
  server.mode = 'down';
  for (let i = 0; i < 450; i += 1) createMark(store, boxBody());
  await sync.flush();
  server.mode = 'up';
  await sync.flush();
  assert.deepEqual(
    server.requests.map((operations) => operations.length),
    [200, 200, 50],
  );
});

test('without IndexedDB work is sent at once and counted as not kept', async () => {
  const database = await openDatabase('7', undefined);
  assert.ok(database instanceof MemoryDatabase);
  const server = new ProtocolServer();
  server.mode = 'down';
  const store = new Store();
  const outbox = new Outbox({database, readId: READ, tab: 't', store});
  const sync = new Sync({outbox, store, api: server.api, lockName: 'send', lock: (_name, run) => run(), clock: new ManualClock()});
  createMark(store, boxBody());
  await sync.flush();
  assert.equal(outbox.counts().unwritten, 1);
  server.mode = 'up';
  assert.equal(await sync.flush(), true);
  assert.equal(outbox.counts().unwritten, 0);
});

test('a pull changes nothing that still waits here, and never goes back', async () => {
  const {server, store, sync} = await openTab();
  const id = createMark(store, boxBody());
  await sync.flush();
  const saved = server.annotations.get(id);
  assert.ok(saved);
  relabelMarks(store, [id], 'mine');
  sync.merge({sequence: 9, annotations: [{...saved, revision: 5, labels: ['theirs']}]});
  assert.deepEqual(store.get(id)?.body.labels, ['mine']);
  await sync.flush();
  sync.merge({sequence: 9, annotations: [{...saved, revision: 1, labels: ['old']}]});
  assert.deepEqual(store.get(id)?.body.labels, ['mine']);
});

test('what the schema refuses is kept here, told and not sent, and all else goes on', async () => {
  const {server, store, outbox, sync} = await openTab();
  sync.check = async ({annotation}) => (annotation?.labels.includes('bad') ? {code: 'body_invalid', message: 'not as the schema asks'} : null);
  const bad = createMark(store, {...boxBody(), labels: ['bad']});
  const good = createMark(store, boxBody());
  assert.equal(await sync.flush(), false);
  assert.ok(server.annotations.get(good));
  assert.equal(server.annotations.get(bad), undefined);
  assert.equal(outbox.counts().refused, 1);
  assert.deepEqual(store.get(bad)?.status, {kind: 'refused', problem: {code: 'body_invalid', message: 'not as the schema asks'}});
  // Corrected, it takes the place of what was refused.
  relabelMarks(store, [bad], 'mine');
  assert.equal(await sync.flush(), true);
  assert.deepEqual(server.annotations.get(bad)?.labels, ['mine']);
});
