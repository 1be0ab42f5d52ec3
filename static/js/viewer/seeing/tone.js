/** Brightness, contrast and gamma of a picture as one table for its three colours; nothing is changed but what the screen shows. */

/**
 * @typedef {object} Tone
 * @property {number} brightness -100 to 100; 0 leaves it
 * @property {number} contrast -100 to 100; 0 leaves it
 * @property {number} gamma 0.2 to 5; 1 leaves it, more is brighter in the dark parts
 */

/** @type {Readonly<Tone>} */
export const NEUTRAL = Object.freeze({brightness: 0, contrast: 0, gamma: 1});

/** @param {Tone} tone @returns {boolean} */
export const isNeutral = ({brightness, contrast, gamma}) => brightness === 0 && contrast === 0 && gamma === 1;

/**
 * @param {number} value 0 to 1
 * @param {Tone} tone
 * @returns {number} 0 to 1: contrast about the middle, then brightness, then gamma
 */
export function toned(value, {brightness, contrast, gamma}) {
  const slope = 4 ** (contrast / 100);
  const moved = (value - 0.5) * slope + 0.5 + brightness / 200;
  return Math.min(Math.max(moved, 0), 1) ** (1 / gamma);
}

/** @param {Tone} tone @returns {Uint8ClampedArray} for each of 256 values the one that is shown */
export function toneTable(tone) {
  return Uint8ClampedArray.from({length: 256}, (_, value) => toned(value / 255, tone) * 255);
}

/** @param {Tone} tone @returns {string} as `tableValues` of SVG's feFuncX has it, one for each of 256 values */
export function tableValues(tone) {
  return Array.from({length: 256}, (_, value) => toned(value / 255, tone).toFixed(4)).join(' ');
}
