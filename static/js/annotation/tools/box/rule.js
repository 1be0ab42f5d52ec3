/** What boxes are held to: nothing, a ratio of the sides, or one size. */

/** @import {Spacing} from '../../../viewer/types.js' */

/**
 * @typedef {object} BoxRule as the reader set it; what is not in use is kept for the next time
 * @property {'free' | 'ratio' | 'size'} kind
 * @property {[number, number]} ratio width to height
 * @property {[number, number]} um width and height where the scale of an image is known
 * @property {[number, number]} px level-0 px where it is not
 *
 * @typedef {object} BoxHold a rule for one image
 * @property {number | null} ratio
 * @property {[number, number] | null} size level-0 px
 */

/** A square of 1 mm², as mitoses are counted in; half a thousand pixels elsewhere. @type {Readonly<BoxRule>} */
export const FREE_BOX = {kind: 'free', ratio: [1, 1], um: [1000, 1000], px: [512, 512]};

/** @type {BoxHold} */
export const NOT_HELD = {ratio: null, size: null};

/** @param {Readonly<BoxRule>} rule @param {Spacing | null} spacing @returns {BoxHold} */
export function holdOf({kind, ratio, um, px}, spacing) {
  if (kind === 'ratio') return {ratio: ratio[0] / ratio[1], size: null};
  if (kind === 'free') return NOT_HELD;
  return {ratio: null, size: spacing ? [um[0] / spacing.x_um, um[1] / spacing.y_um] : px};
}
