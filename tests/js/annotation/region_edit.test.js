import assert from 'node:assert/strict';
import {test} from 'node:test';

import {History} from '../../../static/js/annotation/history.js';
import {toMasks, toOutlines} from '../../../static/js/annotation/masks/commands.js';
import {maskOfRegion} from '../../../static/js/annotation/masks/outlines.js';
import {pixelCount} from '../../../static/js/annotation/masks/tiles.js';
import {keepLocks} from '../../../static/js/annotation/kept_locks.js';
import {MarkingRules} from '../../../static/js/annotation/marking_rules.js';
import {boundsOf, outlineProblem} from '../../../static/js/annotation/outline.js';
import {Nudger} from '../../../static/js/annotation/region_edit/nudge.js';
import {clipOf, keepClip, keptClip, pasteClip} from '../../../static/js/annotation/region_edit/clipboard.js';
import {fillHoles, keepEmptyPart, mergeMarks, simplification, splitParts} from '../../../static/js/annotation/region_edit/commands.js';
import {areaOf, regionOf, wholeImage} from '../../../static/js/annotation/regions.js';
import {deleteMarks, relabelMarks} from '../../../static/js/annotation/commands/marks.js';
import {Store} from '../../../static/js/annotation/store.js';
import {ellipseRing} from '../../../static/js/annotation/tools/ellipse/outline.js';
import {Workspace} from '../../../static/js/annotation/workspace.js';
import {campaignOf} from './campaign.js';
import {boxBody} from './helpers.js';

/** @import {Body, Geometry, Ring, SeenMark} from '../../../static/js/annotation/types.js' */
/** @import {Place} from '../../../static/js/annotation/region_edit/clipboard.js' */

const rules = new MarkingRules(campaignOf('marking'));

/** @param {number} x @param {number} y @param {number} width @param {number} height @returns {Ring} */
const ring = (x, y, width, height) => [[x, y], [x + width, y], [x + width, y + height], [x, y + height], [x, y]]; // prettier-ignore

/** @param {...Ring} rings @returns {Geometry} */
const polygon = (...rings) => ({type: 'Polygon', coordinates: rings});

/** @param {Record<string, Geometry | Partial<Body>>} shapes */
function bench(shapes) {
  const store = new Store();
  const marks = Object.entries(shapes).map(([id, given]) => {
    const parts = 'type' in given ? {geometry: given} : given;
    return {id, body: boxBody({granularity: 'region', labels: ['tumour'], ...parts})};
  });
  store.commit('local', {name: 'first', marks});
  const history = new History(store);
  /** @param {...string} ids */
  const work = (...ids) => ({store, rules, marks: ids.map((id) => /** @type {SeenMark} */ (store.seen(id)))});
  /** @param {string} id */
  const area = (id) => areaOf(regionOf(store.seen(id)?.body.geometry ?? null));
  return {store, history, work, area};
}

test('holes are filled, islands in them as well; one step for all', () => {
  const island = {type: /** @type {const} */ ('MultiPolygon'), coordinates: [[ring(0, 0, 100, 100), ring(20, 20, 60, 60)], [ring(40, 40, 10, 10)]]};
  const {store, history, work, area} = bench({a: island, b: polygon(ring(200, 0, 50, 50), ring(210, 10, 5, 5)), c: polygon(ring(0, 200, 9, 9))});
  fillHoles(work('a', 'b', 'c'));
  assert.deepEqual([area('a'), area('b'), store.get('a')?.body.geometry?.type], [10000, 2500, 'Polygon']);
  assert.equal(history.done.length, 1);
  assert.deepEqual(Object.keys(fillHoles(work('a', 'c'))), ['problem']);
});

test('parts become marks of their own, the largest stays', () => {
  const two = {type: /** @type {const} */ ('MultiPolygon'), coordinates: [[ring(0, 0, 10, 10)], [ring(50, 0, 20, 20)]]};
  const {store, history, work, area} = bench({a: two});
  const outcome = splitParts(work('a'));
  assert.deepEqual([store.marks.size, area('a'), 'ids' in outcome && outcome.ids.length], [2, 400, 2]);
  assert.deepEqual(Object.keys(splitParts(work('a'))), ['problem']);
  history.undo();
  assert.equal(store.marks.size, 1);
});

test('the largest takes the others in; what cannot be one mark is refused with the reason', () => {
  const {store, history, work, area} = bench({
    a: polygon(ring(0, 0, 10, 10)),
    b: {geometry: polygon(ring(5, 0, 100, 10)), text: 'kept'},
    c: {geometry: polygon(ring(0, 0, 9, 9)), labels: ['other']},
    d: {geometry: polygon(ring(0, 0, 9, 9)), frame: 3},
    e: {geometry: polygon(ring(300, 0, 9, 9)), granularity: 'cell'},
    f: {geometry: polygon(ring(400, 0, 9, 9)), granularity: 'cell'},
  });
  for (const ids of [['a'], ['a', 'c'], ['a', 'd'], ['a', 'e'], ['e', 'f']]) {
    const outcome = mergeMarks(work(...ids));
    assert.ok('problem' in outcome && outcome.problem.length > 0, ids.join());
  }
  assert.deepEqual(mergeMarks(work('a', 'b')), {ids: ['b']});
  assert.deepEqual([store.get('a'), area('b'), store.get('b')?.body.text], [undefined, 1050, 'kept']);
  history.undo();
  assert.deepEqual([area('a'), area('b')], [100, 1000]);
});

test('what neighbours of the same kind have is taken out; cells in a region are no neighbours', () => {
  const {store, work, area} = bench({
    a: polygon(ring(0, 0, 100, 100)),
    b: polygon(ring(50, 0, 100, 100)),
    cell: {geometry: polygon(ring(10, 10, 5, 5)), granularity: 'cell'},
    elsewhere: {geometry: polygon(ring(0, 0, 100, 100)), frame: 2},
  });
  keepEmptyPart(work('a'));
  assert.deepEqual([area('a'), area('b')], [5000, 10000]);
  assert.deepEqual(Object.keys(keepEmptyPart(work('a'))), ['problem']);
  const covered = bench({a: polygon(ring(10, 10, 5, 5)), b: polygon(ring(0, 0, 100, 100))});
  assert.deepEqual(keepEmptyPart(covered.work('a')), {ids: []});
  assert.deepEqual([...covered.store.marks.keys()], ['b']);
  assert.equal(store.marks.size, 4);
});

test('simplifying says how many vertices and how much area before it changes anything', () => {
  const {store, work, area} = bench({a: polygon(ellipseRing([0, 0, 400, 300])), tiny: polygon(ring(0, 500, 4, 4))});
  const before = area('a');
  const {shapes, vertices, area: areas} = simplification(work('a', 'tiny'), 10);
  assert.equal(area('a'), before);
  assert.equal(areas[0], before + 16);
  assert.ok(vertices[1] < 0.5 * vertices[0]);
  assert.ok(Math.abs(areas[1] - areas[0]) < 0.1 * areas[0]);
  assert.equal(areas[1], areaOf(shapes.flatMap(({geometry}) => regionOf(geometry))) + (shapes.length === 1 ? 16 : 0));
  for (const {geometry} of shapes) assert.equal(outlineProblem(geometry), null);
  assert.equal(store.marks.size, 2);
});

test('a jagged outline with holes is still one that can be saved, however coarsely it is simplified', () => {
  /** @type {[number, number][]} */
  const teeth = Array.from({length: 200}, (_, i) => {
    const angle = (i / 200) * 2 * Math.PI;
    const radius = i % 2 ? 300 : 180;
    return [Math.round(500 + radius * Math.cos(angle)), Math.round(500 + radius * Math.sin(angle))];
  });
  const {work} = bench({a: polygon([...teeth, teeth[0]], ring(450, 450, 100, 100))});
  for (const tolerance of [1, 10, 60, 120, 250]) {
    for (const {geometry} of simplification(work('a'), tolerance).shapes) assert.equal(outlineProblem(geometry), null, String(tolerance));
  }
});

/** @param {Partial<Place>} [parts] @returns {Place} */
const place = (parts) => ({image: 'one', size: {width: 1000, height: 800}, frame: null, centre: [500, 400], step: 20, ...parts});

function memory() {
  const kept = new Map();
  const storage = {
    getItem: (/** @type {string} */ key) => kept.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => kept.set(key, value),
    removeItem: (/** @type {string} */ key) => kept.delete(key),
  };
  return /** @type {Storage} */ (/** @type {unknown} */ (storage));
}

test('pasted: beside itself on the same frame, at the same place elsewhere, in the middle of the view where that does not fit', () => {
  const {store, work} = bench({a: polygon(ring(900, 700, 50, 60))});
  const storage = memory();
  const clip = clipOf('one', work('a').marks);
  assert.ok(clip);
  keepClip(storage, '7', clip);
  assert.equal(keptClip(storage, '8'), null, 'what another reader copied is not there');
  const kept = keptClip(storage, '7');
  assert.ok(kept);
  /** @param {Partial<Place>} where */
  const corner = (where) => {
    const outcome = pasteClip({store, rules}, kept, place(where), 'paste');
    assert.ok('ids' in outcome, JSON.stringify(outcome));
    return boundsOf(/** @type {Geometry} */ (store.get(outcome.ids[0])?.body.geometry)).slice(0, 2);
  };
  assert.deepEqual(corner({}), [920, 720]);
  assert.deepEqual(corner({frame: 3}), [900, 700]);
  assert.deepEqual(corner({image: 'two'}), [900, 700]);
  assert.deepEqual(corner({image: 'two', size: {width: 400, height: 400}, centre: [100, 100]}), [75, 70]);
  assert.deepEqual(corner({image: 'two', size: {width: 400, height: 400}, centre: [390, 5]}), [350, 0]);
  assert.equal(store.seenMarks().filter(({body}) => body.frame === 3).length, 1);
});

test('what does not fit is refused with the reason, and nothing of it is made', () => {
  const {store, work} = bench({a: polygon(ring(0, 0, 300, 60)), b: {geometry: polygon(ring(0, 0, 9, 9)), labels: ['unknown']}});
  for (const [id, size] of /** @type {const} */ ([['a', 200], ['b', 1000]])) { // prettier-ignore
    const clip = clipOf('one', work(id).marks);
    assert.ok(clip);
    const outcome = pasteClip({store, rules}, clip, place({image: 'two', size: {width: size, height: size}}), 'paste');
    assert.ok('problem' in outcome, id);
  }
  assert.equal(store.marks.size, 2);
  const storage = memory();
  storage.setItem('mitate-clipboard-7', '{spoilt');
  assert.equal(keptClip(storage, '7'), null);
});

test('a locked mark is neither relabelled nor deleted; the lock is kept, and undo still works', () => {
  const {store, history} = bench({a: polygon(...wholeImage({width: 9, height: 9})[0]), b: polygon(ring(50, 0, 9, 9))});
  const workspace = new Workspace({canWrite: true});
  const storage = memory();
  let refused = 0;
  keepLocks({workspace, store, readId: 'r', storage, onRefused: () => (refused += 1)});
  relabelMarks(store, ['a'], 'stroma');
  workspace.set({locked: new Set(['a'])});
  relabelMarks(store, ['a', 'b'], 'necrosis');
  assert.deepEqual([store.get('a')?.body.labels, store.get('b')?.body.labels, refused], [['stroma'], ['necrosis'], 1]);
  deleteMarks(store, ['a']);
  assert.deepEqual([store.marks.size, refused], [2, 2]);
  history.undo();
  history.undo();
  assert.deepEqual(store.get('a')?.body.labels, ['tumour']);
  const later = new Workspace({canWrite: true});
  keepLocks({workspace: later, store, readId: 'r', storage, onRefused: () => {}});
  assert.deepEqual([...later.state.locked], ['a']);
  later.unlock('a');
  assert.equal(storage.getItem('mitate-locked-r'), null);
});

test('masks keep being masks: holes filled, parts split, masks merged, converted and back', () => {
  const region = [[ring(0, 0, 100, 100), ring(20, 20, 60, 60)], [ring(300, 40, 10, 10)]];
  const mask = /** @type {Geometry} */ (maskOfRegion(region));
  const {store, history, work} = bench({a: mask, b: polygon(ring(500, 500, 50, 50))});
  const pixels = (/** @type {string} */ id) => {
    const geometry = store.get(id)?.body.geometry;
    return geometry?.type === 'Mask' ? pixelCount(geometry) : null;
  };
  fillHoles(work('a'));
  assert.equal(pixels('a'), 10_100);
  const split = splitParts(work('a'));
  assert.ok('ids' in split);
  assert.deepEqual(split.ids.map(pixels), [10_000, 100]);
  mergeMarks(work(...split.ids));
  assert.deepEqual([store.marks.size, pixels('a')], [2, 10_100]);
  assert.deepEqual(Object.keys(mergeMarks(work('a', 'b'))), ['problem'], 'a mask and an outline');
  for (let step = 0; step < 3; step += 1) history.undo();
  assert.deepEqual(store.get('a')?.body.geometry, mask);
  assert.ok('ids' in toOutlines(work('a')));
  assert.deepEqual(regionOf(store.seen('a')?.body.geometry ?? null), region.map((rings, at) => (at === 0 ? [rings[0], [...rings[1]].reverse()] : rings)));
  toMasks(work('a', 'b'));
  assert.deepEqual([store.get('a')?.body.geometry, pixels('b')], [mask, 2500]);
  assert.deepEqual(Object.keys(toMasks(work('a'))), ['problem']);
  store.commit('local', {name: 'near', marks: [{id: 'c', body: boxBody({granularity: 'region', labels: ['tumour'], geometry: polygon(ring(530, 480, 50, 100))})}]});
  keepEmptyPart(work('b'));
  assert.equal(pixels('b'), 1500);
  history.undo();
  const clip = clipOf('image', work('b').marks);
  assert.ok(clip);
  const place = {image: 'image', size: {width: 1000, height: 1000}, frame: null, centre: /** @type {[number, number]} */ ([0, 0]), step: 18.5};
  const pasted = pasteClip({store, rules}, clip, place, 'paste');
  assert.ok('ids' in pasted);
  assert.deepEqual(boundsOf(/** @type {Geometry} */ (store.get(pasted.ids[0])?.body.geometry)), [518, 518, 50, 50]);
});

test('marks move by a little, as one, inside the image; presses that follow each other are one step', () => {
  const {store, history, work} = bench({a: polygon(ring(10, 0.5, 50, 50)), b: {granularity: 'box', geometry: {type: 'Rectangle', bbox: [900, 10, 90, 20]}}});
  const nudger = new Nudger();
  const given = {store, image: {width: 1000, height: 1000}, name: 'move'};
  const places = () => ['a', 'b'].map((id) => boundsOf(/** @type {Geometry} */ (store.get(id)?.body.geometry)).slice(0, 2));
  nudger.move({...given, marks: work('a', 'b').marks, by: [4, 0], now: 0});
  nudger.move({...given, marks: work('a', 'b').marks, by: [0.01, 0], now: 500});
  assert.deepEqual(places(), [[14.125, 0.5], [904.125, 10]], 'a key always moves by one step of the grid');
  nudger.move({...given, marks: work('a', 'b').marks, by: [20, -3], now: 900});
  assert.deepEqual(places(), [[20, 0], [910, 9.5]], 'the edge holds all of them back alike');
  assert.equal(history.done.length, 1);
  nudger.move({...given, marks: work('b').marks, by: [-10, 0], now: 1000});
  nudger.move({...given, marks: work('b').marks, by: [-10, 0], now: 2500});
  assert.equal(history.done.length, 3, 'other marks, and after a while: steps of their own');
  for (const expected of [900, 910, 900]) {
    history.undo();
    assert.equal(places()[1][0], expected);
  }
  assert.deepEqual(places(), [[10, 0.5], [900, 10]]);
  history.redo();
  assert.deepEqual(places(), [[20, 0], [910, 9.5]]);
});

test('a mask moves by whole pixels', () => {
  const geometry = maskOfRegion([[ring(100, 100, 40, 40)]]);
  assert.ok(geometry && geometry !== 'too-large');
  const {store, work} = bench({m: geometry, o: polygon(ring(300, 300, 10, 10))});
  const given = {store, image: {width: 1000, height: 1000}, name: 'move'};
  new Nudger().move({...given, marks: work('m', 'o').marks, by: [0.2, 0], now: 0});
  new Nudger().move({...given, marks: work('m', 'o').marks, by: [0, -3.4], now: 0});
  const places = ['m', 'o'].map((id) => boundsOf(/** @type {Geometry} */ (store.get(id)?.body.geometry)));
  assert.deepEqual(places, [[101, 97, 40, 40], [301, 297, 10, 10]]);
});
