/** What brush and eraser ask of the workbench, and how a stroke becomes marks. */

import {createMarks, newBody, repaintMark} from '../../commands/marks.js';
import {simplify, withoutRepeats} from '../../outline.js';
import {areaOf, difference, intersection, strokeRegion, union, wholeImage} from '../../regions.js';
import {problemText} from '../problems.js';
import {regionOfMark, settled, shapesOf} from '../region_marks.js';

/** @import {MarkingRules} from '../../marking_rules.js' */
/** @import {BrushRing} from '../../render/brush_ring.js' */
/** @import {Store} from '../../store.js' */
/** @import {Label, Mark, Position} from '../../types.js' */
/** @import {Region} from '../../regions.js' */
/** @import {ToolHost} from '../chart.js' */
/** @import {Workspace} from '../../workspace.js' */
/** @import {Viewer} from '../../../viewer/viewer.js' */

/** @typedef {'new' | 'extend' | 'erase'} StrokeKind new: a mark of its own; extend, erase: the selected region */

/**
 * @typedef {object} BrushHost
 * @property {() => number} radius level-0 px
 * @property {(need: {needsLabel: boolean}) => string | null} obstacle why nothing can be painted now
 * @property {() => Region | null} target the selected region, if it can be painted on
 * @property {ToolHost['sketch']} sketch
 * @property {ToolHost['say']} say
 * @property {(pixel: [number, number] | null, erases: boolean) => void} ring
 * @property {(kind: StrokeKind) => void} begin
 * @property {() => void} end
 * @property {(stroke: {path: Position[], radius: number, kind: StrokeKind}) => void} finish
 *
 * @typedef {object} Parts
 * @property {Viewer} viewer
 * @property {Store} store
 * @property {Workspace} workspace
 * @property {MarkingRules} rules
 * @property {BrushRing} ring
 * @property {() => Label | null} label
 * @property {() => number} spent active seconds since the stroke was begun
 * @property {BrushHost['obstacle']} obstacle
 * @property {BrushHost['sketch']} sketch
 * @property {BrushHost['say']} say
 * @property {BrushHost['begin']} begin
 * @property {BrushHost['end']} end
 */

/** How far the edge of a stroke may lie from a true circle; screen px, below what can be seen. */
const TOLERANCE_PX = 0.25;
const FINEST_PX = 1 / 8;

/** @param {Parts} parts @returns {BrushHost} */
export function brushHost(parts) {
  const {viewer, workspace, ring, obstacle, sketch, say, begin, end} = parts;
  return {
    obstacle,
    sketch,
    say,
    begin,
    end,
    radius: () => Math.max((workspace.state.brushPx / 2) * resolution(viewer), 0.5),
    target: () => {
      const mark = selectedRegion(parts);
      return mark && regionOfMark(mark, parts.rules);
    },
    ring: (pixel, erases) => ring.show(pixel, erases),
    finish: (stroke) => finish(parts, stroke),
  };
}

/** @param {Viewer} viewer @returns {number} level-0 px per screen px */
const resolution = (viewer) => viewer.view.getResolution() ?? 1;

/** @param {Parts} parts @returns {Mark | null} */
function selectedRegion({store, workspace, viewer, rules}) {
  const [id, ...others] = workspace.state.selection;
  const mark = others.length === 0 && !workspace.state.locked.has(id) ? store.get(id) : undefined;
  const isHere = mark && (mark.body.frame === null || mark.body.frame === viewer.frame);
  return isHere && regionOfMark(mark, rules).length > 0 ? mark : null;
}

/** @param {Parts} parts @param {Parameters<BrushHost['finish']>[0]} stroke */
function finish(parts, {path, radius, kind}) {
  const {viewer} = parts;
  const tolerance = Math.max(TOLERANCE_PX * resolution(viewer), FINEST_PX);
  const swept = strokeRegion(simplify(withoutRepeats(path), tolerance), radius, tolerance);
  const stroke = intersection(swept, wholeImage(viewer.manifest));
  const mark = kind === 'new' ? null : selectedRegion(parts);
  const before = mark ? regionOfMark(mark, parts.rules) : [];
  // With Shift held a stroke may begin beside the region; if it never meets it, it is one of its own.
  if (mark && kind === 'extend' && intersection(before, stroke).length === 0) {
    finish(parts, {path, radius, kind: 'new'});
    return;
  }
  const combined = kind === 'erase' ? difference(before, stroke) : union(before, stroke);
  if (areaOf(combined) === areaOf(before)) return;
  const after = settled(combined, before, resolution(viewer));
  if (after) keep(parts, mark, after);
  else parts.say(problemText('geometry_too_many_vertices'), true);
}

/** @param {Parts} parts @param {Mark | null} mark null: a new one @param {Region} region */
function keep(parts, mark, region) {
  const {store, workspace, rules, viewer, spent} = parts;
  if (mark) {
    repaintMark(store, mark.id, shapesOf(region, mark.body.granularity, rules), spent());
    return;
  }
  const label = parts.label();
  const granularity = label && rules.granularityFor('brush', label);
  const obstacle = parts.obstacle({needsLabel: true});
  if (obstacle) parts.say(obstacle, true);
  if (obstacle || !label || !granularity) return;
  const common = {granularity, frame: viewer.frame, labels: [label.code]};
  const shapes = shapesOf(region, granularity, rules);
  const bodies = shapes.map((geometry, i) => newBody({...common, geometry, activeSeconds: i === 0 ? spent() : 0}));
  workspace.select(createMarks(store, bodies).slice(0, 1));
}
