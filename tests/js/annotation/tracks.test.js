import assert from 'node:assert/strict';
import {test} from 'node:test';

import {createMark, newBody, repaintMark, reshapeMarks} from '../../../static/js/annotation/commands/marks.js';
import {History} from '../../../static/js/annotation/history.js';
import {Store} from '../../../static/js/annotation/store.js';
import {
  addKeyframe, copyTo, dropKeyframe, endTrack, holdTo, leaveImage, makeTrack, splitTrack, toggleInterpolation,
} from '../../../static/js/annotation/tracks/commands.js';
import {keyframeBeside, shapeOn, spansOf} from '../../../static/js/annotation/tracks/keyframes.js';
import {Lens, isBetween, takesTracks} from '../../../static/js/annotation/tracks/lens.js';
import {areaPx, thicknesses, volumeOf} from '../../../static/js/annotation/tracks/volume.js';

/** @import {Geometry, Mark, Track} from '../../../static/js/annotation/types.js' */

/** @param {number} x @param {number} [side] @returns {Geometry} */
const box = (x, side = 10) => ({type: 'Rectangle', bbox: [x, 0, side, side]});

/** @param {number} x @param {number} side @returns {Geometry} */
const square = (x, side) => ({type: 'Polygon', coordinates: [[[x, 0], [x + side, 0], [x + side, side], [x, side], [x, 0]]]});

/** @param {{count?: number, isStack?: boolean, geometry?: Geometry, frame?: number}} [options] */
function bench({count = 20, isStack = false, geometry = box(0), frame = 2} = {}) {
  const viewer = {
    frame, frames: {count, encoding: isStack ? 'values' : 'colour'}, manifest: {kind: 'frames', frames: {frame_time_ms: isStack ? null : 40}},
  };
  const store = new Store();
  store.lens = new Lens(/** @type {any} */ (viewer));
  const history = new History(store);
  const granularity = geometry.type === 'Rectangle' ? 'box' : 'region';
  const id = createMark(store, newBody({granularity, geometry, frame, labels: ['mass']}));
  const mark = () => /** @type {Mark} */ (store.get(id));
  const track = () => /** @type {Track} */ (mark().body.geometry);
  /** @param {number} [at] */
  const work = (at = viewer.frame) => {
    viewer.frame = at;
    return {store, mark: mark(), track: track(), frame: at, image: {count, isStack}};
  };
  const keys = () => track().keyframes.map(({frame: at, outside}) => (outside ? -at : at));
  return {viewer, store, history, id, mark, track, work, keys};
}

test('a moved mark gets a keyframe, and lies between them on the frames between', () => {
  const {viewer, store, history, id, mark, track, work, keys} = bench();
  makeTrack(work());
  assert.deepEqual([track().interpolation, keys()], ['linear', [2]]);
  viewer.frame = 6;
  assert.equal(isBetween(/** @type {any} */ (store.seen(id))), true);
  reshapeMarks(store, [{id, geometry: box(40)}]);
  assert.deepEqual([keys(), mark().body.frame, 'seen' in mark().body], [[2, 6], 2, false]);
  assert.deepEqual(shapeOn(track(), 4), box(20));
  assert.deepEqual(shapeOn(track(), 19), box(40));
  assert.equal(shapeOn(track(), 1), null);
  viewer.frame = 1;
  assert.equal(store.seen(id), undefined);
  assert.deepEqual(store.seenMarks(), []);
  viewer.frame = 6;
  reshapeMarks(store, [{id, geometry: box(50)}]);
  assert.deepEqual(keys(), [2, 6]);
  for (let step = 0; step < 3; step += 1) history.undo();
  assert.deepEqual(mark().body.geometry, box(0));
  for (let step = 0; step < 3; step += 1) history.redo();
  assert.deepEqual(shapeOn(track(), 6), box(50));
});

test('outside, end and split leave what is before as it was seen', () => {
  const {track, work, keys} = bench();
  makeTrack(work(2));
  addKeyframe({...work(10)});
  reshapeMarks(work(10).store, [{id: work(10).mark.id, geometry: box(80)}]);
  assert.equal(leaveImage(work(7)), null);
  assert.deepEqual(keys(), [2, 6, -7, 10]);
  assert.deepEqual(shapeOn(track(), 6), box(40));
  assert.deepEqual(spansOf(track(), 20), [[2, 6], [10, 19]]);
  assert.match(String(leaveImage(work(8))), /not on this frame/);
  assert.equal(endTrack(work(12)), null);
  assert.deepEqual(keys(), [2, 6, -7, 10, -13]);
  assert.equal(endTrack(work(19)), 'The track is not on this frame.');
  const outcome = splitTrack(work(4));
  assert.ok('ids' in outcome);
  assert.deepEqual(keys(), [2, 3, -4]);
  const later = /** @type {Track} */ (work().store.get(outcome.ids[0])?.body.geometry);
  assert.deepEqual(later.keyframes.map(({frame}) => frame), [4, 6, 7, 10, 13]);
  assert.deepEqual(shapeOn(later, 5), box(30));
  assert.ok('problem' in splitTrack(work(2)));
});

test('keyframes are removed, gone to, and the last one is kept', () => {
  const {track, work, keys} = bench();
  makeTrack(work(2));
  addKeyframe(work(5));
  assert.match(String(addKeyframe(work(5))), /already/);
  assert.deepEqual([keyframeBeside(track(), 2, 1), keyframeBeside(track(), 2, -1), keyframeBeside(track(), 9, -1)], [5, null, 5]);
  assert.match(String(dropKeyframe(work(3))), /no keyframe/);
  assert.equal(dropKeyframe(work(2)), null);
  assert.deepEqual(keys(), [5]);
  assert.match(String(dropKeyframe(work(5))), /Delete the mark/);
  assert.match(String(leaveImage(work(5))), /Delete the mark/);
  addKeyframe(work(1));
  assert.deepEqual(keys(), [1, 5]);
  toggleInterpolation(work(1));
  assert.equal(track().interpolation, 'none');
});

test('on a stack nothing is said of slices beyond the outermost keyframes', () => {
  const {track, work, keys, viewer, store, id} = bench({isStack: true, geometry: square(0, 16)});
  makeTrack(work(2));
  assert.deepEqual([keys(), spansOf(track(), 20)], [[2, -3], [[2, 2]]]);
  addKeyframe(work(6));
  assert.deepEqual([keys(), spansOf(track(), 20)], [[2, 6, -7], [[2, 6]]]);
  addKeyframe(work(0));
  assert.deepEqual(spansOf(track(), 20), [[0, 6]]);
  addKeyframe(work(19));
  assert.deepEqual(keys(), [0, 2, 6, 19]);
  viewer.frame = 10;
  repaintMark(store, id, [], 0);
  assert.deepEqual(spansOf(track(), 20), [[0, 9], [19, 19]]);
});

test('a mark holds from one frame to another, and is copied from frame to frame', () => {
  const {track, work, keys, store, id} = bench({count: 10});
  assert.equal(holdTo(work(6)), null);
  assert.deepEqual([track().interpolation, keys()], ['none', [2, -7]]);
  holdTo(work(0));
  assert.deepEqual(keys(), [0, -7]);
  holdTo(work(4));
  assert.deepEqual(keys(), [0, -5]);
  holdTo(work(9));
  assert.deepEqual(keys(), [0]);
  addKeyframe(work(3));
  assert.match(String(holdTo(work(5))), /several shapes/);
  const {viewer, ...plain} = bench();
  viewer.frame = 2;
  const [copy] = copyTo(plain.store, [/** @type {any} */ (plain.store.seen(plain.id))], 3);
  assert.deepEqual([plain.store.get(copy)?.body.frame, plain.store.get(copy)?.body.geometry], [3, box(0)]);
  assert.ok(store.get(id));
});

test('cells are on one frame, and planes of a slide are no frames', () => {
  const {store, work, id} = bench({geometry: square(0, 5)});
  store.commit('local', {name: 'cell', marks: [{id, body: {.../** @type {Mark} */ (store.get(id)).body, granularity: 'cell'}}]});
  assert.match(String(makeTrack(work())), /cells/);
  assert.match(String(holdTo(work())), /cells/);
  const viewer = (/** @type {any} */ frames) => /** @type {any} */ ({frames});
  assert.deepEqual([{encoding: 'planes', count: 5}, {encoding: 'values', count: 1}, null].map((each) => takesTracks(viewer(each))), [false, false, false]);
});

test('what a slice stands for, and when that is not known', () => {
  assert.deepEqual(thicknesses([0, 5, 10, 15], 1, 2), [5, 5]);
  assert.deepEqual(thicknesses([0, 5, 15, 20], 0, 3), [5, 7.5, 7.5, 5]);
  assert.deepEqual(thicknesses([20, 15, 10], 0, 0), [5]);
  assert.equal(thicknesses([0, 5, null, 15], 1, 1), 'position');
  assert.equal(thicknesses(null, 0, 0), 'position');
  assert.equal(thicknesses([3], 0, 0), 'position');
  assert.equal(thicknesses([0, 5, 0, 5], 1, 2), 'order');
});

test('the volume is area by distance, over all slices that the outline is on', async () => {
  const {work, track} = bench({isStack: true, geometry: square(0, 16), count: 5, frame: 1});
  makeTrack(work(1));
  addKeyframe(work(3));
  const manifest = /** @type {any} */ ({spacing: {x_um: 500, y_um: 500}, frames: {count: 5, positions_mm: [0, 2, 4, 6, 8]}});
  const always = () => true;
  assert.deepEqual(await volumeOf(track(), manifest, always), {mm3: 16 * 16 * 0.25 * 2 * 3, slices: 3, stepMm: 2});
  const uneven = {...manifest, frames: {count: 5, positions_mm: [0, 2, 4, 7, 9]}};
  assert.deepEqual(await volumeOf(track(), uneven, always), {mm3: 16 * 16 * 0.25 * 7, slices: 3, stepMm: null});
  assert.equal(await volumeOf(track(), {...manifest, spacing: null}, always), 'spacing');
  assert.equal(areaPx({type: 'Polygon', coordinates: [.../** @type {any} */ (square(0, 10)).coordinates, .../** @type {any} */ (square(2, 4)).coordinates]}), 84);
});
