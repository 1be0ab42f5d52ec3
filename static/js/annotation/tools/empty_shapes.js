/** What of a finished shape nobody has: a new region ends where its neighbours begin, and shares their edge. */

import {areaOf, regionOf} from '../regions.js';
import {emptyPart, neighbours, settled, shapesOf} from './region_marks.js';

/** @import {MarkingRules} from '../marking_rules.js' */
/** @import {Store} from '../store.js' */
/** @import {Body, Geometry} from '../types.js' */

/**
 * @param {{store: Store, rules: MarkingRules, resolution: number}} parts resolution: level-0 px per screen px
 * @param {Geometry} geometry @param {Pick<Body, 'granularity' | 'frame'>} body of the mark that is to be
 * @returns {Geometry[] | null} one for each mark, the largest first; none: all of it belongs to others; null: too many vertices
 */
export function emptyShapes({store, rules, resolution}, geometry, body) {
  if (geometry.type !== 'Polygon' && geometry.type !== 'MultiPolygon') return [geometry];
  const region = regionOf(geometry);
  const others = neighbours(store, rules, {body}, region);
  const left = emptyPart(region, others);
  // What meets nobody stays as it was drawn.
  if (areaOf(left) === areaOf(region)) return [geometry];
  const kept = settled(left, [], resolution);
  return kept && shapesOf(kept, body.granularity, rules);
}
