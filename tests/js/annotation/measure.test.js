import assert from 'node:assert/strict';
import {test} from 'node:test';

import {angleOf, figureOf, lengthOf} from '../../../static/js/annotation/tools/measure/figures.js';
import {measureTool} from '../../../static/js/annotation/tools/measure/tool.js';

/** @import {ToolEvent} from '../../../static/js/annotation/tools/chart.js' */
/** @import {MeasureKind} from '../../../static/js/annotation/tools/measure/figures.js' */
/** @import {Position} from '../../../static/js/annotation/types.js' */

const spacing = {x_um: 500, y_um: 250};

test('lengths follow the spacing of each axis; without a scale they are pixels and say so', () => {
  /** @type {Position[]} */
  const way = [[0, 0], [30, 0], [30, 40]]; // prettier-ignore
  assert.equal(lengthOf(way, spacing), 25_000);
  assert.equal(figureOf('line', way, spacing), '25 mm');
  assert.equal(figureOf('line', way, {x_um: 0.5, y_um: 0.5}), '35 µm');
  assert.equal(figureOf('line', way, null), '70.0 px');
  assert.equal(figureOf('line', way.slice(0, 1), spacing), '');
});

test('angles are those on the patient, not those of the pixels', () => {
  assert.equal(figureOf('angle', [[10, 0], [0, 0], [0, 10]], null), '90.0°'); // prettier-ignore
  assert.equal(figureOf('angle', [[10, 0], [0, 0], [10, 10]], null), '45.0°'); // prettier-ignore
  assert.equal(angleOf([[10, 0], [0, 0], [10, 20]], spacing)?.toFixed(3), '45.000'); // prettier-ignore
  assert.equal(figureOf('angle', [[10, 0], [0, 0], [-10, 0]], spacing), '180.0°'); // prettier-ignore
  assert.equal(figureOf('angle', [[0, 0], [0, 0], [1, 1]], null), '');
  assert.equal(figureOf('angle', [[10, 0], [0, 0]], null), ''); // prettier-ignore
});

/** @param {MeasureKind} kind */
function bench(kind) {
  const log = {
    /** @type {Position[][]} */ kept: [],
    /** @type {Position[] | null} */ shown: null,
    said: '',
    isDrawing: false,
  };
  const tool = measureTool(
    {
      image: {width: 1000, height: 800},
      resolution: () => 1,
      hasScale: kind === 'line',
      say: (text) => (log.said = text ?? ''),
      begin: () => (log.isDrawing = true),
      end: () => (log.isDrawing = false),
      show: (_kind, points) => (log.shown = points),
      keep: (_kind, points) => log.kept.push(points),
    },
    kind,
  );
  /** @param {number} x @param {number} y @returns {ToolEvent} */
  const at = (x, y) => ({point: [x, y], pixel: [x, y], pointer: 'mouse', shift: false, alt: false, ctrl: false, path: [[x, y]]});
  /** @param {number} x @param {number} y */
  const click = (x, y) => {
    tool.handle('hover', at(x, y));
    tool.handle('down', at(x, y));
    tool.handle('up', at(x, y));
  };
  return {log, tool, at, click};
}

test('ruler: a drag is a line', () => {
  const {log, tool, at} = bench('line');
  tool.handle('down', at(10, 10));
  tool.handle('move', at(50, 10));
  assert.deepEqual(log.shown, [[10, 10], [50, 10]]); // prettier-ignore
  tool.handle('up', at(50, 10));
  assert.deepEqual([log.kept, tool.name, log.shown, log.isDrawing], [[[[10, 10], [50, 10]]], 'idle', null, false]); // prettier-ignore
});

test('ruler: clicks along a way, taken back one by one, closed by Enter or a double click', () => {
  const {log, tool, at, click} = bench('line');
  for (const [x, y] of [[10, 10], [60, 10], [60, 90], [200, 90]]) click(x, y); // prettier-ignore
  tool.handle('back');
  tool.handle('confirm');
  assert.deepEqual(log.kept[0], [[10, 10], [60, 10], [60, 90]]); // prettier-ignore
  for (const [x, y] of [[10, 10], [60, 10], [60, 90], [61, 90]]) click(x, y); // prettier-ignore
  tool.handle('doubleClick', at(61, 90));
  assert.equal(log.kept[1].length, 3);
  for (const [x, y] of [[10, 10], [60, 10]]) click(x, y); // prettier-ignore
  tool.handle('doubleClick', at(60, 10));
  assert.equal(tool.name, 'measuring', 'quick clicks at two places are two points');
  tool.handle('cancel');
  click(10, 10);
  tool.handle('confirm');
  assert.equal(tool.name, 'measuring', 'one point is no length');
  tool.handle('back');
  assert.deepEqual([tool.name, log.kept.length, log.isDrawing], ['idle', 2, false]);
});

test('angle: three clicks, or a drag along the first arm and a click', () => {
  const {log, tool, at, click} = bench('angle');
  for (const [x, y] of [[10, 10], [60, 10], [60, 90]]) click(x, y); // prettier-ignore
  assert.deepEqual([log.kept[0].length, tool.name], [3, 'idle']);
  tool.handle('down', at(10, 10));
  tool.handle('up', at(60, 10));
  assert.equal(tool.name, 'measuring');
  tool.handle('confirm');
  assert.equal(tool.name, 'measuring');
  click(60, 90);
  assert.equal(log.kept.length, 2);
  click(5, 5);
  tool.handle('cancel');
  assert.deepEqual([log.kept.length, tool.name], [2, 'idle']);
});

test('what is said names that nothing is saved, and that the scale is not known', () => {
  const [line, angle] = [bench('line'), bench('angle')];
  line.tool.state.enter?.();
  angle.tool.state.enter?.();
  assert.match(line.log.said, /not saved/);
  assert.doesNotMatch(line.log.said, /scale/);
  assert.match(angle.log.said, /scale of this image is not known/);
});
