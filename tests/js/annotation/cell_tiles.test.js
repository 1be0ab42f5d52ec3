import assert from 'node:assert/strict';
import {test} from 'node:test';

import {TileShelf} from '../../../static/js/annotation/render/tile_shelf.js';
import {ChunkCache} from '../../../static/js/annotation/cells/work/chunk_cache.js';
import {LayerWork} from '../../../static/js/annotation/cells/work/layer_work.js';
import {cellsOf} from '../../../static/js/annotation/cells/work/overlay.js';
import {FEW, Touched} from '../../../static/js/annotation/cells/work/touched.js';
import {Turns} from '../../../static/js/lib/turns.js';

/** @import {Place} from '../../../static/js/annotation/render/tile_shelf.js' */
/** @import {CellChange} from '../../../static/js/annotation/cells/work/overlay.js' */

/** @param {number} column @param {number} row @returns {Place} a tile of 512 px at one pixel a pixel */
const placeOf = (column, row) => ({left: 512 * column, top: 512 * row, resolution: 1, side: 512});

/** A painter that shows the state of the moment in which it paints. */
function painter() {
  const told = {state: 0, drawn: /** @type {string[]} */ ([])};
  const shelf = new TileShelf(async (place) => {
    const {state} = told;
    told.drawn.push(`${place.left / 512}_${place.top / 512}`);
    await Promise.resolve();
    return {tile: `${place.left / 512}_${place.top / 512}@${state}`, state};
  });
  const view = () => Promise.all([0, 1, 2].flatMap((column) => [0, 1].map((row) => shelf.get(placeOf(column, row)))));
  const tell = (/** @type {number[][] | null} */ extents) => {
    told.state += 1;
    shelf.expire(extents, told.state);
  };
  return {told, shelf, view, tell};
}

test('of a whole view only the tile is drawn again in which a cell changed', async () => {
  const {told, view, tell} = painter();
  await view();
  assert.equal(told.drawn.length, 6);
  tell([[600, 100, 640, 140]]);
  assert.deepEqual(await view(), ['0_0@0', '0_1@0', '1_0@1', '1_1@0', '2_0@0', '2_1@0']);
  assert.deepEqual(told.drawn.slice(6), ['1_0']);
  // One on a border lies in both tiles, and so does its line.
  tell([[1027, 100, 1060, 140]]);
  await view();
  assert.deepEqual(told.drawn.slice(7), ['1_0', '2_0']);
  tell(null);
  assert.deepEqual(await view(), ['0_0', '0_1', '1_0', '1_1', '2_0', '2_1'].map((name) => `${name}@3`));
});

test('what was being drawn while a cell changed is drawn again, and nobody is given what is too old', async () => {
  const {told, shelf, tell} = painter();
  const early = [shelf.get(placeOf(0, 0)), shelf.get(placeOf(1, 0))];
  tell([[10, 10, 20, 20]]);
  assert.deepEqual(await Promise.all(early), ['0_0@1', '1_0@0']);
  assert.deepEqual(told.drawn, ['0_0', '1_0', '0_0']);
});

test('a tile is drawn again onto itself, once for all who ask', async () => {
  let state = 0;
  /** @type {unknown[]} */
  const onto = [];
  const shelf = new TileShelf(async (_, /** @type {{shows: number} | null} */ tile) => {
    onto.push(tile);
    return {tile: Object.assign(tile ?? {shows: 0}, {shows: state}), state};
  });
  const first = await shelf.get(placeOf(0, 0));
  state = 3;
  shelf.expire(null, state);
  const [again, too] = await Promise.all([shelf.get(placeOf(0, 0)), shelf.get(placeOf(0, 0))]);
  assert.equal(again, first);
  assert.equal(too, first);
  assert.equal(first.shows, 3);
  assert.deepEqual(onto, [null, first]);
});

test('two that ask for a tile at once have it drawn once, and a failure is not kept', async () => {
  let [asked, fails] = [0, true];
  const shelf = new TileShelf(async () => {
    asked += 1;
    if (fails) throw new Error('503');
    return {tile: 'tile', state: 0};
  });
  await assert.rejects(shelf.get(placeOf(0, 0)), /503/);
  fails = false;
  assert.deepEqual(await Promise.all([shelf.get(placeOf(0, 0)), shelf.get(placeOf(0, 0))]), ['tile', 'tile']);
  assert.equal(asked, 2);
});

test('only so many tiles are kept, those that were used last', async () => {
  /** @type {number[]} */
  const drawn = [];
  const shelf = new TileShelf(async ({left}) => ({tile: drawn.push(left), state: 0}), {most: 2});
  for (const column of [0, 1, 0, 2, 0, 1]) await shelf.get(placeOf(column, 0));
  assert.deepEqual(drawn, [0, 512, 1024, 512]);
});

test('few cells are named, many are many', () => {
  const touched = new Touched();
  touched.add(3, 5);
  touched.add(4, 7);
  assert.deepEqual([...(touched.take() ?? [])], [3, 4, 5, 6]);
  touched.add(0, FEW);
  assert.equal(touched.take()?.size, FEW);
  touched.add(0, FEW + 1);
  touched.add(3, 4);
  assert.equal(touched.take(), null);
  assert.deepEqual([...(touched.take() ?? [1])], []);
});

test('taking back, and doing again, is about the cells of the change itself', () => {
  /** @type {CellChange[]} */
  const changes = [
    {id: 'a', layerId: 'l', kind: 'delete', cells: [2, 1]},
    {id: 'b', layerId: 'l', kind: 'undo', undoes: 'a'},
    {id: 'c', layerId: 'l', kind: 'undo', undoes: 'b'},
  ];
  for (const change of changes) assert.deepEqual(cellsOf(change, changes), [2, 1]);
  assert.deepEqual(cellsOf({id: 'd', layerId: 'l', kind: 'undo', undoes: 'unknown'}, changes), []);
});

test('a layer names the places in which cells look different, until it has named them', async () => {
  // Two squares of one and two cells, of which only the middles are at hand.
  const squares = new Int32Array([0, 0, 1, 3, 0, 2]).buffer;
  const overview = Uint8Array.from([128, 128, 0, 255, 0, 0, 0, 255, 255, 255, 0, 255]).buffer;
  const chunks = new ChunkCache(async (url) => (url.endsWith('squares') ? squares : overview));
  const layer = new LayerWork({id: 'l', url: '/{part}', own: [0]}, chunks, () => 0);
  layer.filter = {visible: [true], threshold: 0};
  await layer.open();
  assert.deepEqual(layer.takeTouched(), []);
  layer.change([{id: 'a', layerId: 'l', kind: 'delete', cells: [1, 1]}]);
  assert.deepEqual(layer.takeTouched(), [[6144 + 4 - 1024, 4 - 1024, 6144 + 4 + 1024, 4 + 1024]]);
  assert.deepEqual(layer.takeTouched(), []);
  layer.change([{id: 'b', layerId: 'l', kind: 'undo', undoes: 'a'}]);
  assert.equal(layer.takeTouched()?.length, 1);
  layer.select('replace', {cell: 0});
  assert.deepEqual(layer.takeTouched(), [[1028 - 1024, 4, 2052, 2052]]);
  // What was chosen before looks different too; what was and is chosen does not.
  layer.select('add', {cell: 2});
  layer.select('add', {cell: 2});
  assert.equal(layer.takeTouched()?.length, 1);
  layer.select('replace', null);
  assert.equal(layer.takeTouched()?.length, 2);
  layer.changeAnew([]);
  assert.equal(layer.takeTouched(), null);
});

/** @param {number} count @returns {Promise<{layer: LayerWork, asked: string[]}>} a layer of a row of squares with a cell each, in their middle */
async function rowOf(count) {
  const squares = Int32Array.from({length: 3 * count}, (_, at) => [at / 3, 0, 1][at % 3]).buffer;
  const overview = Uint8Array.from({length: 4 * count}, (_, at) => [128, 128, (at >> 2) % 2, at >> 2][at % 4]).buffer;
  /** @type {string[]} */
  const asked = [];
  const chunks = new ChunkCache(async (url) => {
    asked.push(url);
    if (url !== 'squares' && url !== 'overview') throw new Error('503');
    return url === 'squares' ? squares : overview;
  });
  const layer = new LayerWork({id: 'l', url: '{part}', own: [2, 0]}, chunks, (code) => Number(code));
  await layer.open();
  asked.length = 0;
  return {layer, asked};
}

test('what is shown of a cell follows label, score, and what a person made of it', async () => {
  const {layer} = await rowOf(6);
  const labels = () => [...layer.shown.labels];
  layer.filter = {visible: [true, true, true], threshold: 0};
  assert.deepEqual(labels(), [2, 0, 2, 0, 2, 0]);
  layer.filter = {visible: [true, true, true], threshold: 2};
  assert.deepEqual(labels(), [-1, -1, 2, 0, 2, 0]);
  layer.filter = {visible: [true, false, false], threshold: 2};
  assert.deepEqual(labels(), [-1, -1, -1, 0, -1, 0]);
  layer.filter = {visible: [true, true, true], threshold: 0};
  // Of few cells only these are reckoned anew, and the same as all.
  assert.equal(layer.shown.labels.length, 6);
  layer.change([{id: 'a', layerId: 'l', kind: 'relabel', label: '1', cells: [1, 2]}]);
  assert.deepEqual(labels(), [2, 1, 1, 0, 2, 0]);
  layer.change([{id: 'b', layerId: 'l', kind: 'delete', cells: [2, 1, 2, 9]}]);
  assert.deepEqual(labels(), [2, 1, -1, 0, 2, -1]);
  layer.change([{id: 'c', layerId: 'l', kind: 'undo', undoes: 'a'}]);
  assert.deepEqual(labels(), [2, 0, -1, 0, 2, -1]);
  layer.changeAnew([]);
  assert.deepEqual(labels(), [2, 0, 2, 0, 2, 0]);
});

test('where the view will be is fetched before, but not half a slide, and what fails then is no failure yet', async () => {
  const {layer, asked} = await rowOf(200);
  layer.fetchAhead([5 * 2048 + 1, 0, 6 * 2048 - 1, 2048]);
  assert.deepEqual(asked, ['4_0', '5_0', '6_0']);
  layer.fetchAhead([0, 0, 200 * 2048, 2048]);
  assert.equal(asked.length, 3);
});

test('one waits for the turn of the other, and messages are taken between them', async () => {
  const turns = new Turns();
  /** @type {string[]} */
  const order = [];
  const other = new MessageChannel();
  other.port1.onmessage = () => order.push('question');
  const all = ['first', 'second', 'third'].map(async (name) => {
    await turns.mine();
    order.push(name);
    if (name === 'first') other.port2.postMessage(null);
  });
  await Promise.all(all);
  assert.deepEqual(order.filter((name) => name !== 'question'), ['first', 'second', 'third']);
  assert.ok(order.indexOf('question') < order.indexOf('third'), order.join());
  for (const port of [other.port1, turns.channel.port1]) port.close();
});
