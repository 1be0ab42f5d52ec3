/** Kinds of frames of an enhanced image in words: echo, b-value, phase, moment, stack, plane. */

import {t} from '../lib/i18n.js';

/** @import {FramePart} from './types.js' */

/** @type {Record<string, (value: string | number) => string>} */
const WORDS = {
  stack: (value) => t('Stack {value}', {value}),
  plane: (value) => ({axial: t('axial'), coronal: t('coronal'), sagittal: t('sagittal')})[String(value)] ?? String(value),
  component: (value) => String(value).toLowerCase(),
  echo_time_ms: (value) => t('TE {value} ms', {value}),
  b_value: (value) => t('b = {value}', {value}),
  cardiac_percent: (value) => t('Phase {value} %', {value}),
  trigger_delay_ms: (value) => t('Delay {value} ms', {value}),
  moment: (value) => t('Moment {value}', {value}),
};

/**
 * @param {FramePart} part
 * @returns {string} "TE 4.9 ms · Moment 2"; the frames it spans where nothing is known of it
 */
export function partName({start, count, values}) {
  const words = Object.entries(values).map(([name, value]) => WORDS[name]?.(value) ?? String(value));
  return words.join(' · ') || t('Frames {first} to {last}', {first: start + 1, last: start + count});
}
