/** Numbers as people read them. */

import {areaUm2, level0, lengthUm} from '../viewer/geometry.js';
import {pixelCount} from './masks/tiles.js';
import {ringArea} from './outline.js';

/** @import {Spacing} from '../viewer/types.js' */
/** @import {Geometry, Ring} from './types.js' */

/** @param {number | null} score 0 to 1 @returns {string} */
export function formatScore(score) {
  return score === null ? '' : `${Math.round(score * 100)} %`;
}

/** @param {number} value @returns {string} three significant digits, without an exponent */
function digits(value) {
  if (value >= 100) return String(Math.round(value));
  return value === 0 ? '0' : String(Number(value.toPrecision(3)));
}

/** @param {number} um micrometres @returns {string} */
export function formatLength(um) {
  return um >= 1000 ? `${digits(um / 1000)} mm` : `${digits(um)} µm`;
}

/** @param {number} um2 square micrometres @returns {string} */
export function formatArea(um2) {
  return um2 >= 10_000 ? `${digits(um2 / 1e6)} mm²` : `${digits(um2)} µm²`;
}

/**
 * The size of a mark: both sides of a box, the area of an outline; in pixels where the scale is not known.
 * @param {Geometry | null} geometry
 * @param {Spacing | null} spacing
 * @returns {string} empty for a point and for the whole image
 */
export function formatSize(geometry, spacing) {
  if (!geometry || geometry.type === 'Point') return '';
  if (geometry.type === 'Rectangle') {
    const [, , width, height] = geometry.bbox;
    if (!spacing) return `${Math.round(width)} × ${Math.round(height)} px`;
    const [across, down] = [lengthUm(level0(0, 0), level0(width, 0), spacing), lengthUm(level0(0, 0), level0(0, height), spacing)];
    const isMm = Math.max(across, down) >= 1000;
    return isMm ? `${digits(across / 1000)} × ${digits(down / 1000)} mm` : `${digits(across)} × ${digits(down)} µm`;
  }
  if (geometry.type === 'Mask') {
    const count = pixelCount(geometry);
    return spacing ? formatArea(count * spacing.x_um * spacing.y_um) : `${count} px²`;
  }
  const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
  /** @param {(ring: Ring) => number} area */
  const sum = (area) =>
    polygons.reduce((total, [outline, ...holes]) => total + area(outline) - holes.reduce((inner, hole) => inner + area(hole), 0), 0);
  return spacing ? formatArea(sum((ring) => areaUm2(ring, spacing))) : `${Math.round(sum((ring) => Math.abs(ringArea(ring))))} px²`;
}

/** @param {number} seconds @returns {string} m:ss */
export function formatClock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
