/** The way from one view to another, and who may follow whom. Nothing here knows of a page. */

/** @typedef {{x: number, y: number, resolution: number, rotation: number}} View level-0 px, level-0 px per screen px, degrees clockwise */

/** @param {number} degrees @returns {number} the same turn, from -180 to 180 */
export const turn = (degrees) => ((((degrees + 180) % 360) + 360) % 360) - 180;

/**
 * @param {View} from @param {View} to
 * @param {number} share of the way, 0 to 1
 * @returns {View} zoomed evenly, turned the short way round
 */
export function between(from, to, share) {
  if (share >= 1) return to;
  return {
    x: from.x + (to.x - from.x) * share,
    y: from.y + (to.y - from.y) * share,
    resolution: from.resolution * (to.resolution / from.resolution) ** share,
    rotation: from.rotation + turn(to.rotation - from.rotation) * share,
  };
}

/** @param {View} one @param {View} other @returns {boolean} whether nobody could tell them apart on the screen */
export function isSameView(one, other) {
  const apart = Math.hypot(one.x - other.x, one.y - other.y) / other.resolution;
  return apart < 0.5 && Math.abs(one.resolution / other.resolution - 1) < 1e-3 && Math.abs(turn(one.rotation - other.rotation)) < 0.05;
}

/**
 * Two who follow each other would both stand still, or chase each other.
 * @param {ReadonlyMap<number, {following: number | null}>} people
 * @param {number} first @param {number} last
 * @returns {boolean} whether the first one follows the last one, directly or through others
 */
export function leadsTo(people, first, last) {
  const passed = new Set();
  for (let at = people.get(first)?.following ?? null; at !== null && !passed.has(at); at = people.get(at)?.following ?? null) {
    if (at === last) return true;
    passed.add(at);
  }
  return false;
}
