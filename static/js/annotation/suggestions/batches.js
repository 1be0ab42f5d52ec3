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
  for (let i = 0, j = line.length - 1; i < line.length; j = i, i += 1) {
    const [[ax, ay], [bx, by]] = [line[j], line[i]];
    if (ay <= y === by <= y) continue;
    const side = (bx - ax) * (y - ay) - (x - ax) * (by - ay);
    if (by > ay && side > 0) winding += 1;
    else if (by < ay && side < 0) winding -= 1;
  }
  return winding !== 0;
}

/**
 * @param {readonly Suggestion[]} suggestions
 * @param {readonly Position[]} line level-0 px
 * @returns {Suggestion[]} those whose middle lies inside
 */
export function encircled(suggestions, line) {
  return suggestions.filter(({geometry}) => geometry !== null && isEncircled(middleOf(geometry), line));
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
