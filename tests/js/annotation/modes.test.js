import assert from 'node:assert/strict';
import {test} from 'node:test';

import {History} from '../../../static/js/annotation/history.js';
import {MarkingRules} from '../../../static/js/annotation/marking_rules.js';
import {boundsOf} from '../../../static/js/annotation/outline.js';
import {areaOf, regionOf} from '../../../static/js/annotation/regions.js';
import {Store} from '../../../static/js/annotation/store.js';
import {combine} from '../../../static/js/annotation/tools/combine/combine.js';
import {MODES, modeOf, modeWord, stepName} from '../../../static/js/annotation/tools/combine/mode.js';
import {freehandTool} from '../../../static/js/annotation/tools/freehand/tool.js';
import {polygonTool} from '../../../static/js/annotation/tools/polygon/tool.js';
import {Workspace} from '../../../static/js/annotation/workspace.js';
import {campaignOf} from './campaign.js';
import {boxBody} from './helpers.js';

/** @import {Geometry, Granularity, PolygonGeometry} from '../../../static/js/annotation/types.js' */
/** @import {Mode} from '../../../static/js/annotation/tools/combine/mode.js' */
/** @import {ToolHost} from '../../../static/js/annotation/tools/chart.js' */

/** @param {number} x @param {number} y @param {number} width @param {number} height @returns {PolygonGeometry} */
const box = (x, y, width, height) => ({
  type: 'Polygon',
  coordinates: [
    [
      [x, y],
      [x + width, y],
      [x + width, y + height],
      [x, y + height],
      [x, y],
    ],
  ],
});

/** @param {Record<string, Geometry>} shapes @param {Granularity} [granularity] */
function bench(shapes, granularity = 'region') {
  const store = new Store();
  const history = new History(store);
  const workspace = new Workspace({canWrite: true});
  for (const [id, geometry] of Object.entries(shapes)) {
    store.commit('local', {name: id, marks: [{id, body: boxBody({granularity, geometry, labels: ['tumour']})}]});
  }
  const marks = {
    isFree: () => true,
    within: (/** @type {number[]} */ [x, y, width, height]) =>
      [...store.marks.values()].filter(({body}) => {
        const [left, top, across, down] = boundsOf(/** @type {Geometry} */ (body.geometry));
        return left <= x + width && x <= left + across && top <= y + height && y <= top + down;
      }),
  };
  const parts = {store, workspace, rules: new MarkingRules(campaignOf('marking')), marks, resolution: 1, spent: () => 1};
  return {
    store,
    history,
    workspace,
    /** @param {Geometry} shape @param {Mode} mode @param {string | null} [selected] */
    combine: (shape, mode, selected = null) => combine(/** @type {any} */ (parts), shape, mode, selected),
    /** @param {string} id */
    area: (id) => areaOf(regionOf(store.seen(id)?.body.geometry ?? null)),
    /** @param {string} id */
    shape: (id) => /** @type {any} */ (store.seen(id)?.body.geometry),
  };
}

test('each combination of held keys is one mode; Shift alone is none', () => {
  const held = {ctrl: false, alt: false, shift: false};
  assert.equal(modeOf(held), null);
  assert.equal(modeOf({...held, shift: true}), null);
  assert.equal(modeOf({...held, ctrl: true}), 'add');
  assert.equal(modeOf({...held, alt: true}), 'subtract');
  assert.equal(modeOf({...held, alt: true, shift: true}), 'subtract');
  assert.equal(modeOf({...held, ctrl: true, alt: true}), 'intersect');
  assert.equal(modeOf({...held, ctrl: true, shift: true}), 'cut');
  assert.equal(new Set(MODES.flatMap((mode) => [modeWord(mode), stepName(mode)])).size, 8);
});

test('add, subtract, intersect: one step each, taken back by one undo', () => {
  for (const [mode, area] of /** @type {[Mode, number][]} */ ([['add', 17500], ['subtract', 7500], ['intersect', 2500]])) { // prettier-ignore
    const {store, history, workspace, combine: draw, area: areaOfMark} = bench({a: box(0, 0, 100, 100)});
    assert.equal(draw(box(50, 50, 100, 100), mode), 'done');
    assert.equal(areaOfMark('a'), area, mode);
    assert.deepEqual([...workspace.state.selection], ['a']);
    assert.equal(history.undoName, stepName(mode));
    history.undo();
    assert.equal(areaOfMark('a'), 10000);
    assert.equal(store.marks.size, 1);
  }
});

test('a shape inside makes a hole; one across splits the region into parts of one mark, or into cells', () => {
  const region = bench({a: box(0, 0, 100, 100)});
  region.combine(box(40, 40, 20, 20), 'subtract');
  assert.equal(region.shape('a').coordinates.length, 2);
  region.combine(box(-10, 45, 200, 10), 'subtract');
  assert.equal(region.shape('a').type, 'MultiPolygon');
  const cell = bench({a: box(0, 0, 100, 100)}, 'cell');
  cell.combine(box(-10, 30, 200, 10), 'subtract');
  assert.deepEqual(cell.store.seenMarks().map(({body}) => areaOf(regionOf(body.geometry))), [6000, 3000]);
  cell.history.undo();
  assert.equal(cell.store.marks.size, 1);
});

test('a cut leaves two marks with the same label, the piece selected', () => {
  const {store, history, workspace, combine: draw, area} = bench({a: box(0, 0, 100, 100)});
  assert.equal(draw(box(60, -10, 100, 200), 'cut'), 'done');
  const [piece] = workspace.state.selection;
  assert.deepEqual([area('a'), area(piece)], [6000, 4000]);
  assert.deepEqual(store.get(piece)?.body.labels, ['tumour']);
  history.undo();
  assert.deepEqual([store.marks.size, area('a')], [1, 10000]);
  assert.deepEqual(Object.keys(draw(box(-10, -10, 200, 200), 'cut')), ['problem']);
  assert.equal(area('a'), 10000);
});

test('the selected region is meant if the shape meets it, otherwise the one that it covers most of', () => {
  const shapes = {a: box(0, 0, 100, 100), b: box(90, 0, 100, 100)};
  const most = bench(shapes);
  most.combine(box(80, 20, 60, 10), 'subtract');
  assert.deepEqual([most.area('a'), most.area('b')], [10000, 9500]);
  const selected = bench(shapes);
  selected.combine(box(80, 20, 60, 10), 'subtract', 'a');
  assert.deepEqual([selected.area('a'), selected.area('b')], [9800, 10000]);
});

test('over nothing: added to the selected region as a part, or alone; the other modes say so', () => {
  const {combine: draw, shape, store} = bench({a: box(0, 0, 100, 100)});
  assert.equal(draw(box(300, 0, 10, 10), 'add'), 'alone');
  for (const mode of /** @type {Mode[]} */ (['subtract', 'intersect', 'cut'])) {
    assert.deepEqual(Object.keys(draw(box(300, 0, 10, 10), mode, 'a')), ['problem']);
  }
  assert.equal(draw(box(300, 0, 10, 10), 'add', 'a'), 'done');
  assert.equal(shape('a').type, 'MultiPolygon');
  const cells = bench({a: box(0, 0, 100, 100)}, 'cell');
  assert.equal(cells.combine(box(300, 0, 10, 10), 'add', 'a'), 'alone');
  assert.equal(store.marks.size, 1);
});

test('subtracting everything deletes the mark; boxes that have to stay boxes are left alone', () => {
  const {combine: draw, store, history, workspace} = bench({a: box(0, 0, 100, 100)});
  draw(box(-10, -10, 200, 200), 'subtract');
  assert.deepEqual([store.marks.size, workspace.state.selection.size], [0, 0]);
  history.undo();
  assert.equal(store.marks.size, 1);
  const boxed = bench({a: {type: 'Rectangle', bbox: [0, 0, 100, 100]}}, 'box');
  assert.deepEqual(Object.keys(boxed.combine(box(0, 0, 10, 10), 'subtract')), ['problem']);
  const tissue = bench({a: {type: 'Rectangle', bbox: [0, 0, 100, 100]}}, 'tissue');
  assert.equal(tissue.combine(box(0, 0, 10, 10), 'subtract'), 'done');
  assert.equal(tissue.area('a'), 9900);
});

test('polygon and freehand keep an outline that its mode could not use; Enter makes it a mark of its own', () => {
  /** @type {any[]} */
  const finished = [];
  const log = {said: ''};
  const host = /** @type {ToolHost} */ ({
    image: {width: 1000, height: 800},
    resolution: () => 1,
    obstacle: () => null,
    sketch: () => {},
    say: (text) => (log.said = text ?? ''),
    begin: () => {},
    end: () => {},
    finish: (_geometry, mode = null) => {
      finished.push(mode);
      return mode === 'subtract' ? 'nothing there' : null;
    },
  });
  /** @param {number} x @param {number} y @param {boolean} alt */
  const at = (x, y, alt) =>
    /** @type {const} */ ({point: [x, y], pixel: [x, y], pointer: 'mouse', shift: false, alt, ctrl: false, path: [[x, y]]});
  const corners = /** @type {[number, number][]} */ ([[10, 10], [100, 10], [100, 100]]); // prettier-ignore
  const polygon = polygonTool(host);
  for (const [x, y] of corners) polygon.handle('click', /** @type {any} */ (at(x, y, false)));
  polygon.handle('click', /** @type {any} */ (at(11, 11, true)));
  assert.equal(polygon.name, 'drawing');
  assert.match(log.said, /^nothing there /);
  polygon.handle('confirm', null);
  assert.equal(polygon.name, 'idle');
  const freehand = freehandTool(host);
  freehand.handle('down', /** @type {any} */ (at(10, 10, false)));
  for (const [x, y] of corners) freehand.handle('move', /** @type {any} */ (at(x, y, false)));
  freehand.handle('up', /** @type {any} */ (at(100, 100, true)));
  assert.equal(freehand.name, 'refused');
  freehand.handle('confirm', 'add');
  assert.equal(freehand.name, 'idle');
  assert.deepEqual(finished, ['subtract', null, 'subtract', 'add']);
});
