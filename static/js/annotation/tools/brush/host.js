/** What brush and eraser ask of the workbench, and how a stroke becomes marks. */

import {createMarks, newBody, repaintMark} from '../../commands/marks.js';
import {t} from '../../../lib/i18n.js';
import {simplify, withoutRepeats} from '../../outline.js';
import {areaOf, difference, geometryOf, intersection, strokeRegion, union, wholeImage} from '../../regions.js';
import {problemText} from '../problems.js';
import {emptyPart, neighbours, regionOfMark, settled, shapesOf} from '../region_marks.js';

/** @import {MarkingRules} from '../../marking_rules.js' */
/** @import {BrushRing} from '../../render/brush_ring.js' */
/** @import {MarksLayer} from '../../render/marks_layer.js' */
/** @import {Store} from '../../store.js' */
/** @import {Body, Label, Position, SeenMark} from '../../types.js' */
/** @import {Region} from '../../regions.js' */
/** @import {ToolHost} from '../chart.js' */
/** @import {Workspace} from '../../workspace.js' */
/** @import {Viewer} from '../../../viewer/viewer.js' */

/** @typedef {'new' | 'extend' | 'erase'} StrokeKind new: a mark of its own; extend, erase: the selected region */

/** @typedef {{path: Position[], radius: number, kind: StrokeKind}} Stroke */

/**
 * @typedef {object} BrushHost
 * @property {() => number} radius level-0 px
 * @property {(need: {needsLabel: boolean}) => string | null} obstacle why nothing can be painted now
 * @property {() => Region | null} target the selected region, if it can be painted on
 * @property {() => boolean} pushes whether the border of that region is pushed
 * @property {(region: Region, stroke: Stroke) => Region | null} pushed what a part of a stroke makes of the region, drawn at once;
 *   null: there are too many vertices to do so
 * @property {() => void} settle draws the region as it is stored
 * @property {ToolHost['sketch']} sketch
 * @property {ToolHost['say']} say
 * @property {(pixel: [number, number] | null, erases: boolean) => void} ring
 * @property {(kind: StrokeKind) => void} begin
 * @property {() => void} end
 * @property {(stroke: Stroke) => void} finish
 *
 * @typedef {object} Parts
 * @property {Viewer} viewer
 * @property {Store} store
 * @property {Workspace} workspace
 * @property {MarkingRules} rules
 * @property {BrushRing} ring
 * @property {MarksLayer} marks
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
/** Up to here a region follows the pointer while its border is pushed, within a frame. */
const LIVE_VERTICES = 3000;

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
    pushes: () => workspace.state.brushPushes && workspace.state.tool === 'brush',
    pushed: (region, stroke) => pushed(parts, region, stroke),
    settle: () => {
      for (const id of workspace.state.selection) parts.marks.refresh(id);
    },
    ring: (pixel, erases) => ring.show(pixel, erases),
    finish: (stroke) => finish(parts, stroke),
  };
}

/** @param {Viewer} viewer @returns {number} level-0 px per screen px */
const resolution = (viewer) => viewer.view.getResolution() ?? 1;

/** @param {Parts} parts @returns {SeenMark | null} */
function selectedRegion({store, workspace, viewer, rules}) {
  const [id, ...others] = workspace.state.selection;
  const mark = others.length === 0 && !workspace.state.locked.has(id) ? store.seen(id) : undefined;
  const isHere = mark && (mark.body.frame === null || mark.body.frame === viewer.frame);
  return isHere && regionOfMark(mark, rules).length > 0 ? mark : null;
}

/** @param {Parts} parts @param {Stroke} stroke @returns {Region} what it covers of the image */
function sweptBy({viewer}, {path, radius}) {
  const tolerance = Math.max(TOLERANCE_PX * resolution(viewer), FINEST_PX);
  return intersection(strokeRegion(simplify(withoutRepeats(path), tolerance), radius, tolerance), wholeImage(viewer.manifest));
}

/** @type {(...args: Parameters<typeof combinedWith>) => Region | null} */
function pushed(parts, region, stroke) {
  const mark = selectedRegion(parts);
  if (!mark || region.flat(2).length > LIVE_VERTICES) return null;
  const after = combinedWith(parts, region, stroke, mark);
  const geometry = geometryOf(after);
  if (geometry) parts.marks.preview(mark.id, geometry);
  return after;
}

/**
 * @param {Parts} parts @param {Region} before @param {Stroke} stroke @param {SeenMark | null} [mark]
 * @returns {Region}
 */
function combinedWith(parts, before, stroke, mark = null) {
  const swept = sweptBy(parts, stroke);
  if (stroke.kind === 'erase') return difference(before, swept);
  const {store, rules, workspace} = parts;
  const body = mark?.body ?? newcomer(parts);
  const others = workspace.state.paintsOnlyEmpty && body ? neighbours(store, rules, {id: mark?.id, body}, swept) : [];
  return union(before, emptyPart(swept, others));
}

/** @param {Parts} parts @returns {Pick<Body, 'granularity' | 'frame'> | null} what a new mark of the brush would be */
function newcomer({rules, viewer, ...parts}) {
  const label = parts.label();
  const granularity = label && rules.granularityFor('brush', label);
  return granularity && {granularity, frame: viewer.frame};
}

/** @param {Parts} parts @param {Stroke} stroke */
function finish(parts, stroke) {
  const {kind} = stroke;
  const {viewer} = parts;
  const mark = kind === 'new' ? null : selectedRegion(parts);
  const before = mark ? regionOfMark(mark, parts.rules) : [];
  // With Shift held a stroke may begin beside the region; if it never meets it, it is one of its own.
  if (mark && kind === 'extend' && intersection(before, sweptBy(parts, stroke)).length === 0) {
    finish(parts, {...stroke, kind: 'new'});
    return;
  }
  const combined = combinedWith(parts, before, stroke, mark);
  if (areaOf(combined) === areaOf(before)) {
    if (kind === 'new') parts.say(t('Nothing under this stroke is empty.'), true);
    return;
  }
  const after = settled(combined, before, resolution(viewer));
  if (after) keep(parts, mark, after);
  else parts.say(problemText('geometry_too_many_vertices'), true);
}

/** @param {Parts} parts @param {SeenMark | null} mark null: a new one @param {Region} region */
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
