/** Masks become outlines and outlines masks, exactly: one step for all that are selected, and why one cannot. */

import {t} from '../../lib/i18n.js';
import {sibling, withShape} from '../region_edit/commands.js';
import {problemText} from '../tools/problems.js';
import {regionOfMark, shapesOf} from '../tools/region_marks.js';
import {maskOfRegion, regionOfMask} from './outlines.js';

/** @import {Outcome, Work} from '../region_edit/commands.js' */
/** @import {Body, SeenBody} from '../types.js' */

/** @typedef {{id: string, body: Body | SeenBody | null}[]} Changes */

/** @param {Work} work @returns {Outcome} */
export function toMasks({store, rules, marks}) {
  /** @type {Changes} */
  const changes = [];
  for (const mark of marks) {
    // Between the frames of a track there are no pixels to be worked out.
    const region = rules.takes(mark.body.granularity, 'Mask') && !mark.body.seen ? regionOfMark(mark, rules) : [];
    if (region.length === 0) continue;
    const mask = maskOfRegion(region);
    if (mask === 'too-large') return {problem: problemText('mask_too_large')};
    if (!mask) return {problem: t('An outline holds the middle of no pixel; it cannot be a mask.')};
    changes.push(withShape(mark, mask));
  }
  if (changes.length === 0) return {problem: t('Select outlines of regions to make masks of them.')};
  store.commit('local', {name: t('Convert to masks'), marks: changes});
  return {ids: changes.map(({id}) => id)};
}

/** @param {Work} work @returns {Outcome} */
export function toOutlines({store, rules, marks}) {
  /** @type {Changes} */
  const changes = [];
  for (const mark of marks) {
    const {geometry, granularity} = mark.body;
    if (geometry?.type !== 'Mask') continue;
    const region = regionOfMask(geometry);
    if (!region) return {problem: t('The outline of a mask would have more than 20,000 vertices. The masks stay as they are.')};
    const [first, ...others] = shapesOf(region, granularity, rules);
    changes.push(withShape(mark, first), ...others.map((shape) => sibling(mark, shape)));
  }
  if (changes.length === 0) return {problem: t('Select masks to make outlines of them.')};
  store.commit('local', {name: t('Convert to outlines'), marks: changes});
  return {ids: changes.map(({id}) => id)};
}
