/** Pixels become marks: a mask of their own, or a change of the one that is selected; one step each. */

import {createMarks, newBody, repaintMark} from '../commands/marks.js';
import {t} from '../../lib/i18n.js';
import {boundsOf} from '../outline.js';
import {problemText} from '../tools/problems.js';
import {regionOfMark} from '../tools/region_marks.js';
import {leaveOut, maskNear, meets, pixelsOf, pixelsOfOutlines, pixelsOfStroke, tileBounds, withPixels, withoutPixels} from './pixels.js';

/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {MarkingRules} from '../marking_rules.js' */
/** @import {Store} from '../store.js' */
/** @import {StrokeKind} from '../tools/brush/host.js' */
/** @import {Body, Geometry, Label, Mark, Position} from '../types.js' */
/** @import {Workspace} from '../workspace.js' */
/** @import {Pixels} from './pixels.js' */

/**
 * @typedef {object} Parts
 * @property {Viewer} viewer
 * @property {Store} store
 * @property {Workspace} workspace
 * @property {MarkingRules} rules
 * @property {() => Label | null} label
 * @property {() => number} spent active seconds since the stroke was begun
 * @property {(need: {needsLabel: boolean}) => string | null} obstacle
 * @property {(text: string | null, isProblem?: boolean) => void} say
 */

/** @param {Viewer} viewer @param {{path: Position[], radius: number}[]} pieces of a stroke @returns {Pixels} */
export function strokePixels({manifest}, pieces) {
  /** @type {Pixels} */
  const pixels = new Map();
  for (const {path, radius} of pieces) pixelsOfStroke(path, radius, manifest, pixels);
  return pixels;
}

/**
 * @param {Parts} parts @param {Mark | null} mark the mask that is selected; null: a new one
 * @param {Pixels} pixels changed where they are left out @param {StrokeKind} kind
 */
export function paintPixels(parts, mark, pixels, kind) {
  const before = mark?.body.geometry?.type === 'Mask' ? mark.body.geometry : null;
  // With Shift held a stroke may begin beside the mask; if it never meets it, it is one of its own.
  const joined = before && (kind === 'erase' || meets(pixels, before)) ? mark : null;
  const body = joined?.body ?? newcomer(parts);
  if (kind === 'erase' && !joined) return;
  if (kind !== 'erase' && parts.workspace.state.paintsOnlyEmpty && body) leaveNeighboursOut(parts, {id: joined?.id, body}, pixels);
  const kept = joined && before;
  const after = kind === 'erase' && kept ? withoutPixels(kept, pixels) : withPixels(kept, pixels);
  if (after === 'too-large') parts.say(problemText('mask_too_large'), true);
  else if (joined) repaintMark(parts.store, joined.id, after ? [after] : [], parts.spent());
  else if (after) make(parts, after);
  else parts.say(t('Nothing under this stroke is empty.'), true);
}

/** @param {Parts} parts @returns {Pick<Body, 'granularity' | 'frame'> | null} what a new mask would be */
function newcomer({rules, viewer, label}) {
  const chosen = label();
  const granularity = chosen && rules.granularityOf('Mask', chosen);
  return granularity && {granularity, frame: viewer.frame};
}

/** @param {Parts} parts @param {Geometry} geometry */
function make(parts, geometry) {
  const label = parts.label();
  const body = newcomer(parts);
  const obstacle = parts.obstacle({needsLabel: true});
  if (obstacle) parts.say(obstacle, true);
  if (obstacle || !label || !body) return;
  parts.workspace.select(createMarks(parts.store, [newBody({...body, geometry, labels: [label.code], activeSeconds: parts.spent()})]));
}

/**
 * What other marks of the same kind and frame have is left out, whether they are masks or outlines, locked ones as well.
 * @param {Parts} parts @param {{id?: string, body: Pick<Body, 'granularity' | 'frame'>}} mark @param {Pixels} pixels
 */
function leaveNeighboursOut({store, rules}, {id, body}, pixels) {
  const [left, top, right, bottom] = tileBounds(pixels);
  for (const other of store.seenMarks()) {
    const {geometry, granularity, frame} = other.body;
    if (other.id === id || granularity !== body.granularity || frame !== body.frame || !geometry) continue;
    const [x, y, width, height] = boundsOf(geometry);
    if (x >= right || y >= bottom || x + width <= left || y + height <= top) continue;
    if (geometry.type === 'Mask') leaveOut(pixels, pixelsOf(maskNear(geometry, [left, top, right, bottom])));
    else leaveOut(pixels, pixelsOfOutlines(regionOfMark(other, rules), [left, top, right, bottom]));
  }
}
