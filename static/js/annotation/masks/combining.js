/** A finished shape meets a mask: the pixels whose middles lie in it. */

import {problemText} from '../tools/problems.js';
import {commonPixels, pixelsOf, pixelsOfOutlines, withPixels, withoutPixels} from './pixels.js';
import {maskBounds, pixelCount} from './tiles.js';

/** @import {Region} from '../regions.js' */
/** @import {Mode} from '../tools/combine/mode.js' */
/** @import {Geometry, MaskGeometry} from '../types.js' */

/** @param {MaskGeometry} mask @param {Region} shape @returns {number} how many pixels they share */
export function sharedWith(mask, shape) {
  const [x, y, width, height] = maskBounds(mask);
  const common = commonPixels(mask, pixelsOfOutlines(shape, [x, y, x + width, y + height]));
  return common && common !== 'too-large' ? pixelCount(common) : 0;
}

/** @param {MaskGeometry[]} masks at least one @returns {MaskGeometry | 'too-large'} all of their pixels */
export function mergedMasks([first, ...others]) {
  /** @type {MaskGeometry} */
  let all = first;
  for (const mask of others) {
    const both = withPixels(all, pixelsOf(mask));
    if (both === 'too-large') return both;
    all = both ?? all;
  }
  return all;
}

/**
 * @param {MaskGeometry} mask @param {Region} shape @param {Mode} mode
 * @returns {Geometry[][] | {problem: string}} what the mark keeps, and for a cut what is taken out of it
 */
export function combinedMasks(mask, shape, mode) {
  const pixels = pixelsOfOutlines(shape);
  const kept =
    mode === 'add' ? withPixels(mask, pixels) : mode === 'intersect' ? commonPixels(mask, pixels) : withoutPixels(mask, pixels);
  const parts = mode === 'cut' ? [kept, commonPixels(mask, pixels)] : [kept];
  if (parts.some((part) => part === 'too-large')) return {problem: problemText('mask_too_large')};
  return parts.map((part) => (part && part !== 'too-large' ? [part] : []));
}
