import assert from 'node:assert/strict';
import {test} from 'node:test';
import {IDBFactory} from 'fake-indexeddb';

import {decideMany} from '../../../static/js/annotation/commands/suggestions.js';
import {History} from '../../../static/js/annotation/history.js';
import {IndexedDatabase} from '../../../static/js/annotation/outbox/database.js';
import {Outbox} from '../../../static/js/annotation/outbox/outbox.js';
import {Store} from '../../../static/js/annotation/store.js';
import {encircled, isEncircled, isMeant, leastCertainFirst} from '../../../static/js/annotation/suggestions/batches.js';
import {levelFor, squareAround, tilesUnder} from '../../../static/js/annotation/suggestions/crops.js';
import {Picking} from '../../../static/js/annotation/suggestions/picking.js';
import {Sync} from '../../../static/js/annotation/sync.js';
import {ManualClock, ProtocolServer} from './helpers.js';

/** @import {Position, Suggestion} from '../../../static/js/annotation/types.js' */

const READ = '11111111-1111-4111-8111-111111111111';

/** @param {number} at @param {Partial<Suggestion>} [parts] @returns {Suggestion} a box of 10 px at (20 at, 0) */
function suggestion(at, parts = {}) {
  return {
    id: `suggestion-${at}`,
    run_id: 'run',
    frame: null,
    granularity: 'box',
    geometry: {type: 'Rectangle', bbox: [20 * at, 0, 10, 10]},
    labels: ['lesion'],
    score: 0.5,
    uncertainty: null,
    model: {name: 'model', version: '1'},
    decision: null,
    ...parts,
  };
}

test('a line holds what it winds round, however it crosses itself', () => {
  /** @type {Position[]} */
  const square = [[0, 0], [100, 0], [100, 100], [0, 100]];
  assert.equal(isEncircled([50, 50], square), true);
  assert.equal(isEncircled([150, 50], square), false);
  assert.equal(isEncircled([50, -1], square), false);
  assert.equal(isEncircled([50, 50], [...square].reverse()), true);
  /** @type {Position[]} two rounds, the second one smaller */
  const rounds = [...square, [20, 20], [80, 20], [80, 80], [20, 80]];
  assert.equal(isEncircled([50, 50], rounds), true, 'twice round is still inside');
  assert.deepEqual(encircled([suggestion(0), suggestion(4), suggestion(9)], square).map(({id}) => id), ['suggestion-0', 'suggestion-4']);
  assert.deepEqual(encircled([suggestion(0, {geometry: null})], square), []);
  assert.equal(isEncircled([1, 1], []), false);
});

test('a score belongs to what lies above it, and no score counts as 0', () => {
  assert.equal(isMeant(suggestion(0, {score: 0.5}), {score: 0.5, side: 'above'}), true);
  assert.equal(isMeant(suggestion(0, {score: 0.5}), {score: 0.5, side: 'below'}), false);
  assert.equal(isMeant(suggestion(0, {score: null}), {score: 0.1, side: 'below'}), true);
  assert.equal(isMeant(suggestion(0, {score: null}), {score: 0, side: 'above'}), true);
});

test('the least certain come first: by what the model says, else by the distance of the score from a half', () => {
  const ordered = leastCertainFirst([
    suggestion(1, {score: 0.9}),
    suggestion(2, {score: 0.45}),
    suggestion(3, {score: 0.05}),
    suggestion(4, {score: 0.99, uncertainty: 1}),
    suggestion(5, {score: null, uncertainty: 0}),
  ]);
  assert.deepEqual(ordered.map(({id}) => id.at(-1)), ['4', '2', '1', '3', '5']);
});

test('choosing goes as in a folder of pictures', () => {
  const picking = new Picking();
  picking.show(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
  picking.go(1, 'one');
  const press = (/** @type {string} */ key, modifiers = {}) =>
    picking.onKey({key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...modifiers}, {columns: 3, rows: 2});
  assert.equal(press('ArrowDown', {shiftKey: true}), true);
  assert.deepEqual([...picking.chosen], ['b', 'c', 'd', 'e']);
  press('ArrowLeft', {shiftKey: true});
  assert.deepEqual([...picking.chosen], ['b', 'c', 'd'], 'a run ends where the keyboard is');
  press('End', {ctrlKey: true});
  assert.deepEqual([...picking.chosen], ['b', 'c', 'd'], 'Ctrl only goes there');
  press(' ');
  assert.deepEqual([...picking.chosen], ['b', 'c', 'd', 'g']);
  press('ArrowUp');
  assert.deepEqual([[...picking.chosen], picking.at], [['d'], 3]);
  press('ArrowUp');
  press('ArrowUp');
  assert.equal(picking.at, 0, 'above the first row there is nothing');
  press('PageDown');
  assert.equal(picking.key, 'g');
  press('a', {ctrlKey: true});
  assert.equal(picking.chosen.size, 7);
  assert.equal(press('q'), false);
  assert.equal(press('ArrowUp', {altKey: true}), false);
});

test('what was decided on is gone, and what took its place is chosen', () => {
  const picking = new Picking();
  picking.show(['a', 'b', 'c', 'd']);
  picking.go(1, 'one');
  picking.show(['a', 'c', 'd']);
  assert.deepEqual([...picking.chosen, picking.key], ['c', 'c']);
  picking.go(2, 'one');
  picking.show(['a', 'c']);
  assert.deepEqual([...picking.chosen], ['c'], 'the last one has none behind it');
  picking.show([]);
  assert.deepEqual([[...picking.chosen], picking.key], [[], null]);
});

test('three hundred decisions are one step, two requests and a result each', async () => {
  const server = new ProtocolServer();
  const database = await IndexedDatabase.open('7', new IDBFactory());
  const store = new Store();
  const outbox = new Outbox({database, readId: READ, tab: 'tab', store});
  const sync = new Sync({outbox, store, api: server.api, lockName: 'send', lock: (_name, run) => run(), clock: new ManualClock()});
  const history = new History(store);
  store.setSuggestions(Array.from({length: 300}, (_, at) => suggestion(at)));
  server.refuse = ({suggestion_id}) => (suggestion_id === 'suggestion-7' ? {code: 'already_decided', message: 'decided'} : null);
  decideMany(store, [...store.suggestions.values()], {verdict: 'accept', activeSeconds: 30});
  assert.equal(history.done.length, 1);
  assert.equal(await sync.flush(), false);
  assert.deepEqual(server.requests.map((operations) => operations.length), [200, 100]);
  assert.deepEqual(outbox.counts(), {pending: 0, refused: 1, conflicts: 0, unwritten: 0});
  assert.equal([...store.marks.values()].filter(({status}) => status.kind === 'saved').length, 299);
  assert.equal([...store.marks.values()][0].body.active_seconds, 0.1);
  history.undo();
  assert.equal(store.marks.size, 0);
  assert.equal([...store.suggestions.values()].every(({decision}) => decision === null), true);
});

test('a label given to many relabels those that had another one', () => {
  const store = new Store();
  store.setSuggestions([suggestion(0), suggestion(1, {labels: ['other']})]);
  /** @type {any[]} */
  const decided = [];
  store.observe((changes) => decided.push(...changes.decided.map(({suggestionId, after}) => [suggestionId, after])));
  decideMany(store, [...store.suggestions.values()], {verdict: 'accept', label: 'other'});
  assert.deepEqual(decided, [['suggestion-0', 'relabel'], ['suggestion-1', 'accept']]);
  assert.deepEqual([...store.marks.values()].map(({body}) => body.labels), [['other'], ['other']]);
});

test('a crop takes the coarsest level that is fine enough, and the tiles below it', () => {
  const level = (/** @type {number} */ index, /** @type {number} */ downsample) => ({
    index,
    downsample,
    width: 4096 / downsample,
    height: 4096 / downsample,
    tile_width: 256,
    tile_height: 256,
    columns: 16 / downsample,
    rows: 16 / downsample,
  });
  const levels = [level(0, 1), level(1, 2), level(2, 4)];
  assert.equal(levelFor(levels, 92, 92).index, 0);
  assert.equal(levelFor(levels, 400, 92).index, 2);
  assert.equal(levelFor(levels, 20, 92).index, 0, 'finer than the finest there is none');
  assert.deepEqual(tilesUnder(levels[0], {x: 200, y: 300, side: 100}), [{column: 0, row: 1}, {column: 1, row: 1}]);
  assert.deepEqual(tilesUnder(levels[0], {x: -500, y: 0, side: 100}), [], 'outside the image');
  assert.deepEqual(squareAround({type: 'Rectangle', bbox: [100, 100, 40, 20]}), {x: 76, y: 66, side: 88});
  assert.equal(squareAround({type: 'Point', coordinates: [10, 10]}).side, 40);
});
