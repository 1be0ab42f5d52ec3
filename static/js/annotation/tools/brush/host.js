/** What brush and eraser ask of the workbench, and how a stroke becomes marks. */

import {createMarks, newBody, repaintMark} from '../../commands/marks.js';
import {t} from '../../../lib/i18n.js';
import {simplify, withoutRepeats} from '../../outline.js';
import {areaOf, difference, geometryOf, intersection, isInRegion, prepare, strokeRegion, union, wholeImage} from '../../regions.js';
import {problemText} from '../problems.js';
import {emptyPart, neighbours, regionOfMark, settled, shapesOf} from '../region_marks.js';
import {holdsPixel} from '../../masks/tiles.js';
import {paintPixels, strokePixels} from '../../masks/painting.js';

/** @import {MarkingRules} from '../../marking_rules.js' */
/** @import {BrushRing} from '../../render/brush_ring.js' */
/** @import {MarksLayer} from '../../render/marks_layer.js' */
/** @import {MasksLayer} from '../../render/masks_layer.js' */
/** @import {Store} from '../../store.js' */
/** @import {Body, Geometry, Label, Position, SeenMark} from '../../types.js' */
/** @import {Region} from '../../regions.js' */
/** @import {ToolHost} from '../chart.js' */
/** @import {Piece} from './pressure.js' */
/** @import {Workspace} from '../../workspace.js' */
/** @import {Viewer} from '../../../viewer/viewer.js' */

/** @typedef {'new' | 'extend' | 'erase'} StrokeKind new: a mark of its own; extend, erase: the selected region or mask */

/** @typedef {{path: Position[], radius: number, kind: StrokeKind, pieces?: Piece[] | null}} Stroke pieces: of a pen that presses more and less */

/**
 * @typedef {object} BrushHost
 * @property {() => number} radius level-0 px; the widest
 * @property {() => boolean} feelsPressure whether a pen that presses less paints less wide
 * @property {(pieces: Piece[], before: Region) => Region} widened what a stroke covers with these pieces besides
 * @property {(need: {needsLabel: boolean}) => string | null} obstacle why nothing can be painted now
 * @property {() => Target | null} target the selected region or mask, if it can be painted on
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
 * @typedef {{isIn: (point: Position) => boolean, region: Region | null}} Target region: null for a mask
 *
 * @typedef {object} BrushParts
 * @property {Viewer} viewer
 * @property {Store} store
 * @property {Workspace} workspace
 * @property {MarkingRules} rules
 * @property {BrushRing} ring
 * @property {MarksLayer} marks
 * @property {MasksLayer} masks
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

/** @param {BrushParts} parts @returns {BrushHost} */
export function brushHost(parts) {
  const {viewer, workspace, ring, obstacle, say, begin, end} = parts;
  let shown = 0;
  /** @type {BrushHost['sketch']} the stroke stays until the mask that it changed is drawn */
  const sketch = (drawn) => {
    shown += 1;
    const number = shown;
    if (drawn || !parts.masks.isStale) parts.sketch(drawn);
    else parts.masks.whenDrawn(() => number === shown && parts.sketch(null));
  };
  return {
    obstacle,
    sketch,
    say,
    begin,
    end,
    feelsPressure: () => workspace.state.penPressure,
    widened: (pieces, before) => pieces.reduce((region, piece) => union(region, sweptBy(parts, piece)), before),
    radius: () => Math.max((workspace.state.brushPx / 2) * resolution(viewer), 0.5),
    target: () => targetOf(parts),
    pushes: () => workspace.state.brushPushes && workspace.state.tool === 'brush',
    pushed: (region, stroke) => pushed(parts, region, stroke),
    settle: () => {
      for (const id of workspace.state.selection) parts.marks.refresh(id);
    },
    ring: (pixel, erases) => {
      ring.show(pixel, erases);
      prepareSoon(parts);
    },
    finish: (stroke) => finish(parts, stroke),
  };
}

/** @param {Viewer} viewer @returns {number} level-0 px per screen px */
const resolution = (viewer) => viewer.view.getResolution() ?? 1;

/** @param {BrushParts} parts @returns {SeenMark | null} the one mark that is selected, if it is a region or a mask of this frame */
export function selectedMark({store, workspace, viewer, rules}) {
  const [id, ...others] = workspace.state.selection;
  const mark = others.length === 0 && !workspace.state.locked.has(id) ? store.seen(id) : undefined;
  const isHere = mark && (mark.body.frame === null || mark.body.frame === viewer.frame);
  return isHere && (mark.body.geometry?.type === 'Mask' || regionOfMark(mark, rules).length > 0) ? mark : null;
}

/** @param {BrushParts} parts @returns {SeenMark | null} */
function selectedRegion(parts) {
  const mark = selectedMark(parts);
  return mark?.body.geometry?.type === 'Mask' ? null : mark;
}

/** @type {Geometry | null} that the next stroke is likely to change */
let prepared = null;

/** A pointer that comes with a brush will paint: the region is made ready while nothing else is to do. @param {BrushParts} parts */
function prepareSoon(parts) {
  const mark = selectedRegion(parts);
  if (!mark || mark.body.geometry === prepared) return;
  prepared = mark.body.geometry;
  globalThis.requestIdleCallback?.(() => prepare(regionOfMark(mark, parts.rules)));
}

/** @param {BrushParts} parts @returns {Target | null} */
export function targetOf(parts) {
  const mark = selectedMark(parts);
  const geometry = mark?.body.geometry;
  if (!mark || !geometry) return null;
  if (geometry.type === 'Mask') return {isIn: (point) => holdsPixel(geometry, point), region: null};
  const region = regionOfMark(mark, parts.rules);
  return {isIn: (point) => isInRegion(region, point), region};
}

/** @param {BrushParts} parts @param {{kind: StrokeKind}} stroke @returns {boolean} whether it paints pixels: a selected mark is painted as what it is */
export function isOfPixels(parts, {kind}) {
  const mark = kind === 'new' ? null : selectedMark(parts);
  if (mark) return mark.body.geometry?.type === 'Mask';
  const label = parts.label();
  return parts.workspace.state.brushPixels && label !== null && parts.rules.granularityOf('Mask', label) !== null;
}

/** @param {BrushParts} parts @param {Pick<Stroke, 'path' | 'radius' | 'pieces'>} stroke @returns {Region} what it covers of the image */
function sweptBy(parts, {path, radius, pieces}) {
  if (pieces) return pieces.reduce((/** @type {Region} */ region, piece) => union(region, sweptBy(parts, piece)), []);
  const {viewer} = parts;
  const tolerance = Math.max(TOLERANCE_PX * resolution(viewer), FINEST_PX);
  return intersection(strokeRegion(simplify(withoutRepeats(path), tolerance), radius, tolerance), wholeImage(viewer.manifest));
}

/** @param {BrushParts} parts @param {Region} region @param {Stroke} stroke @returns {Region | null} */
function pushed(parts, region, stroke) {
  const mark = selectedRegion(parts);
  if (!mark || region.flat(2).length > LIVE_VERTICES) return null;
  const after = combinedWith(parts, region, sweptBy(parts, stroke), stroke.kind, mark);
  const geometry = geometryOf(after);
  if (geometry) parts.marks.preview(mark.id, geometry);
  return after;
}

/**
 * @param {BrushParts} parts @param {Region} before @param {Region} swept @param {StrokeKind} kind @param {SeenMark | null} mark
 * @returns {Region}
 */
function combinedWith(parts, before, swept, kind, mark) {
  if (kind === 'erase') return difference(before, swept);
  const {store, rules, workspace} = parts;
  const body = mark?.body ?? newcomer(parts);
  const others = workspace.state.paintsOnlyEmpty && body ? neighbours(store, rules, {id: mark?.id, body}, swept) : [];
  return union(before, emptyPart(swept, others));
}

/** @param {BrushParts} parts @returns {Pick<Body, 'granularity' | 'frame'> | null} what a new mark of the brush would be */
function newcomer({rules, viewer, ...parts}) {
  const label = parts.label();
  const granularity = label && rules.granularityFor('brush', label);
  return granularity && {granularity, frame: viewer.frame};
}

/** @param {BrushParts} parts @param {Stroke} stroke */
function finish(parts, stroke) {
  const {kind} = stroke;
  if (isOfPixels(parts, stroke)) {
    const finer = {...stroke, path: simplify(withoutRepeats(stroke.path), TOLERANCE_PX * resolution(parts.viewer))};
    paintPixels(parts, kind === 'new' ? null : selectedMark(parts), strokePixels(parts.viewer, stroke.pieces ?? [finer]), kind);
  } else paintRegion(parts, sweptBy(parts, stroke), kind);
}

/** Has a region added to the selected one, taken out of it, or become a mark of its own. @param {BrushParts} parts @param {Region} swept @param {StrokeKind} kind */
export function paintRegion(parts, swept, kind) {
  const {viewer} = parts;
  const mark = kind === 'new' ? null : selectedRegion(parts);
  const before = mark ? regionOfMark(mark, parts.rules) : [];
  // With Shift held a stroke may begin beside the region; if it never meets it, it is one of its own.
  if (mark && kind === 'extend' && intersection(before, swept).length === 0) {
    paintRegion(parts, swept, 'new');
    return;
  }
  const combined = combinedWith(parts, before, swept, kind, mark);
  if (areaOf(combined) === areaOf(before)) {
    if (kind === 'new') parts.say(t('Nothing under this stroke is empty.'), true);
    return;
  }
  const after = settled(combined, before, resolution(viewer));
  if (after) keep(parts, mark, after);
  else parts.say(problemText('geometry_too_many_vertices'), true);
}

/** @param {BrushParts} parts @param {SeenMark | null} mark null: a new one @param {Region} region */
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
