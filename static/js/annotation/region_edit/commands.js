/** What can be done with regions that are there: each is one step, and says why it cannot be done. */

import {t} from '../../lib/i18n.js';
import {newBody} from '../commands/marks.js';
import {newId} from '../ids.js';
import {simplify} from '../outline.js';
import {areaOf, geometryOf, union} from '../regions.js';
import {mergedMasks} from '../masks/combining.js';
import {maskOfRegion, regionOfMask} from '../masks/outlines.js';
import {pixelCount} from '../masks/tiles.js';
import {problemText} from '../tools/problems.js';
import {emptyPart, neighbours, regionOfMark, shapesOf} from '../tools/region_marks.js';

/** @import {MarkingRules} from '../marking_rules.js' */
/** @import {Region} from '../regions.js' */
/** @import {Store} from '../store.js' */
/** @import {Body, Geometry, SeenBody, SeenMark} from '../types.js' */

/**
 * @typedef {object} Work
 * @property {Store} store
 * @property {MarkingRules} rules
 * @property {SeenMark[]} marks the selected ones
 *
 * @typedef {{problem: string} | {ids: string[]}} Outcome ids: what is to be selected now
 */

/** @param {SeenMark} mark @param {Geometry} geometry @returns {{id: string, body: SeenBody}} */
export const withShape = ({id, body}, geometry) => ({id, body: {...body, geometry}});

/** @param {SeenMark} mark @param {Geometry} geometry @returns {{id: string, body: Body}} a mark that says the same of another place */
export function sibling({body: {granularity, frame, labels}}, geometry) {
  return {id: newId(), body: newBody({granularity, geometry, frame, labels})};
}

/** @param {SeenMark} mark @returns {{id: string, body: SeenBody | null}} without what is on this frame: nothing, unless it is a track */
const emptied = ({id, body}) => ({id, body: body.seen ? {...body, geometry: null} : null});

/** @param {SeenMark} mark @param {MarkingRules} rules @returns {Region} of a mask its exact outlines, if they are not too many */
const regionIn = (mark, rules) => (mark.body.geometry?.type === 'Mask' ? (regionOfMask(mark.body.geometry) ?? []) : regionOfMark(mark, rules));

/** @param {SeenMark} mark @param {Region} region @returns {Geometry | null} a mask where the mark is one; null: nothing is left */
function shapeLike(mark, region) {
  if (mark.body.geometry?.type !== 'Mask') return geometryOf(region);
  const mask = maskOfRegion(region);
  return mask === 'too-large' ? mark.body.geometry : mask;
}

/** @param {Work} work @returns {Outcome} */
export function fillHoles({store, rules, marks}) {
  const filled = marks.flatMap((mark) => {
    const region = regionIn(mark, rules);
    if (region.every((rings) => rings.length < 2)) return [];
    // Islands within a hole are part of what fills it.
    const geometry = shapeLike(mark, union(region.map(([outline]) => [outline]), []));
    return geometry ? [withShape(mark, geometry)] : [];
  });
  if (filled.length === 0) return {problem: t('The selected marks have no holes.')};
  store.commit('local', {name: t('Fill holes'), marks: filled});
  return {ids: marks.map(({id}) => id)};
}

/** @param {Work} work @returns {Outcome} */
export function splitParts({store, rules, marks}) {
  const changed = marks.flatMap((mark) => {
    const region = regionIn(mark, rules).map((rings) => [rings]);
    if (region.length < 2) return [];
    const [first, ...others] = region
      .sort((a, b) => areaOf(b) - areaOf(a))
      .map((part) => /** @type {Geometry} */ (shapeLike(mark, part)));
    return [withShape(mark, first), ...others.map((geometry) => sibling(mark, geometry))];
  });
  if (changed.length === 0) return {problem: t('The selected marks have one part each.')};
  store.commit('local', {name: t('Split into parts'), marks: changed});
  return {ids: changed.map(({id}) => id)};
}

/**
 * The largest mark takes the others in, and keeps what is written about it.
 * @param {Work} work @returns {Outcome}
 */
export function mergeMarks({store, rules, marks}) {
  const masks = marks.flatMap(({body: {geometry}}) => (geometry?.type === 'Mask' ? [geometry] : []));
  const areMasks = masks.length === marks.length;
  const parts = marks
    .map((mark, at) => ({mark, region: regionOfMark(mark, rules), area: areMasks ? pixelCount(masks[at]) : areaOf(regionOfMark(mark, rules))}))
    .filter(({area}) => area > 0)
    .sort((a, b) => b.area - a.area);
  if (parts.length < 2) return {problem: t('Select two regions or more to merge them.')};
  const [{mark: kept}, ...others] = parts;
  const {body} = kept;
  if (others.some(({mark}) => mark.body.seen)) return {problem: t('A track is not merged into another mark.')};
  if (others.some(({mark}) => mark.body.labels[0] !== body.labels[0])) {
    return {problem: t('Marks with different labels are not merged. Give them one label first.')};
  }
  if (others.some(({mark}) => mark.body.granularity !== body.granularity || mark.body.frame !== body.frame)) {
    return {problem: t('Marks of different kinds or frames are not merged.')};
  }
  const region = () => parts.map((part) => part.region).reduce((all, one) => union(all, one));
  const shapes = areMasks ? [mergedMasks(masks)] : shapesOf(region(), body.granularity, rules);
  if (shapes[0] === 'too-large') return {problem: problemText('mask_too_large')};
  if (shapes.length !== 1) return {problem: t('These marks do not touch, and a mark of this kind has one part.')};
  const gone = others.map(({mark}) => ({id: mark.id, body: null}));
  store.commit('local', {name: t('Merge marks'), marks: [withShape(kept, /** @type {Geometry} */ (shapes[0])), ...gone]});
  return {ids: [kept.id]};
}

/** @param {Work} work @returns {Outcome} */
export function keepEmptyPart({store, rules, marks}) {
  const changed = marks.flatMap((mark) => {
    const region = regionIn(mark, rules);
    if (region.length === 0) return [];
    const left = emptyPart(region, neighbours(store, rules, mark, region));
    if (areaOf(left) === areaOf(region)) return [];
    const isMask = mark.body.geometry?.type === 'Mask';
    const [first, ...others] = isMask ? [shapeLike(mark, left)] : shapesOf(left, mark.body.granularity, rules);
    return [first ? withShape(mark, first) : emptied(mark), ...others.map((geometry) => sibling(mark, /** @type {Geometry} */ (geometry)))];
  });
  if (changed.length === 0) return {problem: t('The selected marks overlap no other mark of their kind.')};
  store.commit('local', {name: t('Take neighbours out'), marks: changed});
  return {ids: changed.map(({id}) => id).filter((id) => store.get(id))};
}

/**
 * @param {Region} region @param {number} tolerance level-0 px that an outline may move
 * @returns {Region} with fewer vertices, and still without crossings; rings that vanish are left out
 */
export function simplified(region, tolerance) {
  return union(
    region.map((rings) => rings.map((ring) => simplify(ring, tolerance)).filter((ring) => ring.length > 3)).filter((rings) => rings.length > 0),
    [],
  );
}

/**
 * @param {Work} work @param {number} tolerance level-0 px
 * @returns {{shapes: {id: string, geometry: Geometry}[], vertices: [number, number], area: [number, number]}} before and after
 */
export function simplification({rules, marks}, tolerance) {
  const parts = marks.map((mark) => {
    const before = regionOfMark(mark, rules);
    const after = simplified(before, tolerance);
    const shapes = shapesOf(after, mark.body.granularity, rules);
    // A mark that would fall apart or vanish stays as it is.
    const [geometry = null] = shapes.length === 1 ? shapes : [];
    return {id: mark.id, geometry, before, after: geometry ? after : before};
  });
  /** @param {(part: {before: Region, after: Region}) => Region} which @param {(region: Region) => number} measure */
  const sum = (which, measure) => parts.reduce((total, part) => total + measure(which(part)), 0);
  const vertices = (/** @type {Region} */ region) => region.flat().reduce((count, ring) => count + ring.length - 1, 0);
  return {
    shapes: parts.flatMap(({id, geometry}) => (geometry ? [{id, geometry}] : [])),
    vertices: [sum(({before}) => before, vertices), sum(({after}) => after, vertices)],
    area: [sum(({before}) => before, areaOf), sum(({after}) => after, areaOf)],
  };
}
