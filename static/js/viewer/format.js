/** Lengths as people write them, and the scale bar's round numbers. */

import {horizontalUmPerPx} from './geometry.js';

/** @import {Spacing} from './types.js' */

/** The bar takes the longest of these that fits. */
const STEPS = [1, 2, 5];

/**
 * Writes a length in the unit that suits it.
 * @param {number} um micrometres
 * @param {number} [digits] significant digits
 * @returns {string}
 */
export function formatLength(um, digits = 3) {
  if (Math.abs(um) >= 1000) return `${plain(um / 1000, digits)} mm`;
  if (Math.abs(um) >= 1) return `${plain(um, digits)} µm`;
  return `${plain(um * 1000, digits)} nm`;
}

/** @param {number} value @param {number} digits @returns {string} without an exponent */
function plain(value, digits) {
  return String(Number(value.toPrecision(digits)));
}

/**
 * The scale bar: a round length and how long it is on screen.
 * @param {object} view
 * @param {Spacing} view.spacing
 * @param {number} view.resolution level-0 px per screen px
 * @param {number} view.rotation radians
 * @param {number} view.maxWidth screen px
 * @returns {{um: number, width: number, label: string}} width in screen px
 */
export function scaleBar({spacing, resolution, rotation, maxWidth}) {
  const umPerScreenPx = horizontalUmPerPx(spacing, rotation) * resolution;
  const longest = umPerScreenPx * maxWidth;
  const power = 10 ** Math.floor(Math.log10(longest));
  const step = STEPS.findLast((candidate) => candidate * power <= longest) ?? 1;
  const um = step * power;
  return {um, width: um / umPerScreenPx, label: formatLength(um)};
}

/**
 * Spacing for a tooltip: `0.252 µm/px`, or both axes where they differ.
 * @param {Spacing} spacing
 * @returns {string}
 */
export function formatSpacing(spacing) {
  const across = `${formatLength(spacing.x_um)}/px`;
  return isSquare(spacing) ? across : `${formatLength(spacing.x_um)} × ${formatLength(spacing.y_um)}/px`;
}

/** @param {Spacing} spacing @returns {boolean} true when shapes on screen are true to shape, within 1 % */
export function isSquare(spacing) {
  return Math.abs(spacing.x_um / spacing.y_um - 1) <= 0.01;
}
