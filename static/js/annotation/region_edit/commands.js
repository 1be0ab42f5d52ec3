/** What can be done with regions that are there: each is one step, and says why it cannot be done. */

import {t} from '../../lib/i18n.js';
import {newBody} from '../commands/marks.js';
import {newId} from '../ids.js';
import {simplify} from '../outline.js';
import {areaOf, geometryOf, union} from '../regions.js';
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
const withShape = ({id, body}, geometry) => ({id, body: {...body, geometry}});

/** @param {SeenMark} mark @param {Geometry} geometry @returns {{id: string, body: Body}} a mark that says the same of another place */
function sibling({body: {granularity, frame, labels}}, geometry) {
  return {id: newId(), body: newBody({granularity, geometry, frame, labels})};
}

/** @param {SeenMark} mark @returns {{id: string, body: SeenBody | null}} without what is on this frame: nothing, unless it is a track */
const emptied = ({id, body}) => ({id, body: body.seen ? {...body, geometry: null} : null});

/** @param {Work} work @returns {Outcome} */
export function fillHoles({store, rules, marks}) {
  const filled = marks.flatMap((mark) => {
    const region = regionOfMark(mark, rules);
    // Islands within a hole are part of what fills it.
    const geometry = region.some((rings) => rings.length > 1) ? geometryOf(union(region.map(([outline]) => [outline]), [])) : null;
    return geometry ? [withShape(mark, geometry)] : [];
  });
  if (filled.length === 0) return {problem: t('The selected marks have no holes.')};
  store.commit('local', {name: t('Fill holes'), marks: filled});
  return {ids: marks.map(({id}) => id)};
}

/** @param {Work} work @returns {Outcome} */
export function splitParts({store, rules, marks}) {
  const changed = marks.flatMap((mark) => {
    const region = regionOfMark(mark, rules).map((rings) => [rings]);
    if (region.length < 2) return [];
    const [first, ...others] = region
      .sort((a, b) => areaOf(b) - areaOf(a))
      .map((part) => /** @type {Geometry} */ (geometryOf(part)));
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
  const parts = marks
    .map((mark) => ({mark, region: regionOfMark(mark, rules)}))
    .filter(({region}) => region.length > 0)
    .sort((a, b) => areaOf(b.region) - areaOf(a.region));
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
  const shapes = shapesOf(
    parts.map(({region}) => region).reduce((all, region) => union(all, region)),
    body.granularity,
    rules,
  );
  if (shapes.length !== 1) return {problem: t('These marks do not touch, and a mark of this kind has one part.')};
  const gone = others.map(({mark}) => ({id: mark.id, body: null}));
  store.commit('local', {name: t('Merge marks'), marks: [withShape(kept, shapes[0]), ...gone]});
  return {ids: [kept.id]};
}

/** @param {Work} work @returns {Outcome} */
export function keepEmptyPart({store, rules, marks}) {
  const changed = marks.flatMap((mark) => {
    const region = regionOfMark(mark, rules);
    if (region.length === 0) return [];
    const left = emptyPart(region, neighbours(store, rules, mark, region));
    if (areaOf(left) === areaOf(region)) return [];
    const [first, ...others] = shapesOf(left, mark.body.granularity, rules);
    return [first ? withShape(mark, first) : emptied(mark), ...others.map((geometry) => sibling(mark, geometry))];
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
