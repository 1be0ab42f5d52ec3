/** What a measurement says, with its error: lengths in mm where the scale is known, otherwise in pixels and so named; angles in degrees. */

import {level0, lengthUm} from '../../../viewer/geometry.js';
import {angleError, lengthError, lengthText, withError} from './doubt.js';

/** @import {Spacing} from '../../../viewer/types.js' */
/** @import {Position} from '../../types.js' */
/** @import {Doubt} from './doubt.js' */

/** @typedef {'line' | 'angle'} MeasureKind */

/** Where the scale is not known, pixels are taken for squares. */
const SQUARE = {x_um: 1, y_um: 1};

/** @param {readonly Position[]} points level-0 px @param {Spacing | null} spacing @returns {number} µm, or px without a scale */
export function lengthOf(points, spacing) {
  const along = points.map(([x, y]) => level0(x, y));
  return along.slice(1).reduce((sum, to, i) => sum + lengthUm(along[i], to, spacing ?? SQUARE), 0);
}

/**
 * @param {readonly Position[]} points end, corner, end @param {Spacing | null} spacing
 * @returns {number | null} degrees, 0 to 180; null: an arm has no length
 */
export function angleOf([a, corner, b], spacing) {
  const {x_um: x, y_um: y} = spacing ?? SQUARE;
  const [ax, ay, bx, by] = [(a[0] - corner[0]) * x, (a[1] - corner[1]) * y, (b[0] - corner[0]) * x, (b[1] - corner[1]) * y];
  if (Math.hypot(ax, ay) === 0 || Math.hypot(bx, by) === 0) return null;
  return (Math.abs(Math.atan2(ax * by - ay * bx, ax * bx + ay * by)) * 180) / Math.PI;
}

/**
 * @param {MeasureKind} kind @param {readonly Position[]} points @param {Spacing | null} spacing @param {Doubt} doubt
 * @returns {string} empty while there is nothing to tell
 */
export function figureOf(kind, points, spacing, doubt) {
  if (kind === 'angle') {
    const angle = points.length === 3 ? angleOf(points, spacing) : null;
    return angle === null ? '' : withError(angle, angleError(points, doubt), '°').replace(' °', '°');
  }
  const length = lengthOf(points, spacing);
  if (length === 0) return '';
  const error = lengthError(points, spacing, doubt);
  return spacing ? lengthText(length, error) : withError(length, error, 'px');
}
