/** A finished shape meets the region that is there: one step, holes and parts as the brush leaves them. */

import {repaintMark} from '../../commands/marks.js';
import {combinedMasks, sharedWith} from '../../masks/combining.js';
import {boundsOf, ringsOf} from '../../outline.js';
import {areaOf, difference, intersection, union} from '../../regions.js';
import {t} from '../../../lib/i18n.js';
import {problemText} from '../problems.js';
import {regionOfMark, settled, shapesOf} from '../region_marks.js';
import {stepName} from './mode.js';

/** @import {MarkingRules} from '../../marking_rules.js' */
/** @import {MarksLayer} from '../../render/marks_layer.js' */
/** @import {Region} from '../../regions.js' */
/** @import {Store} from '../../store.js' */
/** @import {Geometry, SeenMark} from '../../types.js' */
/** @import {Workspace} from '../../workspace.js' */
/** @import {Mode} from './mode.js' */

/**
 * @typedef {object} Parts
 * @property {Store} store
 * @property {Workspace} workspace
 * @property {MarkingRules} rules
 * @property {MarksLayer} marks
 * @property {number} resolution level-0 px per screen px
 * @property {() => number} spent active seconds since the shape was begun
 *
 * @typedef {'done' | 'alone' | {problem: string}} Outcome alone: it met nothing, and is to be a mark of its own
 */

/**
 * @param {Region} target @param {Region} shape @param {Mode} mode
 * @returns {Region[]} what the mark keeps, and for a cut what is taken out of it as a mark of its own
 */
export function combined(target, shape, mode) {
  switch (mode) {
    case 'add':
      return [union(target, shape)];
    case 'subtract':
      return [difference(target, shape)];
    case 'intersect':
      return [intersection(target, shape)];
    case 'cut':
      return [difference(target, shape), intersection(target, shape)];
  }
}

/** @param {Geometry} geometry @returns {Region} */
const toRegion = (geometry) => (geometry.type === 'MultiPolygon' ? geometry.coordinates : [ringsOf(geometry)]);

/**
 * The region that a shape is meant for: the selected one if the shape meets it, otherwise the one that it covers most of.
 * @param {Parts} parts @param {Geometry} geometry @param {string | null} selected what was selected when the shape was begun
 * @returns {SeenMark | null}
 */
function metBy({marks, rules}, geometry, selected) {
  const shape = toRegion(geometry);
  const areaIn = (/** @type {SeenMark} */ mark) =>
    mark.body.geometry?.type === 'Mask' ? sharedWith(mark.body.geometry, shape) : areaOf(intersection(regionOfMark(mark, rules), shape));
  const met = marks
    .within(boundsOf(geometry))
    .map((mark) => ({mark, area: areaIn(mark)}))
    .filter(({area}) => area > 0)
    .sort((a, b) => b.area - a.area);
  return (met.find(({mark}) => mark.id === selected) ?? met[0])?.mark ?? null;
}

/**
 * @param {Parts} parts @param {SeenMark} target @param {Region} shape @param {Mode} mode
 * @returns {Geometry[][] | {problem: string}} what the mark keeps, and for a cut what is taken out of it
 */
function combinedShapes({rules, resolution}, target, shape, mode) {
  const before = regionOfMark(target, rules);
  const kept = combined(before, shape, mode).map((region) => settled(region, before, resolution));
  if (kept.some((region) => region === null)) return {problem: problemText('geometry_too_many_vertices')};
  return kept.map((region) => shapesOf(/** @type {Region} */ (region), target.body.granularity, rules));
}

/**
 * @param {Parts} parts @param {Geometry} geometry @param {Mode} mode @param {string | null} selected as for `metBy`
 * @returns {Outcome}
 */
export function combine(parts, geometry, mode, selected) {
  const target = metBy(parts, geometry, selected) ?? (mode === 'add' ? apart(parts, selected) : null);
  if (!target) return mode === 'add' ? 'alone' : {problem: t('There is no region under this shape.')};
  const {store, workspace} = parts;
  const {geometry: before} = target.body;
  const shapes = before?.type === 'Mask' ? combinedMasks(before, toRegion(geometry), mode) : combinedShapes(parts, target, toRegion(geometry), mode);
  if ('problem' in shapes) return shapes;
  if (mode === 'cut' && shapes.some((part) => part.length === 0)) return {problem: t('This shape does not cut the region apart.')};
  const changes = repaintMark(store, target.id, shapes.flat(), parts.spent(), stepName(mode));
  const shown = mode === 'cut' ? (changes?.created ?? []).slice(shapes[0].length - 1).map(({id}) => id) : [target.id];
  workspace.select(shown.filter((id) => store.get(id)));
  return 'done';
}

/**
 * What is added beside the selected region belongs to it, where a mark may have several parts.
 * @param {Parts} parts @param {string | null} selected @returns {SeenMark | null}
 */
function apart({store, rules, marks}, selected) {
  const mark = selected === null ? undefined : store.seen(selected);
  if (!mark || !marks.isFree(mark)) return null;
  if (mark.body.geometry?.type === 'Mask') return mark;
  return regionOfMark(mark, rules).length > 0 && rules.takes(mark.body.granularity, 'MultiPolygon') ? mark : null;
}
