/** Magnification as a microscope names it, and percentages where an image has no scale. */

/** @import {Manifest, Spacing} from './types.js' */

/** A 40x scan shows a quarter of a micrometre in a pixel; the other objectives follow. */
export const UM_PER_PX_AT_1X = 10;

const OBJECTIVES = [1, 2.5, 5, 10, 20, 40];
const PERCENTAGES = [25, 50, 100, 200, 400];

/** @typedef {{value: number, label: string}} Preset */

/**
 * @param {Spacing | null} spacing
 * @returns {number} micrometres per px, the mean of both axes; NaN without spacing
 */
export function meanUmPerPx(spacing) {
  return spacing ? (spacing.x_um + spacing.y_um) / 2 : Number.NaN;
}

/**
 * Only slides are spoken of in objectives: "0.4x" of a CT means nothing to a radiologist.
 * @param {Pick<Manifest, 'kind' | 'spacing'>} manifest
 * @returns {boolean}
 */
export function usesObjectives(manifest) {
  return manifest.kind === 'slide' && manifest.spacing !== null;
}

/**
 * @param {number} value magnification, or the screen px per image px where there is no scale (1 = 100 %)
 * @param {Pick<Manifest, 'kind' | 'spacing'>} manifest
 * @returns {number} level-0 px per screen px
 */
export function resolutionOf(value, manifest) {
  return usesObjectives(manifest) ? UM_PER_PX_AT_1X / (value * meanUmPerPx(manifest.spacing)) : 1 / value;
}

/**
 * @param {number} resolution level-0 px per screen px
 * @param {Pick<Manifest, 'kind' | 'spacing'>} manifest
 * @returns {number} the inverse of `resolutionOf`
 */
export function magnificationOf(resolution, manifest) {
  return usesObjectives(manifest) ? UM_PER_PX_AT_1X / (resolution * meanUmPerPx(manifest.spacing)) : 1 / resolution;
}

/**
 * What the reader can choose. Objectives beyond twice the scan's own are left out: they would only enlarge pixels.
 * @param {Pick<Manifest, 'kind' | 'spacing'>} manifest
 * @returns {Preset[]}
 */
export function presets(manifest) {
  if (!usesObjectives(manifest)) return PERCENTAGES.map((percent) => ({value: percent / 100, label: `${percent} %`}));
  const scanned = magnificationOf(1, manifest);
  return OBJECTIVES.filter((objective) => objective <= scanned * 2.05).map((objective) => ({
    value: objective,
    label: `${objective}×`,
  }));
}

/**
 * Writes a magnification the way its presets are written.
 * @param {number} value
 * @param {Pick<Manifest, 'kind' | 'spacing'>} manifest
 * @returns {string}
 */
export function formatMagnification(value, manifest) {
  if (usesObjectives(manifest)) return `${significant(value, value < 10 ? 2 : 3)}×`;
  return `${significant(value * 100, value < 0.1 ? 2 : 3)} %`;
}

/** @param {number} value @param {number} digits @returns {string} without an exponent and without trailing zeros */
function significant(value, digits) {
  return String(Number(value.toPrecision(digits)));
}
