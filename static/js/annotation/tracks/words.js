/** Tracks in words: frames count from 1 for people. */

import {t} from '../../lib/i18n.js';
import {isTrack, rangeOf} from './keyframes.js';

/** @import {Body} from '../types.js' */
/** @import {Unknown, Volume} from './volume.js' */

/** @param {Body['geometry']} geometry @param {number} count frames of the image @returns {string} "3–12"; empty for a plain shape */
export function rangeText(geometry, count) {
  if (!isTrack(geometry)) return '';
  const [first, last] = rangeOf(geometry, count);
  return first === last ? String(first + 1) : `${first + 1}–${last + 1}`;
}

/** @param {Body['geometry']} geometry @param {number} count @returns {string} empty for a plain shape */
export function trackText(geometry, count) {
  if (!isTrack(geometry)) return '';
  const range = rangeText(geometry, count);
  if (geometry.interpolation === 'none' && geometry.keyframes.filter(({outside}) => !outside).length === 1) {
    return t('Frames {range}', {range});
  }
  return t('Frames {range}, keyframes: {count}', {range, count: geometry.keyframes.length});
}

/** @param {number} value @returns {string} three significant digits, whole numbers above a thousand */
const digits = (value) => (value >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(3))));

/** @param {Volume | Unknown} volume @returns {string[]} the figure, and the rule that it was made by; or why there is none */
export function volumeText(volume) {
  if (volume === 'spacing') return [t('Volume unknown'), t('The scale of this image is not known.')];
  if (volume === 'position') return [t('Volume unknown'), t('The file does not say how far its slices lie apart.')];
  if (volume === 'order') return [t('Volume unknown'), t('These slices do not follow one another in one direction.')];
  const {mm3, slices, stepMm} = volume;
  const figure = t('Volume {ml} mL ({mm3} mm³)', {ml: digits(mm3 / 1000), mm3: digits(mm3)});
  const rule = stepMm === null
    ? t('Sum over {slices} slices of area × half the way to each neighbouring slice (uneven distances)', {slices})
    : t('Sum over {slices} slices of area × {step} mm, the distance of the slices', {slices, step: digits(stepMm)});
  return [figure, rule];
}
