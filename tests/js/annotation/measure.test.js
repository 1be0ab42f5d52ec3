import assert from 'node:assert/strict';
import {test} from 'node:test';

import {areaOf, areaText, basisText, lastDigitShare, lengthError, shareOf, withError} from '../../../static/js/annotation/tools/measure/doubt.js';
import {angleOf, figureOf, lengthOf} from '../../../static/js/annotation/tools/measure/figures.js';
import {measureTool} from '../../../static/js/annotation/tools/measure/tool.js';

/** @import {ToolEvent} from '../../../static/js/annotation/tools/chart.js' */
/** @import {MeasureKind} from '../../../static/js/annotation/tools/measure/figures.js' */
/** @import {Position} from '../../../static/js/annotation/types.js' */

const spacing = {x_um: 500, y_um: 250};
const sure = {step: 1, share: 0};

test('lengths follow the spacing of each axis; without a scale they are pixels and say so', () => {
  /** @type {Position[]} */
  const way = [[0, 0], [30, 0], [30, 40]]; // prettier-ignore
  assert.equal(lengthOf(way, spacing), 25_000);
  assert.equal(figureOf('line', way, spacing, sure), '25.0 ± 0.8 mm');
  assert.equal(figureOf('line', way, {x_um: 0.5, y_um: 0.5}, sure), '35.0 ± 1.0 µm');
  assert.equal(figureOf('line', way, null, sure), '70 ± 2 px');
  assert.equal(figureOf('line', way.slice(0, 1), spacing, sure), '');
});

test('angles are those on the patient, not those of the pixels', () => {
  assert.equal(figureOf('angle', [[10, 0], [0, 0], [0, 10]], null, sure), '90 ± 11°'); // prettier-ignore
  assert.equal(figureOf('angle', [[10, 0], [0, 0], [10, 10]], null, sure), '45 ± 10°'); // prettier-ignore
  assert.equal(angleOf([[10, 0], [0, 0], [10, 20]], spacing)?.toFixed(3), '45.000'); // prettier-ignore
  assert.equal(figureOf('angle', [[10, 0], [0, 0], [-10, 0]], spacing, sure), '180 ± 11°'); // prettier-ignore
  assert.equal(figureOf('angle', [[0, 0], [0, 0], [1, 1]], null, sure), '');
  assert.equal(figureOf('angle', [[10, 0], [0, 0]], null, sure), ''); // prettier-ignore
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
      basis: kind === 'line' ? '' : 'Lengths are in pixels: the file states no scale.',
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
  assert.match(angle.log.said, /states no scale/);
});

test('a value is said to the digit that its error leaves', () => {
  assert.equal(withError(1.23456, 0.034, 'mm'), '1.23 ± 0.03 mm');
  assert.equal(withError(1.23456, 0.0149, 'mm'), '1.235 ± 0.015 mm');
  assert.equal(withError(12_345, 340, 'px²'), '12300 ± 300 px²');
  assert.equal(withError(70, 2, 'px'), '70 ± 2 px');
  assert.equal(withError(3.14159, 0, 'µm'), '3.14 µm', 'nothing is known of an error');
});

test('a scale that a person entered is as good as its last digit, and says so', () => {
  const entered = {x_um: 0.25, y_um: 0.25, source: 'entered'};
  assert.equal(lastDigitShare(0.25), 0.02);
  assert.equal(lastDigitShare(12), 0.5 / 12);
  assert.equal(shareOf(entered), 0.02);
  assert.equal(shareOf({...entered, source: 'openslide.mpp'}), 0);
  // 1000 px of 0.25 µm: 2 % of 250 µm, and a pixel.
  assert.equal(lengthError([[0, 0], [1000, 0]], entered, {step: 1, share: shareOf(entered)}), 5.25); // prettier-ignore
  assert.equal(lengthError([[0, 0], [1000, 0]], entered, {step: 16, share: 0}), 4); // prettier-ignore
  assert.match(basisText({spacing: entered}), /entered by a person.*2 %/);
});

test('where the scale is missing it is said why', () => {
  assert.match(basisText({spacing: null, warnings: ['spacing_varies']}), /different scales/);
  assert.match(basisText({spacing: null, warnings: ['spacing_implausible']}), /impossible/);
  assert.match(basisText({spacing: null}), /states no scale/);
  assert.match(basisText({spacing, warnings: ['spacing_at_detector']}), /smaller/);
});

test('an area is off by half a pixel along its border', () => {
  /** @type {any} */
  const square = {type: 'Polygon', coordinates: [[[0, 0], [100, 0], [100, 100], [0, 100], [0, 0]]]}; // prettier-ignore
  assert.deepEqual(areaOf(square, null), {value: 10_000, error: 200});
  assert.deepEqual(areaOf({type: 'Rectangle', bbox: [5, 5, 100, 100]}, {x_um: 10, y_um: 10}), {value: 1e6, error: 20_000});
  assert.equal(areaText(1e6, 20_000), '1.00 ± 0.02 mm²');
  assert.equal(areaOf({type: 'Point', coordinates: [1, 1]}, null), null);
  // The whole border half a pixel further out: the bound holds but for the corners.
  const grown = 101 * 101 - 100 * 100;
  assert.ok(grown - 200 <= 1);
});
