import assert from 'node:assert/strict';
import {test} from 'node:test';

import {outlineProblem, ringArea} from '../../../static/js/annotation/outline.js';
import {FREE_BOX, holdOf} from '../../../static/js/annotation/tools/box/rule.js';
import {boxTool} from '../../../static/js/annotation/tools/box/tool.js';
import {boxAround, boxBetween} from '../../../static/js/annotation/tools/drag_box.js';
import {CHORD_ERROR_PX, ellipseRing} from '../../../static/js/annotation/tools/ellipse/outline.js';
import {ellipseTool} from '../../../static/js/annotation/tools/ellipse/tool.js';
import {keepOptions, optionsFrom} from '../../../static/js/annotation/tools/kept_options.js';
import {Workspace} from '../../../static/js/annotation/workspace.js';

/** @import {ToolEvent, ToolHost} from '../../../static/js/annotation/tools/chart.js' */

const image = {width: 1000, height: 800};

function bench() {
  const log = {
    /** @type {any[]} */ made: [],
    /** @type {any} */ sketch: null,
    said: '',
    isDrawing: false,
  };
  /** @type {ToolHost} */
  const host = {
    image,
    resolution: () => 1,
    obstacle: () => null,
    sketch: (sketch) => (log.sketch = sketch),
    say: (text) => (log.said = text ?? ''),
    begin: () => (log.isDrawing = true),
    end: () => (log.isDrawing = false),
    finish: (geometry, mode = null) => {
      log.made.push({geometry, mode});
      return null;
    },
  };
  return {log, host};
}

/** @param {number} x @param {number} y @param {Partial<ToolEvent>} [more] @returns {ToolEvent} */
const at = (x, y, more = {}) => ({
  point: [x, y],
  pixel: [x, y],
  pointer: 'mouse',
  shift: false,
  alt: false,
  ctrl: false,
  path: [[x, y]],
  ...more,
});

test('no chord of an ellipse lies farther from it than is promised, at any size', () => {
  for (const [width, height] of [[3, 2], [40, 40], [900, 30], [5000, 5000], [100_000, 60_000], [40, 90_000]]) { // prettier-ignore
    const ring = ellipseRing([0, 0, width, height]);
    const [a, b] = [width / 2, height / 2];
    assert.equal(outlineProblem({type: 'Polygon', coordinates: [ring]}), null, `${width} x ${height}`);
    assert.ok(ring.length < 2000);
    for (let i = 1; i < ring.length; i += 1) {
      const [x, y] = [(ring[i][0] + ring[i - 1][0]) / 2 - a, (ring[i][1] + ring[i - 1][1]) / 2 - b];
      // Along the ray from the centre, which is no nearer than the nearest point of the ellipse.
      const inside = 1 - Math.hypot(x / a, y / b);
      assert.ok(inside * Math.min(a, b) <= CHORD_ERROR_PX + 0.09, `${width} x ${height}: ${inside * Math.min(a, b)}`);
      assert.ok(inside * Math.hypot(x, y) <= CHORD_ERROR_PX + 0.09 || Math.min(a, b) < 0.05 * Math.max(a, b));
    }
    const area = Math.abs(ringArea(ring));
    assert.ok(Math.abs(area - Math.PI * a * b) <= 0.35 * Math.PI * (3 * (a + b)), `${width} x ${height}`);
  }
});

test('a needle of an ellipse is still an outline', () => {
  for (const width of [2, 8, 20]) {
    const ring = ellipseRing([0, 0, width, 90_000]);
    assert.equal(outlineProblem({type: 'Polygon', coordinates: [ring]}), null, String(width));
  }
});

test('the ends of the axes are corners, and all corners lie on the grid', () => {
  const ring = ellipseRing([10, 20, 300, 100]);
  for (const end of [[310, 70], [160, 120], [10, 70], [160, 20]]) assert.ok(ring.some(([x, y]) => x === end[0] && y === end[1])); // prettier-ignore
  assert.ok(ring.flat().every((value) => Number.isInteger(value * 8)));
});

test('ellipse: a drag in any direction; Shift makes a circle that stays inside the image', () => {
  const {log, host} = bench();
  const tool = ellipseTool(host);
  tool.handle('down', at(200, 200));
  tool.handle('move', at(100, 150));
  assert.equal(log.sketch.kind, 'outline');
  tool.handle('up', at(100, 150));
  const xs = log.made[0].geometry.coordinates[0].map((/** @type {number[]} */ [x]) => x);
  assert.deepEqual([Math.min(...xs), Math.max(...xs), log.isDrawing, tool.name], [100, 200, false, 'idle']);
  tool.handle('down', at(900, 700));
  tool.handle('up', at(990, 1200, {shift: true}));
  const circle = log.made[1].geometry.coordinates[0];
  assert.deepEqual(
    [Math.max(...circle.map((/** @type {number[]} */ [x]) => x)), Math.max(...circle.map((/** @type {number[]} */ [, y]) => y))],
    [1000, 800],
  );
  tool.handle('down', at(10, 10));
  tool.handle('up', at(12, 11));
  tool.handle('down', at(10, 10));
  tool.handle('up', at(90, 90, {alt: true}));
  assert.deepEqual(log.made.slice(2).map(({mode}) => mode), ['subtract']); // prettier-ignore
});

test('a box held to a ratio keeps it in every direction and inside the image', () => {
  assert.deepEqual(boxBetween([100, 100], [300, 110], image, 2), [100, 100, 200, 100]);
  assert.deepEqual(boxBetween([100, 100], [90, 400], image, 1), [0, 100, 100, 100]);
  assert.deepEqual(boxBetween([500, 100], [400, 50], image, 1), [400, 0, 100, 100]);
  assert.deepEqual(boxBetween([10, 10], [20, 40], image), [10, 10, 10, 30]);
  assert.deepEqual(boxAround([100, 50], [10, 790], image), [0, 750, 100, 50]);
  assert.deepEqual(boxAround([5000, 50], [10, 100], image), [0, 75, 1000, 50]);
});

test('a box of fixed size is in mm where the scale is known, and is set down by its middle', () => {
  const rule = {...FREE_BOX, kind: /** @type {const} */ ('size'), um: /** @type {[number, number]} */ ([100, 50])};
  assert.deepEqual(holdOf(rule, /** @type {any} */ ({x_um: 0.5, y_um: 0.25})).size, [200, 200]);
  assert.deepEqual(holdOf(rule, null).size, [512, 512]);
  const {log, host} = bench();
  const tool = boxTool(host, () => holdOf({...rule, px: [40, 20]}, null));
  tool.handle('hover', at(100, 100));
  assert.deepEqual(log.sketch.path, [[80, 90], [120, 110]]); // prettier-ignore
  tool.handle('down', at(100, 100));
  tool.handle('move', at(110, 100));
  tool.handle('up', at(110, 100, {ctrl: true}));
  assert.deepEqual(log.made, [{geometry: {type: 'Rectangle', bbox: [90, 90, 40, 20]}, mode: 'add'}]);
  assert.deepEqual([tool.name, log.sketch, log.isDrawing], ['idle', null, false]);
});

test('Shift makes a square of a free box, unless it is part of a mode', () => {
  const {log, host} = bench();
  const tool = boxTool(host);
  for (const more of [{shift: true}, {shift: true, ctrl: true}]) {
    tool.handle('down', at(100, 100));
    tool.handle('up', at(200, 150, more));
  }
  assert.deepEqual(log.made.map(({geometry}) => geometry.bbox), [[100, 100, 100, 100], [100, 100, 100, 50]]); // prettier-ignore
});

test('how tools are set is kept; what is spoilt is left out', () => {
  const kept = new Map();
  const storage = /** @type {any} */ ({getItem: (/** @type {string} */ key) => kept.get(key) ?? null, setItem: kept.set.bind(kept)});
  const first = new Workspace();
  keepOptions(first, storage);
  first.set({boxRule: {...FREE_BOX, kind: 'ratio', ratio: [16, 9]}});
  const second = new Workspace();
  keepOptions(second, storage);
  assert.deepEqual([second.state.boxRule.kind, second.state.boxRule.ratio], ['ratio', [16, 9]]);
  for (const text of ['{', '[]', '7', '{"boxRule": {"kind": "round", "ratio": [0, "x"], "um": null, "px": [1]}}']) {
    assert.deepEqual(optionsFrom(text).boxRule, FREE_BOX, text);
  }
});
