import assert from 'node:assert/strict';
import {test} from 'node:test';

import {repaintMark} from '../../../static/js/annotation/commands/marks.js';
import {History} from '../../../static/js/annotation/history.js';
import {MarkingRules} from '../../../static/js/annotation/marking_rules.js';
import {isInRegion, strokeRegion, union, wholeImage} from '../../../static/js/annotation/regions.js';
import {Store} from '../../../static/js/annotation/store.js';
import {Pieces, shareOf} from '../../../static/js/annotation/tools/brush/pressure.js';
import {brushTool} from '../../../static/js/annotation/tools/brush/tool.js';
import {campaignOf} from './campaign.js';
import {boxBody} from './helpers.js';

/** @import {BrushHost} from '../../../static/js/annotation/tools/brush/host.js' */
/** @import {ToolEvent} from '../../../static/js/annotation/tools/chart.js' */
/** @import {Geometry} from '../../../static/js/annotation/types.js' */
/** @import {Region} from '../../../static/js/annotation/regions.js' */

/** A workbench that writes down what the brush does to it. */
function bench() {
  const log = {
    /** @type {any[]} */ strokes: [],
    /** @type {any} */ sketch: null,
    /** @type {any} */ ring: null,
    said: '',
    isPainting: false,
    hasLabel: true,
    /** @type {Region | null} */ target: null,
    pushes: false,
    feels: false,
    /** @type {any[]} */ pushed: [],
    settled: 0,
  };
  /** @type {BrushHost} */
  const host = {
    radius: () => 10,
    feelsPressure: () => log.feels,
    widened: (pieces, before) => pieces.reduce((region, {path, radius}) => union(region, strokeRegion(path, radius, 0.1)), before),
    obstacle: ({needsLabel}) => (needsLabel && !log.hasLabel ? 'label' : null),
    target: () => log.target && {isIn: (point) => isInRegion(/** @type {Region} */ (log.target), point), region: log.target},
    pushes: () => log.pushes,
    pushed: (region, stroke) => {
      log.pushed.push(stroke.path.length);
      return log.pushed.length > 2 ? null : region;
    },
    settle: () => (log.settled += 1),
    sketch: (sketch) => (log.sketch = sketch),
    say: (text) => (log.said = text ?? ''),
    ring: (pixel, erases) => (log.ring = pixel && {pixel, erases}),
    begin: () => (log.isPainting = true),
    end: () => (log.isPainting = false),
    finish: (stroke) => log.strokes.push(stroke),
  };
  return {log, host};
}

/** @param {number} x @param {number} y @param {Partial<ToolEvent>} [more] @returns {ToolEvent} */
const at = (x, y, more = {}) => ({point: [x, y], pixel: [x, y], pointer: 'mouse', shift: false, alt: false, ctrl: false, path: [[x, y]], ...more});

/** @param {ReturnType<typeof brushTool>} tool @param {Partial<ToolEvent>} [more] */
function paint(tool, more) {
  const taken = tool.handle('down', at(50, 50, more));
  tool.handle('move', at(60, 50, {...more, path: [[55, 50], [60, 50]]})); // prettier-ignore
  tool.handle('up', at(60, 50, more));
  return taken;
}

test('a stroke is a new region, an extension or an erasure by where it begins and what is held', () => {
  const {log, host} = bench();
  const kinds = () => log.strokes.splice(0).map(({kind}) => kind);
  const [brush, eraser] = [brushTool(host, {isEraser: false}), brushTool(host, {isEraser: true})];
  paint(brush);
  assert.deepEqual(kinds(), ['new']);
  log.target = wholeImage({width: 100, height: 100});
  for (const more of [{}, {alt: true}]) for (const tool of [brush, eraser]) paint(tool, more);
  assert.deepEqual(kinds(), ['extend', 'erase', 'erase', 'extend']);
  log.target = wholeImage({width: 20, height: 20});
  paint(brush);
  paint(brush, {shift: true});
  assert.deepEqual(kinds(), ['new', 'extend']);
});

test('the stroke grows by every position on the way and is shown as wide as the brush', () => {
  const {log, host} = bench();
  const tool = brushTool(host, {isEraser: false});
  tool.handle('down', at(50, 50));
  assert.deepEqual([tool.name, log.isPainting, log.sketch.stroke], ['painting', true, {width: 20, erases: false}]);
  tool.handle('move', at(60, 50, {path: [[55, 50], [60, 50]]})); // prettier-ignore
  assert.equal(log.sketch.path.length, 4);
  tool.handle('up', at(60, 50));
  assert.deepEqual([tool.name, log.isPainting, log.sketch, log.strokes[0].path.length], ['idle', false, null, 4]);
});

test('a second finger or Esc gives the stroke up', () => {
  const {log, host} = bench();
  const tool = brushTool(host, {isEraser: false});
  tool.handle('down', at(50, 50));
  tool.handle('cancel');
  assert.deepEqual([tool.name, log.isPainting, log.strokes], ['idle', false, []]);
});

test('without a label only what is there can be changed, without a region nothing is erased', () => {
  const {log, host} = bench();
  log.hasLabel = false;
  assert.equal(paint(brushTool(host, {isEraser: false})), false);
  assert.equal(log.said, 'label');
  assert.equal(paint(brushTool(host, {isEraser: true})), false);
  log.target = wholeImage({width: 100, height: 100});
  assert.equal(paint(brushTool(host, {isEraser: false})), true);
});

test('the ring follows mouse and pen, not fingers', () => {
  const {log, host} = bench();
  const tool = brushTool(host, {isEraser: false});
  tool.handle('hover', at(7, 8, {alt: true}));
  assert.deepEqual(log.ring, {pixel: [7, 8], erases: true});
  tool.handle('hover', at(7, 8, {pointer: 'touch'}));
  assert.equal(log.ring, null);
});

test('what a stroke leaves of a mark is one step, whether it splits the mark or takes it away', () => {
  const store = new Store();
  const history = new History(store);
  store.commit('local', {name: 'draw', marks: [{id: 'a', body: boxBody()}]});
  /** @type {Geometry[]} */
  const halves = [10, 20].map((width) => ({type: 'Polygon', coordinates: wholeImage({width, height: 5})[0]}));
  repaintMark(store, 'a', halves, 2);
  assert.equal(store.marks.size, 2);
  assert.deepEqual([...store.marks.values()].map(({body}) => body.labels), [['lesion'], ['lesion']]);
  history.undo();
  assert.deepEqual([...store.marks.keys()], ['a']);
  repaintMark(store, 'a', [], 2);
  assert.equal(store.marks.size, 0);
  history.undo();
  assert.deepEqual([...store.marks.keys()], ['a']);
});

test('brush and eraser come with outlines, and only with them', () => {
  const campaign = campaignOf('marking');
  assert.ok(new MarkingRules(campaign).tools.includes('brush'));
  assert.deepEqual(new MarkingRules({...campaign, tools: ['box', 'point', 'brush']}).tools, ['box', 'point']);
  assert.equal(new MarkingRules(campaign).takes('cell', 'MultiPolygon'), false);
});

test('pushing: out from inside, in from outside, seen at once for as long as that is fast', () => {
  const {log, host} = bench();
  const tool = brushTool(host, {isEraser: false});
  log.pushes = true;
  assert.equal(paint(tool), false);
  log.target = wholeImage({width: 55, height: 100});
  tool.handle('hover', at(50, 50));
  assert.equal(log.ring.erases, false);
  tool.handle('hover', at(60, 50));
  assert.equal(log.ring.erases, true);
  tool.handle('down', at(50, 50));
  assert.ok(!log.sketch);
  tool.handle('move', at(60, 50, {path: [[55, 50], [60, 50]]})); // prettier-ignore
  assert.ok(!log.sketch);
  tool.handle('move', at(70, 50, {path: [[70, 50]]})); // prettier-ignore
  assert.equal(log.sketch.path.length, 5, 'too large to follow: the stroke is shown instead');
  tool.handle('up', at(70, 50));
  assert.deepEqual([log.pushed, log.strokes[0].kind, log.settled], [[1, 3, 2], 'extend', 1]);
  tool.handle('down', at(60, 50));
  tool.handle('cancel');
  assert.deepEqual([log.strokes.length, log.settled, tool.name], [1, 2, 'idle']);
});

test('the width follows a pen that presses more and less, if its owner wants it', () => {
  const {log, host} = bench();
  const brush = brushTool(host, {isEraser: false});
  const hard = {pointer: /** @type {const} */ ('pen'), pressures: [1, 0.2]};
  paint(brush, hard);
  assert.equal(log.strokes.pop().pieces, null, 'off until it is switched on');
  log.feels = true;
  paint(brush, {...hard, pointer: 'mouse'});
  assert.equal(log.strokes.pop().pieces, null, 'a mouse presses always the same');
  paint(brush, hard);
  const {pieces} = log.strokes.pop();
  assert.deepEqual(pieces.map((/** @type {any} */ {radius}) => Number(radius.toFixed(2))), [3.2, 10, 3.2]);
  assert.equal(log.sketch, null, 'nothing is left of the sketch');
});

test('pieces of a stroke hang together, and nothing is wider than what is set', () => {
  const stroke = new Pieces(20);
  for (let step = 0; step <= 40; step += 1) stroke.add([step * 5, 0], Math.abs(Math.sin(step / 6)));
  assert.ok(stroke.all.length > 5);
  stroke.all.slice(1).forEach(({path}, at) => assert.deepEqual(path[0], stroke.all[at].path.at(-1)));
  assert.ok(stroke.all.every(({radius}) => radius >= 3 && radius <= 20));
  assert.deepEqual([shareOf(-1), shareOf(0), shareOf(1), shareOf(7)], [0.15, 0.15, 1, 1]);
  const region = stroke.all.reduce((/** @type {Region} */ sum, {path, radius}) => union(sum, strokeRegion(path, radius, 0.1)), []);
  assert.equal(region.length, 1, 'one region without gaps');
});

test('what was looked at of a stroke is not looked at again, but joins on', () => {
  const stroke = new Pieces(10);
  stroke.add([0, 0], 0.5);
  stroke.add([10, 0], 0.5);
  const first = stroke.since(0);
  assert.deepEqual(first.pieces.map(({path}) => path), [[[0, 0], [10, 0]]]); // prettier-ignore
  assert.deepEqual(stroke.since(first.count).pieces, []);
  stroke.add([20, 0], 0.5);
  stroke.add([30, 0], 1);
  const next = stroke.since(first.count);
  assert.deepEqual(next.pieces.map(({path}) => path), [[[10, 0], [20, 0]], [[20, 0], [30, 0]]]); // prettier-ignore
  assert.deepEqual(stroke.since(next.count).pieces, []);
});
