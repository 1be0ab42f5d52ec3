/** Places as people write them, and as links carry them. */

/** @import {Spacing} from '../types.js' */
/** @import {ViewState} from '../viewer.js' */

/**
 * @param {string} text two numbers with a comma, a semicolon or spaces between, in any width of digits
 * @returns {[number, number] | null}
 */
export function readPlace(text) {
  const parts = text.normalize('NFKC').replace(/、/g, ',').trim().split(/\s*[,;]\s*|\s+/);
  if (parts.length !== 2 || !parts.every((part) => /^[+-]?(\d+\.?\d*|\.\d+)$/.test(part))) return null;
  return [Number(parts[0]), Number(parts[1])];
}

/**
 * @param {[number, number]} place
 * @param {'px' | 'mm'} unit
 * @param {{width: number, height: number, spacing: Spacing | null}} image level-0 px
 * @returns {[number, number] | null} level-0 px; null outside the image, and for mm where the scale is unknown
 */
export function placeOnImage([x, y], unit, {width, height, spacing}) {
  if (unit === 'mm' && !spacing) return null;
  const point = unit === 'mm' && spacing ? [(x * 1000) / spacing.x_um, (y * 1000) / spacing.y_um] : [x, y];
  return point[0] >= 0 && point[1] >= 0 && point[0] <= width && point[1] <= height ? [point[0], point[1]] : null;
}

/** @param {ViewState} state @returns {string} what comes behind # */
export function linkOf({x, y, resolution, rotation, frame}) {
  const parts = {x: x.toFixed(1), y: y.toFixed(1), r: resolution.toPrecision(6), a: String(Math.round(rotation)), f: frame === null ? '' : String(frame)};
  return new URLSearchParams(Object.entries(parts).filter(([name, value]) => value !== '' && !(name === 'a' && value === '0'))).toString();
}

/** @param {string} hash with or without # @returns {{x: number, y: number, resolution: number, rotation: number, frame: number | null} | null} null: no such link */
export function placeOfLink(hash) {
  const params = new URLSearchParams(hash.replace(/^#/, ''));
  const [x, y, resolution, rotation, frame] = ['x', 'y', 'r', 'a', 'f'].map((name) => Number(params.get(name) ?? (name === 'a' ? 0 : Number.NaN)));
  if (![x, y, resolution, rotation].every(Number.isFinite) || resolution <= 0) return null;
  return {x, y, resolution, rotation, frame: Number.isInteger(frame) && frame >= 0 ? frame : null};
}
