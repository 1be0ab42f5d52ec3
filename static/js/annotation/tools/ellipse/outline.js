/** An ellipse as the polygon that is stored. */

import {closeRing, findCrossing} from '../../outline.js';

/** @import {Ring} from '../../types.js' */

/** No chord lies farther from the true ellipse; level-0 px, at any zoom. Rounding to the grid adds 0.09 px at most. */
export const CHORD_ERROR_PX = 0.25;
/** A smaller circle would look like a stop sign. */
const FEWEST_CORNERS = 24;

/**
 * The corners divide the circle evenly that the ellipse is a squeezed picture of, so that the longer half axis bounds the
 * distance of a chord, and the four ends of the axes are corners.
 * @param {[number, number, number, number]} bbox x, y, width, height in level-0 px
 * @returns {Ring} on the grid; that of too small an ellipse has no area
 */
export function ellipseRing(bbox) {
  const longer = Math.max(bbox[2], bbox[3]) / 2;
  const step = 2 * Math.acos(Math.max(0, 1 - CHORD_ERROR_PX / Math.max(longer, CHORD_ERROR_PX)));
  let corners = Math.max(FEWEST_CORNERS, 4 * Math.ceil((2 * Math.PI) / step / 4));
  let ring = ringOf(bbox, corners);
  // At the tips of a needle both sides are rounded onto one line; fewer corners keep them apart.
  for (; corners > FEWEST_CORNERS && findCrossing(ring); ring = ringOf(bbox, corners)) corners = 4 * Math.ceil(corners / 8);
  return ring;
}

/** @param {[number, number, number, number]} bbox level-0 px @param {number} corners @returns {Ring} */
function ringOf([x, y, width, height], corners) {
  return closeRing(
    Array.from({length: corners}, (_, i) => {
      const angle = (2 * Math.PI * i) / corners;
      return [x + (width / 2) * (1 + Math.cos(angle)), y + (height / 2) * (1 + Math.sin(angle))];
    }),
  );
}
