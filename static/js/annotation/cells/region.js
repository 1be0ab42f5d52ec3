/** The region that cells are counted and chosen in: the one outline that is selected. */

import {regionOfMask} from '../masks/outlines.js';
import {boundsOf, ringArea} from '../outline.js';
import {regionOf} from '../regions.js';

/** @import {Store} from '../store.js' */
/** @import {Position, Ring} from '../types.js' */
/** @import {Workspace} from '../workspace.js' */

/**
 * @param {Store} store @param {Workspace} workspace
 * @returns {{extent: number[], rings: (Position[] | null)[], areaPx: number} | null} level-0 px; a ring of null is the extent itself
 */
export function outlineOf(store, workspace) {
  const [id, ...others] = workspace.state.selection;
  const geometry = id && others.length === 0 ? store.seen(id)?.body.geometry : null;
  if (!geometry || geometry.type === 'Point') return null;
  const [x, y, width, height] = boundsOf(geometry);
  const extent = [x, y, x + width, y + height];
  if (geometry.type === 'Rectangle') return {extent, rings: [null], areaPx: width * height};
  const polygons = geometry.type === 'Mask' ? regionOfMask(geometry) : regionOf(geometry);
  if (!polygons) return null;
  const areaPx = polygons.flat().reduce((sum, ring, place) => sum + area(ring) * (isHole(polygons, place) ? -1 : 1), 0);
  return {extent, rings: polygons.map((rings) => bridged(rings)), areaPx};
}

/** @param {Ring} ring */
const area = (ring) => Math.abs(ringArea(ring));

/** @param {Ring[][]} polygons @param {number} place among all rings */
function isHole(polygons, place) {
  let first = 0;
  for (const rings of polygons) {
    if (place === first) return false;
    first += rings.length;
  }
  return true;
}

/**
 * An outline and its holes as one ring: by the even-odd rule a way there and back encloses nothing.
 * @param {Ring[]} rings @returns {Position[]}
 */
function bridged([outline, ...holes]) {
  const [start] = outline;
  return holes.reduce((path, hole) => [...path, ...hole, start], [...outline]);
}
