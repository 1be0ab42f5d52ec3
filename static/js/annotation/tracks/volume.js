/**
 * The volume of an outline on a stack: the sum over its slices of area × the distance of the slices. Where slices lie unevenly, a slice
 * stands for half the way to each of its neighbours. Slices between keyframes count with the outline that is drawn on them.
 */

import {ringArea} from '../outline.js';
import {shapeOn, spansOf} from './keyframes.js';

/** @import {Manifest} from '../../viewer/types.js' */
/** @import {OutlineGeometry, Track} from '../types.js' */

/** Distances that differ by less are one: files round positions. */
const EVEN_MM = 0.01;
/** So many slices are worked out at a time, before the page gets its turn. */
const AT_ONCE = 12;

/**
 * @typedef {'position' | 'order' | 'spacing'} Unknown what the file does not say: where slices lie, in what order (several runs of slices), how
 *   large a pixel is
 * @typedef {{mm3: number, slices: number, stepMm: number | null}} Volume stepMm is null where slices lie unevenly
 */

/** @param {OutlineGeometry} geometry @returns {number} square level-0 px; 0 for a point */
export function areaPx(geometry) {
  if (geometry.type === 'Rectangle') return geometry.bbox[2] * geometry.bbox[3];
  if (geometry.type === 'Point') return 0;
  const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
  return polygons.reduce((sum, [outline, ...holes]) => sum + holes.reduce((left, hole) => left - Math.abs(ringArea(hole)), Math.abs(ringArea(outline))), 0);
}

/**
 * @param {(number | null)[] | null | undefined} positions mm along the normal, of all slices
 * @param {number} first @param {number} last the slices that are asked for
 * @returns {number[] | Unknown} mm that each of them stands for
 */
export function thicknesses(positions, first, last) {
  if (!positions || positions.length < 2) return 'position';
  const from = Math.max(0, first - 1);
  const near = positions.slice(from, last + 2);
  if (near.some((position) => position === null)) return 'position';
  const known = /** @type {number[]} */ (near);
  const gaps = known.slice(1).map((position, i) => position - known[i]);
  if (gaps.length === 0) return 'position';
  if (gaps.some((gap) => gap === 0 || Math.sign(gap) !== Math.sign(gaps[0]))) return 'order';
  const steps = gaps.map(Math.abs);
  return Array.from({length: last - first + 1}, (_, i) => {
    const at = first + i - from;
    const [before, after] = [steps[at - 1] ?? steps[at], steps[at] ?? steps[at - 1]];
    return (before + after) / 2;
  });
}

/** @param {Track} track @param {Manifest} manifest @param {() => boolean} isWanted @returns {Promise<Volume | Unknown | null>} null: not wanted any more */
export async function volumeOf(track, manifest, isWanted) {
  const {spacing, frames} = manifest;
  if (!spacing) return 'spacing';
  const mm2PerPx = (spacing.x_um * spacing.y_um) / 1e6;
  let [mm3, slices] = [0, 0];
  /** @type {number[]} */
  const used = [];
  for (const [first, last] of spansOf(track, frames?.count ?? 1)) {
    const steps = thicknesses(frames?.positions_mm, first, last);
    if (typeof steps === 'string') return steps;
    for (let frame = first; frame <= last; frame += 1) {
      const shape = shapeOn(track, frame);
      if (shape) mm3 += areaPx(shape) * mm2PerPx * steps[frame - first];
      slices += 1;
      if (slices % AT_ONCE === 0) await new Promise((resolve) => setTimeout(resolve));
      if (!isWanted()) return null;
    }
    used.push(...steps);
  }
  const isEven = used.every((step) => Math.abs(step - used[0]) < EVEN_MM);
  return {mm3, slices, stepMm: isEven ? used[0] : null};
}
