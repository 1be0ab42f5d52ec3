import assert from 'node:assert/strict';
import {test} from 'node:test';

import {MarkingRules} from '../../../static/js/annotation/marking_rules.js';
import {boxTool} from '../../../static/js/annotation/tools/box/tool.js';
import {freehandTool, trimOvershoot} from '../../../static/js/annotation/tools/freehand/tool.js';
import {pointTool} from '../../../static/js/annotation/tools/point/tool.js';
import {polygonTool} from '../../../static/js/annotation/tools/polygon/tool.js';
import {handleAt, resize} from '../../../static/js/annotation/tools/select/handles.js';
import {outlineProblem} from '../../../static/js/annotation/outline.js';
import {campaignOf, labelOf} from './campaign.js';

/** @import {ToolEvent, ToolHost} from '../../../static/js/annotation/tools/chart.js' */
/** @import {Geometry, Position} from '../../../static/js/annotation/types.js' */

/** A workbench of 1000 x 800 px at one level-0 px per screen px, which writes down what tools do to it. */
function bench() {
  const log = {
    /** @type {Geometry[]} */ made: [],
    /** @type {any} */ sketch: null,
    said: '',
    isProblem: false,
    isDrawing: false,
    /** @type {string | null} */ obstacle: null,
  };
  /** @type {ToolHost} */
  const host = {
    image: {width: 1000, height: 800},
    resolution: () => 1,
    obstacle: () => log.obstacle,
    sketch: (sketch) => (log.sketch = sketch),
    say: (text, isProblem = false) => Object.assign(log, {said: text ?? '', isProblem}),
    begin: () => (log.isDrawing = true),
    end: () => (log.isDrawing = false),
    finish: (geometry) => {
      log.made.push(geometry);
      return null;
    },
  };
  return {log, host};
}

/** @param {number} x @param {number} y @returns {ToolEvent} */
function at(x, y) {
  return {point: [x, y], pixel: [x, y], pointer: 'mouse', shift: false, alt: false, ctrl: false, path: [[x, y]]};
}

test('box: a drag in any direction, inside the image, on the grid', () => {
  const {log, host} = bench();
  const tool = boxTool(host);
  assert.equal(tool.handle('down', at(100.3, 90)), true);
  tool.handle('move', at(50, 40));
  tool.handle('up', at(-20, 40.02));
  assert.deepEqual(log.made, [{type: 'Rectangle', bbox: [0, 40, 100.25, 50]}]);
  assert.equal(tool.name, 'idle');
  assert.equal(log.isDrawing, false);
});

test('box: a slip of the hand makes nothing', () => {
  const {log, host} = bench();
  const tool = boxTool(host);
  tool.handle('down', at(100, 90));
  tool.handle('up', at(102, 91));
  assert.deepEqual(log.made, []);
});

test('without a label a tool says so and lets the pointer go', () => {
  for (const make of [boxTool, freehandTool]) {
    const {log, host} = bench();
    log.obstacle = 'Choose a label first.';
    assert.equal(make(host).handle('down', at(1, 1)), false);
    assert.deepEqual([log.said, log.isProblem], ['Choose a label first.', true]);
  }
});

test('point: a click on the image, none beside it', () => {
  const {log, host} = bench();
  const tool = pointTool(host);
  tool.handle('click', at(-5, 10));
  tool.handle('click', at(10.06, 20));
  assert.deepEqual(log.made, [{type: 'Point', coordinates: [10, 20]}]);
});

test('polygon: clicks, Enter; the ring is closed', () => {
  const {log, host} = bench();
  const tool = polygonTool(host);
  for (const [x, y] of [
    [10, 10],
    [100, 10],
    [100, 100],
  ])
    tool.handle('click', at(x, y));
  tool.handle('confirm');
  assert.deepEqual(log.made, [
    {
      type: 'Polygon',
      coordinates: [
        [
          [10, 10],
          [100, 10],
          [100, 100],
          [10, 10],
        ],
      ],
    },
  ]);
});

test('polygon: a double click closes without a double vertex, a click on the first vertex closes', () => {
  const {log, host} = bench();
  const tool = polygonTool(host);
  for (const [x, y] of [
    [10, 10],
    [100, 10],
    [100, 100],
    [101, 100],
  ])
    tool.handle('click', at(x, y));
  tool.handle('doubleClick', at(101, 100));
  for (const [x, y] of [
    [10, 10],
    [100, 10],
    [100, 100],
    [12, 11],
  ])
    tool.handle('click', at(x, y));
  assert.deepEqual(
    log.made.map((geometry) => geometry.type === 'Polygon' && geometry.coordinates[0].length),
    [4, 4],
  );
});

test('polygon: a crossing outline is refused in red, and can be mended', () => {
  const {log, host} = bench();
  const tool = polygonTool(host);
  for (const [x, y] of [
    [0, 0],
    [100, 100],
    [100, 0],
    [0, 100],
  ])
    tool.handle('click', at(x, y));
  tool.handle('confirm');
  assert.deepEqual(log.made, []);
  assert.equal(log.sketch.isRefused, true);
  assert.equal(log.isProblem, true);
  assert.equal(tool.name, 'drawing');
  tool.handle('back');
  tool.handle('confirm');
  assert.equal(log.made.length, 1);
});

test('polygon: Backspace to nothing and Esc give up', () => {
  const {log, host} = bench();
  const tool = polygonTool(host);
  tool.handle('click', at(0, 0));
  tool.handle('back');
  assert.deepEqual([tool.name, log.isDrawing], ['idle', false]);
  tool.handle('click', at(0, 0));
  tool.handle('cancel');
  assert.deepEqual([tool.name, log.isDrawing], ['idle', false]);
});

/** @param {ReturnType<typeof freehandTool>} tool @param {Position[]} path */
function draw(tool, path) {
  tool.handle('down', at(...path[0]));
  for (const [x, y] of path.slice(1)) tool.handle('move', at(x, y));
  tool.handle('up', at(...path[path.length - 1]));
}

/** @type {(turns: number) => Position[]} */
const circle = (turns) =>
  Array.from({length: 120}, (_, i) => {
    const angle = (i / 120) * turns * 2 * Math.PI;
    return [400 + 100 * Math.cos(angle), 400 + 100 * Math.sin(angle)];
  });

test('freehand: an outline is closed and thinned', () => {
  const {log, host} = bench();
  draw(freehandTool(host), circle(0.97));
  const [geometry] = log.made;
  assert.ok(geometry.type === 'Polygon' && geometry.coordinates[0].length < 60);
  assert.equal(outlineProblem(geometry), null);
});

test('freehand: running a little past the start is no crossing', () => {
  const {log, host} = bench();
  /** @type {Position[]} */
  const path = [...circle(1), [499, 404], [496, 415]];
  path.unshift([503, 390]);
  draw(freehandTool(host), path);
  assert.equal(log.made.length, 1);
  assert.deepEqual(
    trimOvershoot(
      [
        [0, 0],
        [10, 0],
        [10, 10],
      ],
      5,
    ),
    [
      [0, 0],
      [10, 0],
      [10, 10],
    ],
  );
});

test('freehand: a figure of eight is refused, goes back to before the crossing, and can be closed then', () => {
  const {log, host} = bench();
  const tool = freehandTool(host);
  /** @type {Position[]} */
  const eight = Array.from({length: 100}, (_, i) => {
    const angle = (i / 100) * 2 * Math.PI + 0.3;
    return [400 + 200 * Math.sin(angle), 400 + 200 * Math.sin(angle) * Math.cos(angle)];
  });
  draw(tool, eight);
  assert.deepEqual([tool.name, log.made.length, log.sketch.isRefused, log.isDrawing], ['refused', 0, true, true]);
  tool.handle('back');
  assert.equal(log.sketch.isRefused, false);
  tool.handle('confirm');
  assert.equal(log.made.length + Number(tool.name === 'refused'), 1);
  tool.reset();
  assert.deepEqual([tool.name, log.isDrawing], ['idle', false]);
});

test('a rectangle is resized by its handles, also past its other side', () => {
  /** @type {import('../../../static/js/annotation/types.js').RectangleGeometry} */
  const rectangle = {type: 'Rectangle', bbox: [100, 100, 50, 40]};
  const image = {width: 1000, height: 800};
  const corner = handleAt(rectangle, [151, 141], 4);
  assert.deepEqual(corner, {x: 1, y: 1});
  assert.deepEqual(resize(rectangle, {x: 1, y: 1}, [200, 200], image)?.bbox, [100, 100, 100, 100]);
  assert.deepEqual(resize(rectangle, {x: 1, y: 0}, [60, 999], image)?.bbox, [60, 100, 40, 40]);
  assert.equal(resize(rectangle, {x: 1, y: 0}, [100, 100], image), null);
  assert.equal(handleAt(rectangle, [120, 120], 4), null);
});

test('labels say which tools draw them and what they then say', () => {
  const rules = new MarkingRules(campaignOf('marking'));
  const byCode = (/** @type {string} */ code) => rules.byCode.get(code) ?? labelOf({});
  assert.deepEqual(rules.toolsFor(byCode('tumour')), ['freehand', 'polygon', 'ellipse', 'brush', 'eraser', 'wand', 'superpixel']);
  assert.equal(rules.granularityFor('polygon', byCode('nucleus')), 'cell');
  assert.equal(rules.granularityFor('box', byCode('nucleus')), null);
  assert.equal(rules.granularityFor('point', byCode('mitosis')), 'point');
  assert.deepEqual(
    rules.diagnosisLabels.map(({code}) => code),
    ['benign', 'malignant'],
  );
  assert.ok(!rules.drawnLabels.some(({code}) => code === 'benign'));
  assert.equal(rules.isDiagnosisOnly, false);
  assert.equal(new MarkingRules(campaignOf('diagnosis')).isDiagnosisOnly, true);
});
