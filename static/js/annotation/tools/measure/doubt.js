/**
 * How far a measurement may be off, and why. Two things are known of it: a point is set no finer than a pixel of the image or of the
 * screen, and a scale that a person typed in is no finer than its last digit. What a file states is taken at its word.
 */

import {t} from '../../../lib/i18n.js';
import {pixelCount} from '../../masks/tiles.js';

/** @import {Manifest, Spacing} from '../../../viewer/types.js' */
/** @import {Geometry, Position, Ring} from '../../types.js' */

/**
 * @typedef {object} Doubt
 * @property {number} step a point is set no finer than this; level-0 px
 * @property {number} share of a length that the scale may be off by; 0 where it is not known to be off
 */

const ENTERED = 'entered';

/** @param {number} value @returns {number} half a unit of the last digit that was typed, as a share of the value */
export function lastDigitShare(value) {
  const decimals = (/\.(\d+)/.exec(String(value))?.[1] ?? '').length;
  return 10 ** -decimals / 2 / value;
}

/** @param {Spacing | null} spacing @returns {number} */
export function shareOf(spacing) {
  return spacing?.source === ENTERED ? Math.max(lastDigitShare(spacing.x_um), lastDigitShare(spacing.y_um)) : 0;
}

/** @param {Pick<Manifest, 'spacing' | 'warnings'>} manifest @returns {string} what lengths rest on; why they are in pixels */
export function basisText({spacing, warnings = []}) {
  if (!spacing) {
    if (warnings?.includes('spacing_varies')) return t('Lengths are in pixels: parts of this image have different scales.');
    if (warnings?.includes('spacing_implausible')) return t('Lengths are in pixels: the file states an impossible scale.');
    return t('Lengths are in pixels: the file states no scale.');
  }
  if (warnings?.includes('spacing_at_detector')) return t('The scale is that at the detector: lengths in the body are smaller.');
  if (spacing.source !== ENTERED) return t('Scale as the file states it; ± is one pixel of image or screen.');
  const percent = Number((100 * shareOf(spacing)).toPrecision(2));
  return t('Scale entered by a person, to its last digit ± {percent} %; besides, one pixel of image or screen.', {percent});
}

/** @param {readonly Position[]} points level-0 px @param {Spacing | null} spacing @param {Doubt} doubt @returns {number} µm, or px without a scale; at most */
export function lengthError(points, spacing, {step, share}) {
  const {x_um: x, y_um: y} = spacing ?? {x_um: 1, y_um: 1};
  return points.slice(1).reduce((sum, [toX, toY], i) => {
    const [dx, dy] = [toX - points[i][0], toY - points[i][1]];
    const [px, um] = [Math.hypot(dx, dy), Math.hypot(dx * x, dy * y)];
    return px === 0 ? sum : sum + (step * um) / px + share * um;
  }, 0);
}

/** @param {readonly Position[]} points end, corner, end @param {Doubt} doubt @returns {number} degrees, at most; a wrong scale turns nothing */
export function angleError([a, corner, b], {step}) {
  const off = (/** @type {Position} */ end) => Math.atan2(step, Math.hypot(end[0] - corner[0], end[1] - corner[1]));
  return ((off(a) + off(b)) * 180) / Math.PI;
}

/** @param {Ring} ring @returns {number} level-0 px */
const around = (ring) => ring.slice(1).reduce((sum, [x, y], i) => sum + Math.hypot(x - ring[i][0], y - ring[i][1]), 0);

/** @param {Ring} ring @returns {number} level-0 px² */
const areaIn = (ring) => Math.abs(ring.slice(1).reduce((sum, [x, y], i) => sum + ring[i][0] * y - x * ring[i][1], 0)) / 2;

/**
 * The area of a shape, and how far it may be off: as if all of its border lay half a pixel further out or in.
 * @param {Geometry} geometry @param {Spacing | null} spacing
 * @returns {{value: number, error: number} | null} µm², or px² without a scale; null: it has none
 */
export function areaOf(geometry, spacing) {
  const unit = spacing ? spacing.x_um * spacing.y_um : 1;
  const [px2, edge] = sizes(geometry);
  return px2 === null ? null : {value: px2 * unit, error: (edge / 2) * unit + 2 * shareOf(spacing) * px2 * unit};
}

/** @param {Geometry} geometry @returns {[area: number | null, edge: number]} px², px; the border of a mask is where it is */
function sizes(geometry) {
  switch (geometry.type) {
    case 'Point':
      return [null, 0];
    case 'Rectangle': {
      const [, , width, height] = geometry.bbox;
      return [width * height, 2 * (width + height)];
    }
    case 'Mask':
      return [pixelCount(geometry), 0];
    default: {
      const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
      const area = polygons.reduce((sum, [outline, ...holes]) => sum + areaIn(outline) - holes.reduce((inner, hole) => inner + areaIn(hole), 0), 0);
      return [area, polygons.flat().reduce((sum, ring) => sum + around(ring), 0)];
    }
  }
}

/**
 * A value with its error, both to the digit that the error leaves: one of it, two where it begins with 1.
 * @param {number} value @param {number} error @param {string} unit
 * @returns {string}
 */
export function withError(value, error, unit) {
  if (!(error > 0)) return `${Number(value.toPrecision(3))} ${unit}`;
  const power = Math.floor(Math.log10(error));
  const decimals = Math.min(6, Math.max(0, (error / 10 ** power < 2 ? 1 : 0) - power));
  const rough = 10 ** Math.max(0, power - (error / 10 ** power < 2 ? 1 : 0));
  const said = (/** @type {number} */ number) => (Math.round(number / rough) * rough).toFixed(decimals);
  return decimals > 0 ? `${value.toFixed(decimals)} ± ${error.toFixed(decimals)} ${unit}` : `${said(value)} ± ${said(error)} ${unit}`;
}

/** @param {number} value µm @param {number} error µm @returns {string} */
export function lengthText(value, error) {
  return value >= 1000 ? withError(value / 1000, error / 1000, 'mm') : withError(value, error, 'µm');
}

/** @param {number} value µm² @param {number} error µm² @returns {string} */
export function areaText(value, error) {
  return value >= 10_000 ? withError(value / 1e6, error / 1e6, 'mm²') : withError(value, error, 'µm²');
}
