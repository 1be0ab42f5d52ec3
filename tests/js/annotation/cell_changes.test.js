import assert from 'node:assert/strict';
import {test} from 'node:test';

import {Overlay, counting, eachRun, runsOf} from '../../../static/js/annotation/cells/work/overlay.js';
import {reckonLabels} from '../../../static/js/annotation/cells/work/shown.js';
import {CellTable} from '../../../static/js/annotation/cells/work/table.js';
import {decidedCells} from '../../../static/js/annotation/readers/read_cells.js';
import {changeCells, changeOfOperation, parted} from '../../../static/js/annotation/commands/cells.js';
import {History} from '../../../static/js/annotation/history.js';
import {operationsFor} from '../../../static/js/annotation/outbox/operations.js';
import {Store} from '../../../static/js/annotation/store.js';

/** @import {CellChange} from '../../../static/js/annotation/cells/work/overlay.js' */
/** @import {ChangeSet} from '../../../static/js/annotation/store.js' */
/** @import {Operation} from '../../../static/js/annotation/types.js' */

/** @param {readonly number[]} runs @returns {number[]} */
function numbersOf(runs) {
  /** @type {number[]} */
  const numbers = [];
  eachRun(runs, (from, to) => {
    for (let number = from; number < to; number += 1) numbers.push(number);
  });
  return numbers;
}

test('runs stand for numbers as the documentation says', () => {
  assert.deepEqual(numbersOf([3, 2, 5, 1]), [3, 4, 10]);
  const marked = new Uint8Array(12);
  for (const number of [0, 3, 4, 10, 11]) marked[number] = 1;
  assert.deepEqual(runsOf(marked), [0, 1, 2, 2, 5, 2]);
  assert.deepEqual(numbersOf(runsOf(marked)), [0, 3, 4, 10, 11]);
  assert.deepEqual(runsOf(new Uint8Array(5)), []);
});

test('a long list of runs is parted, and the parts together are the same cells', () => {
  const runs = Array.from({length: 50}, (_, i) => [i === 0 ? 4 : 1 + (i % 3), 1 + (i % 5)]).flat();
  const parts = parted(runs, 7);
  assert.equal(parts.length, 8);
  assert.deepEqual(parts.flatMap((part) => numbersOf(part)), numbersOf(runs));
  assert.deepEqual(parted([], 7), []);
});

/** @param {CellChange[]} changes @returns {string} each cell's label, in capitals where it was decided on, x where it was deleted */
function told(changes) {
  const overlay = new Overlay(4, (code) => '.ts'.indexOf(code));
  overlay.lay(changes);
  const squares = Int32Array.of(0, 0, 4).buffer;
  const labels = new Int16Array(4);
  reckonLabels({table: new CellTable(squares, new ArrayBuffer(16)), overlay, own: [0], filter: {visible: [true, true, true], threshold: 0}}, labels);
  return [0, 1, 2, 3]
    .map((cell) => {
      const label = '.ts'.charAt(labels[cell]);
      return labels[cell] < 0 ? 'x' : overlay.isDecided(cell) ? label.toUpperCase() : label;
    })
    .join('');
}

test('later changes lie over earlier ones, undone ones do not count, redone ones do', () => {
  /** @type {CellChange[]} */
  const first = [
    {id: 'a', layerId: 'l', kind: 'relabel', label: 't', cells: [0, 2]},
    {id: 'b', layerId: 'l', kind: 'relabel', label: 's', cells: [1, 2]},
    {id: 'c', layerId: 'l', kind: 'delete', cells: [2, 1]},
  ];
  assert.equal(told(first), 'TSx.');
  /** @type {CellChange[]} */
  const undone = [...first, {id: 'd', layerId: 'l', kind: 'undo', undoes: 'b'}];
  assert.equal(told(undone), 'TTx.');
  assert.equal(told([...undone, {id: 'e', layerId: 'l', kind: 'undo', undoes: 'd'}]), 'TSx.');
  assert.deepEqual(counting(undone).map(({id}) => id), ['a', 'c']);
});

test('one step for the reader, one operation each for the server, and undo and redo are operations too', () => {
  const store = new Store();
  const history = new History(store);
  /** @type {ChangeSet[]} */
  const seen = [];
  store.observe((changes) => seen.push(changes));
  changeCells(store, [{layerId: 'one', runs: [0, 5]}, {layerId: 'two', runs: [2, 1]}], {kind: 'relabel', label: 'tumour'});
  assert.equal(history.undoName, 'Relabel cells');
  const made = operationsFor(seen[0]);
  assert.deepEqual(
    made.map(({verb, layer_id, change}) => [verb, layer_id, change]),
    [
      ['cells', 'one', {kind: 'relabel', cells: [0, 5], label: 'tumour'}],
      ['cells', 'two', {kind: 'relabel', cells: [2, 1], label: 'tumour'}],
    ],
  );
  history.undo();
  const undone = operationsFor(seen[1]);
  assert.deepEqual(undone.map(({change}) => change?.undoes), made.map(({operation_id}) => operation_id).reverse());
  history.redo();
  const redone = operationsFor(seen[2]);
  assert.deepEqual(redone.map(({change}) => change?.undoes), undone.map(({operation_id}) => operation_id).reverse());
  assert.deepEqual(counting([...store.cellChanges.values()]).map(({id}) => id), made.map(({operation_id}) => operation_id));
  assert.deepEqual(operationsFor({...seen[0], origin: 'remote'}), []);
});

test('what the server tells comes in its order, before what it does not have yet; what is known is not told twice', () => {
  const store = new Store();
  changeCells(store, [{layerId: 'l', runs: [0, 1]}], {kind: 'accept'});
  const [mine] = store.cellChanges.values();
  /** @type {ChangeSet[]} */
  const seen = [];
  store.observe((changes) => seen.push(changes));
  /** @type {CellChange} */
  const theirs = {id: 'theirs', layerId: 'l', kind: 'delete', cells: [0, 1], sequence: 1};
  store.absorbCells([theirs]);
  assert.deepEqual([...store.cellChanges.keys()], ['theirs', mine.id]);
  assert.equal(seen[0].isCellOrderNew, true);
  store.absorbCells([theirs, {...mine, sequence: 2}]);
  assert.equal(seen.length, 1);
  store.forgetCells(mine.id);
  assert.equal(seen.at(-1)?.isCellOrderNew, true);
  assert.deepEqual([...store.cellChanges.keys()], ['theirs']);
});

test('an operation that waited in this browser is shown as what it does', () => {
  /** @type {Operation} */
  const operation = {
    operation_id: 'o',
    verb: 'cells',
    annotation_id: null,
    base_revision: 0,
    annotation: null,
    suggestion_id: null,
    verdict: null,
    layer_id: 'l',
    change: {kind: 'relabel', cells: [1, 1], label: 't'},
  };
  assert.deepEqual(changeOfOperation(operation), {id: 'o', layerId: 'l', kind: 'relabel', cells: [1, 1], label: 't'});
});

test('the overview knows where each cell lies and which chunks reach into a view', () => {
  const squares = new ArrayBuffer(24);
  const head = new DataView(squares);
  [0, 0, 2, 3, 1, 1].forEach((value, place) => head.setInt32(4 * place, value, true));
  const overview = Uint8Array.from([0, 0, 1, 10, 255, 128, 0, 20, 128, 0, 2, 30]);
  const table = new CellTable(squares, overview.buffer);
  assert.equal(table.count, 3);
  assert.deepEqual(table.squaresIn([0, 0, 100, 100], 0).map(({first}) => first), [0]);
  assert.deepEqual(table.squaresIn([0, 0, 6000, 3000], 200).map(({first}) => first), [0, 2]);
  /** @type {number[][]} */
  const middles = [];
  for (const square of table.squares) table.eachMiddle(square, (...middle) => middles.push(middle));
  assert.deepEqual(middles, [[0, 4, 4], [1, 2044, 1028], [2, 3 * 2048 + 1028, 2052]]);
  assert.equal(table.scoreOf(2), 30);
  assert.throws(() => new CellTable(squares, new ArrayBuffer(8)), RangeError);
});

test('cells that a reader decided are counted once each, without what was taken back', () => {
  const layers = [{id: 'a', cells: 20}, {id: 'b', cells: 5}, {id: 'untouched', cells: 9}];
  /** @type {CellChange[]} */
  const changes = [
    {id: '1', layerId: 'a', kind: 'relabel', label: 'x', cells: [2, 4]},
    {id: '2', layerId: 'a', kind: 'delete', cells: [4, 4]},
    {id: '3', layerId: 'b', kind: 'accept', cells: [4, 1]},
    {id: '4', layerId: 'a', kind: 'accept', cells: [15, 5]},
    {id: '5', layerId: 'a', kind: 'undo', undoes: '4'},
  ];
  assert.equal(decidedCells(changes, layers), 6 + 1);
  changes.push({id: '6', layerId: 'a', kind: 'undo', undoes: '5'});
  assert.equal(decidedCells(changes, layers), 6 + 1 + 5);
  assert.equal(decidedCells([], layers), 0);
});
