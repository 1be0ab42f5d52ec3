/** Which suggestions are meant when many are decided on at once: those inside a line, those above a score, the least certain ones. */

import {boundsOf} from '../outline.js';

/** @import {Geometry, Position, Suggestion} from '../types.js' */

/**
 * @typedef {object} Threshold
 * @property {number} score 0 to 1
 * @property {'above' | 'below'} side above: the score itself belongs to it
 */

/** @param {Geometry} geometry @returns {Position} the middle of its bounds, level-0 px */
export function middleOf(geometry) {
  const [x, y, width, height] = boundsOf(geometry);
  return [x + width / 2, y + height / 2];
}

/**
 * @param {Position} point
 * @param {readonly Position[]} line closed by its ends, however often it crosses itself: inside is where it winds round
 * @returns {boolean}
 */
export function isEncircled([x, y], line) {
  let winding = 0;
  let from = line[line.length - 1];
  for (const to of line) {
    const ay = from[1];
    const by = to[1];
    if (ay <= y !== by <= y) {
      const side = (to[0] - from[0]) * (y - ay) - (x - from[0]) * (by - ay);
      if (by > ay && side > 0) winding += 1;
      else if (by < ay && side < 0) winding -= 1;
    }
    from = to;
  }
  return winding !== 0;
}

/**
 * @param {readonly Suggestion[]} suggestions
 * @param {readonly Position[]} line level-0 px
 * @returns {Suggestion[]} those whose middle lies inside
 */
export function encircled(suggestions, line) {
  const [left, top, right, bottom] = line.reduce(
    (box, [x, y]) => [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)],
    [Infinity, Infinity, -Infinity, -Infinity],
  );
  return suggestions.filter(({geometry}) => {
    if (geometry === null) return false;
    const middle = middleOf(geometry);
    return middle[0] >= left && middle[0] <= right && middle[1] >= top && middle[1] <= bottom && isEncircled(middle, line);
  });
}

/** @param {Suggestion} suggestion @param {Threshold} threshold @returns {boolean} one without a score counts as 0 */
export function isMeant({score}, threshold) {
  return (score ?? 0) >= threshold.score === (threshold.side === 'above');
}

/**
 * How little a model is sure: what it said itself; else how near its score is to a coin's.
 * @param {Suggestion} suggestion
 * @returns {number} 0 sure to 1 unsure
 */
export function uncertaintyOf({uncertainty, score}) {
  return uncertainty ?? (score === null ? 1 : 1 - Math.abs(2 * score - 1));
}

/** @param {Suggestion[]} suggestions @returns {Suggestion[]} the least certain first; always in the same order */
export function leastCertainFirst(suggestions) {
  return [...suggestions].sort((a, b) => uncertaintyOf(b) - uncertaintyOf(a) || (a.id < b.id ? -1 : 1));
}
