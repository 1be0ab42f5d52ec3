/** Marks as regions, and regions as marks: what brush, modes and commands have in common. */

import {regionOfMask} from '../masks/outlines.js';
import {maskNear} from '../masks/pixels.js';
import {MAX_VERTICES, boundsOf, ringsOf} from '../outline.js';
import {areaOf, difference, geometryOf, regionOf, withoutSlivers} from '../regions.js';

/** @import {MarkingRules} from '../marking_rules.js' */
/** @import {Region} from '../regions.js' */
/** @import {Store} from '../store.js' */
/** @import {Body, Geometry, Granularity, SeenMark} from '../types.js' */

/** Smaller specks and pinholes are left over, not meant; screen px. */
const SLIVER_PX = 1;

/**
 * @param {SeenMark} mark @param {MarkingRules} rules
 * @returns {Region} empty for what cannot be a region: points, and boxes that have to stay boxes
 */
export function regionOfMark({body: {geometry, granularity}}, rules) {
  const isBox = geometry?.type === 'Rectangle' && rules.takes(granularity, 'Polygon');
  return isBox ? [ringsOf(geometry)] : regionOf(geometry);
}

/**
 * @param {Region} region @param {Region} before what was there before @param {number} resolution level-0 px per screen px
 * @returns {Region | null} without what is too small to be meant; null: it has too many vertices
 */
export function settled(region, before, resolution) {
  const after = withoutSlivers(region, (SLIVER_PX * resolution) ** 2, before);
  return after.flat(2).length > MAX_VERTICES ? null : after;
}

/**
 * One shape where the granularity takes several polygons as one; otherwise one each, the largest first.
 * @param {Region} region @param {Granularity} granularity @param {MarkingRules} rules @returns {Geometry[]}
 */
export function shapesOf(region, granularity, rules) {
  const parts = rules.takes(granularity, 'MultiPolygon') ? [region] : region.map((rings) => [rings]).sort((a, b) => areaOf(b) - areaOf(a));
  return parts.flatMap((part) => geometryOf(part) ?? []);
}

/**
 * Other marks of the same kind and frame that may overlap a region, locked ones as well.
 * @param {Store} store @param {MarkingRules} rules
 * @param {{id?: string, body: Pick<Body, 'granularity' | 'frame'>}} mark that the region is of
 * @param {Region} region
 * @returns {Region[]}
 */
export function neighbours(store, rules, {id, body}, region) {
  const geometry = geometryOf(region);
  if (!geometry) return [];
  const [x, y, width, height] = boundsOf(geometry);
  return store.seenMarks().flatMap((other) => {
    if (other.id === id || other.body.granularity !== body.granularity || other.body.frame !== body.frame || !other.body.geometry) return [];
    const [left, top, across, down] = boundsOf(other.body.geometry);
    const isNear = left < x + width && x < left + across && top < y + height && y < top + down;
    if (!isNear) return [];
    const {geometry: theirs} = other.body;
    return theirs.type === 'Mask' ? (regionOfMask(maskNear(theirs, [x, y, x + width, y + height])) ?? []).map((rings) => [rings]) : [regionOfMark(other, rules)];
  });
}

/**
 * @param {Region} region @param {Region[]} others
 * @returns {Region} what of it nobody has
 */
export const emptyPart = (region, others) => others.reduce((left, other) => difference(left, other), region);
