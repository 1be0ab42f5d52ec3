import assert from 'node:assert/strict';
import {test} from 'node:test';

import {createMark, deleteMarks, relabelMarks, reshapeMarks, setDiagnosis} from '../../../static/js/annotation/commands/marks.js';
import {acceptSuggestion, declineSuggestion, isOpen} from '../../../static/js/annotation/commands/suggestions.js';
import {History} from '../../../static/js/annotation/history.js';
import {Store} from '../../../static/js/annotation/store.js';
import {boxBody} from './helpers.js';

/** @import {ChangeSet} from '../../../static/js/annotation/store.js' */
/** @import {Suggestion} from '../../../static/js/annotation/types.js' */

/** @returns {{store: Store, changes: ChangeSet[], history: History}} */
function setUp() {
  const store = new Store();
  /** @type {ChangeSet[]} */
  const changes = [];
  store.observe((change) => changes.push(change));
  return {store, changes, history: new History(store)};
}

/** @type {Suggestion} */
const SUGGESTION = {
  id: 's1',
  run_id: 'r1',
  frame: null,
  granularity: 'box',
  geometry: {type: 'Rectangle', bbox: [1, 2, 3, 4]},
  labels: ['lesion'],
  score: 0.8,
  uncertainty: 0.2,
  model: {name: 'm', version: '1'},
  decision: null,
};

test('each command is one change set with its origin', () => {
  const {store, changes} = setUp();
  const id = createMark(store, boxBody());
  reshapeMarks(store, [{id, geometry: {type: 'Rectangle', bbox: [0, 0, 5, 5]}}]);
  relabelMarks(store, [id], 'other');
  deleteMarks(store, [id]);
  assert.deepEqual(
    changes.map(({origin, created, updated, deleted}) => [origin, created.length, updated.length, deleted.length]),
    [
      ['local', 1, 0, 0],
      ['local', 0, 1, 0],
      ['local', 0, 1, 0],
      ['local', 0, 0, 1],
    ],
  );
});

test('a change that says nothing new is none', () => {
  const {store, changes, history} = setUp();
  const id = createMark(store, boxBody());
  assert.equal(relabelMarks(store, [id], 'lesion'), null);
  assert.equal(deleteMarks(store, ['unknown']), null);
  assert.equal(changes.length, 1);
  assert.equal(history.done.length, 1);
});

test('undo and redo walk through every state and back', () => {
  const {store, history} = setUp();
  const first = createMark(store, boxBody());
  const second = createMark(store, boxBody({labels: ['other']}));
  relabelMarks(store, [first, second], 'third');
  deleteMarks(store, [first]);
  /** @type {string[]} */
  const states = [];
  const shown = () => JSON.stringify([...store.marks.values()].map((mark) => [mark.id, mark.body.labels]).sort());
  states.push(shown());
  while (history.undo()) states.push(shown());
  assert.equal(store.marks.size, 0);
  assert.equal(states.length, 5);
  for (const state of states.slice(0, -1).reverse()) {
    history.redo();
    assert.equal(shown(), state);
  }
  assert.equal(history.redo(), null);
});

test('a new change clears what could be redone; a remote one is no step', () => {
  const {store, history} = setUp();
  createMark(store, boxBody());
  history.undo();
  assert.equal(history.undone.length, 1);
  store.absorb([{...boxBody(), id: 'remote', revision: 4, sequence: 9, deleted: false}]);
  assert.equal(history.undone.length, 1);
  createMark(store, boxBody());
  assert.equal(history.undone.length, 0);
  assert.equal(history.done.length, 1);
});

test('a deleted mark keeps its revision, so that it can be restored on the server', () => {
  const {store, history} = setUp();
  store.absorb([{...boxBody(), id: 'a', revision: 3, sequence: 1, deleted: false}]);
  deleteMarks(store, ['a']);
  assert.equal(store.revisionOf('a'), 3);
  store.confirm('a', 4);
  history.undo();
  assert.equal(store.get('a')?.revision, 4);
});

test('accepting is one step: undo takes the mark and the decision back', () => {
  const {store, changes, history} = setUp();
  store.setSuggestions([SUGGESTION]);
  const id = acceptSuggestion(store, SUGGESTION);
  assert.equal(store.get(id)?.body.suggestion_id, 's1');
  assert.equal(store.get(id)?.body.origin, 'suggestion');
  assert.equal(store.suggestions.get('s1')?.decision?.verdict, 'accept');
  history.undo();
  assert.equal(store.get(id), undefined);
  assert.ok(isOpen(/** @type {Suggestion} */ (store.suggestions.get('s1'))));
  const last = /** @type {ChangeSet} */ (changes.at(-1));
  assert.equal(last.origin, 'undo');
  assert.equal(last.decided[0].after, 'undo');
  history.redo();
  assert.equal(store.suggestions.get('s1')?.decision?.verdict, 'accept');
  assert.equal(store.get(id)?.body.suggestion_id, 's1');
});

test('rejecting after ignoring goes back to ignoring', () => {
  const {store, history} = setUp();
  store.setSuggestions([SUGGESTION]);
  declineSuggestion(store, SUGGESTION, 'ignore');
  declineSuggestion(store, SUGGESTION, 'reject', 'artefact');
  history.undo();
  assert.equal(store.suggestions.get('s1')?.decision?.verdict, 'ignore');
});

test('a suggested diagnosis goes into the diagnosis that is there', () => {
  const {store} = setUp();
  store.setSuggestions([{...SUGGESTION, granularity: 'diagnosis', geometry: null, labels: ['dr']}]);
  const id = setDiagnosis(store, {id: null, granularity: 'diagnosis'}, {form: {eye: 'R'}});
  acceptSuggestion(store, /** @type {Suggestion} */ (store.suggestions.get('s1')), {into: id});
  assert.equal(store.marks.size, 1);
  assert.deepEqual(store.get(id)?.body.form, {eye: 'R'});
  assert.deepEqual(store.get(id)?.body.labels, ['dr']);
});

test('decisions that wait in the outbox stay on top of a fresh list', () => {
  const {store} = setUp();
  store.setSuggestions([SUGGESTION], new Map([['s1', 'reject']]));
  assert.equal(store.suggestions.get('s1')?.decision?.verdict, 'reject');
});

test('steps survive a reload', () => {
  const {store} = setUp();
  let saved = 0;
  const first = new History(store, {save: () => void (saved += 1)});
  const id = createMark(store, boxBody());
  assert.equal(saved, 1);
  const kept = {done: [...first.done], undone: [...first.undone]};
  const later = new Store();
  later.absorb([{...boxBody(), id, revision: 1, sequence: 1, deleted: false}]);
  const history = new History(later);
  history.restore(kept);
  history.undo();
  assert.equal(later.get(id), undefined);
});
