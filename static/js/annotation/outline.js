/**
 * Arithmetic on outlines in level-0 pixels: the 1/8 px grid, simplification, and whether an outline crosses itself.
 * On the grid all products below stay under 2^53, so every test is exact.
 */

import {maskBounds} from './masks/tiles.js';

/** @import {Geometry, OutlineGeometry, Position, Ring} from './types.js' */

export const GRID = 8;
export const MAX_VERTICES = 20_000;

/** @param {number} value level-0 px @returns {number} the nearest value on the 1/8 px grid */
export const snap = (value) => Math.round(value * GRID) / GRID;

/**
 * Puts a position on the grid and inside the image.
 * @param {readonly number[]} position
 * @param {{width: number, height: number}} image level-0 px
 * @returns {Position}
 */
export function clampToImage(position, image) {
  return [snap(Math.min(Math.max(position[0], 0), image.width)), snap(Math.min(Math.max(position[1], 0), image.height))];
}

/**
 * Drops positions that repeat their predecessor.
 * @param {readonly Position[]} path
 * @returns {Position[]}
 */
export function withoutRepeats(path) {
  return path.filter((position, i) => i === 0 || position[0] !== path[i - 1][0] || position[1] !== path[i - 1][1]);
}

/**
 * Closes a path to a ring on the grid.
 * @param {readonly Position[]} path
 * @returns {Ring}
 */
export function closeRing(path) {
  /** @type {Position[]} */
  const snapped = path.map(([x, y]) => [snap(x), snap(y)]);
  const open = withoutRepeats(snapped);
  while (open.length > 1 && open[0][0] === open[open.length - 1][0] && open[0][1] === open[open.length - 1][1]) open.pop();
  return open.length ? [...open, [open[0][0], open[0][1]]] : [];
}

/** @param {Position} p @param {Position} q @param {Position} r */
const turn = (p, q, r) => Math.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]));

/** @param {Position} p @param {Position} q @param {Position} r on the line p q */
const between = (p, q, r) =>
  Math.min(p[0], q[0]) <= r[0] && r[0] <= Math.max(p[0], q[0]) && Math.min(p[1], q[1]) <= r[1] && r[1] <= Math.max(p[1], q[1]);

/**
 * Whether two segments share a position; touching counts.
 * @param {Position} a @param {Position} b @param {Position} c @param {Position} d
 */
function segmentsMeet(a, b, c, d) {
  const [abc, abd, cda, cdb] = [turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)];
  if (abc !== abd && cda !== cdb) return true;
  return (
    (abc === 0 && between(a, b, c)) || (abd === 0 && between(a, b, d)) || (cda === 0 && between(c, d, a)) || (cdb === 0 && between(c, d, b))
  );
}

/** @param {Position} a @param {Position} shared @param {Position} c whether the path a, shared, c turns back over itself */
function turnsBack(a, shared, c) {
  return turn(a, shared, c) === 0 && (a[0] - shared[0]) * (c[0] - shared[0]) + (a[1] - shared[1]) * (c[1] - shared[1]) > 0;
}

/**
 * Finds where a path crosses or touches itself.
 *
 * A sweep over x: each edge is compared with those that are still open there, so a drawn outline of thousands of vertices
 * costs milliseconds.
 * @param {readonly Position[]} path a closed ring, or an open line with `closed: false`; no repeated neighbours
 * @param {{closed?: boolean}} [options]
 * @returns {[number, number] | null} numbers of two edges that meet (the smaller first), or null
 */
export function findCrossing(path, {closed = true} = {}) {
  const count = path.length - 1;
  const order = Array.from({length: Math.max(count, 0)}, (_, i) => i);
  /** @param {number} i */
  const low = (i) => Math.min(path[i][0], path[i + 1][0]);
  /** @param {number} i */
  const high = (i) => Math.max(path[i][0], path[i + 1][0]);
  order.sort((i, j) => low(i) - low(j));
  /** @type {number[]} */
  let open = [];
  for (const i of order) {
    const start = low(i);
    open = open.filter((j) => high(j) >= start);
    for (const j of open) {
      if (edgesMeet(path, Math.min(i, j), Math.max(i, j), closed)) return [Math.min(i, j), Math.max(i, j)];
    }
    open.push(i);
  }
  return null;
}

/** @param {readonly Position[]} path @param {number} i @param {number} j @param {boolean} closed */
function edgesMeet(path, i, j, closed) {
  if (j === i + 1) return turnsBack(path[i], path[j], path[j + 1]);
  if (closed && i === 0 && j === path.length - 2) return turnsBack(path[1], path[0], path[j]);
  const [a, b, c, d] = [path[i], path[i + 1], path[j], path[j + 1]];
  if (Math.min(a[1], b[1]) > Math.max(c[1], d[1]) || Math.max(a[1], b[1]) < Math.min(c[1], d[1])) return false;
  return segmentsMeet(a, b, c, d);
}

/** @param {Ring} ring @returns {number} signed area in square level-0 px */
export function ringArea(ring) {
  let sum = 0;
  for (let i = 0; i + 1 < ring.length; i += 1) sum += ring[i][0] * ring[i + 1][1] - ring[i + 1][0] * ring[i][1];
  return sum / 2;
}

/**
 * Thins a path: no position is farther than the tolerance from the line that stays (Douglas and Peucker, without recursion).
 * @param {readonly Position[]} path
 * @param {number} tolerance level-0 px
 * @returns {Position[]}
 */
export function simplify(path, tolerance) {
  if (path.length < 3) return [...path];
  const keep = new Uint8Array(path.length);
  keep[0] = keep[path.length - 1] = 1;
  /** @type {[number, number][]} */
  const spans = [[0, path.length - 1]];
  for (let span = spans.pop(); span; span = spans.pop()) {
    const [first, last] = span;
    let worst = tolerance;
    let at = -1;
    for (let i = first + 1; i < last; i += 1) {
      const distance = distanceToSegment(path[i], path[first], path[last]);
      if (distance > worst) [worst, at] = [distance, i];
    }
    if (at < 0) continue;
    keep[at] = 1;
    spans.push([first, at], [at, last]);
  }
  return path.filter((_, i) => keep[i] === 1);
}

/**
 * @param {readonly number[]} p @param {readonly number[]} a @param {readonly number[]} b
 * @returns {number} distance of p from the segment a b
 */
export function distanceToSegment(p, a, b) {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const squared = dx * dx + dy * dy;
  const along = squared === 0 ? 0 : Math.max(0, Math.min(1, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / squared));
  return Math.hypot(p[0] - a[0] - along * dx, p[1] - a[1] - along * dy);
}

/**
 * @param {Geometry} geometry
 * @returns {Ring[]} every ring of an outline; none for a point or a mask
 */
export function ringsOf(geometry) {
  if (geometry.type === 'Polygon') return geometry.coordinates;
  if (geometry.type === 'MultiPolygon') return geometry.coordinates.flat();
  if (geometry.type === 'Point' || geometry.type === 'Mask') return [];
  const [x, y, width, height] = geometry.bbox;
  return [
    [
      [x, y],
      [x + width, y],
      [x + width, y + height],
      [x, y + height],
      [x, y],
    ],
  ];
}

/** @param {Geometry} geometry @returns {[number, number, number, number]} x, y, width, height in level-0 px */
export function boundsOf(geometry) {
  if (geometry.type === 'Rectangle') return geometry.bbox;
  if (geometry.type === 'Mask') return maskBounds(geometry);
  const positions = geometry.type === 'Point' ? [geometry.coordinates] : ringsOf(geometry).flat();
  const box = positions.reduce(
    ([left, top, right, bottom], [x, y]) => [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)],
    [Infinity, Infinity, -Infinity, -Infinity],
  );
  return [box[0], box[1], box[2] - box[0], box[3] - box[1]];
}

/**
 * Moves a geometry, as far as the image allows.
 * @template {OutlineGeometry} G
 * @param {G} geometry
 * @param {number} dx level-0 px @param {number} dy level-0 px
 * @param {{width: number, height: number}} image
 * @returns {G}
 */
export function translate(geometry, dx, dy, image) {
  const [left, top, width, height] = boundsOf(geometry);
  const stepX = snap(Math.min(Math.max(dx, -left), image.width - left - width));
  const stepY = snap(Math.min(Math.max(dy, -top), image.height - top - height));
  /** @param {any} value @returns {any} */
  const shift = (value) => (typeof value[0] === 'number' ? [value[0] + stepX, value[1] + stepY] : value.map(shift));
  if (geometry.type === 'Rectangle') return {...geometry, bbox: [left + stepX, top + stepY, width, height]};
  return {...geometry, coordinates: shift(geometry.coordinates)};
}

/**
 * Says why an outline cannot be saved, before the server has to.
 * @param {Geometry} geometry
 * @returns {null | {code: 'geometry_self_crossing' | 'geometry_empty' | 'geometry_too_many_vertices', edge?: [Position, Position]}}
 */
export function outlineProblem(geometry) {
  if (geometry.type === 'Point' || geometry.type === 'Mask') return null;
  if (geometry.type === 'Rectangle') return geometry.bbox[2] > 0 && geometry.bbox[3] > 0 ? null : {code: 'geometry_empty'};
  const rings = ringsOf(geometry);
  if (rings.reduce((sum, ring) => sum + ring.length, 0) > MAX_VERTICES) return {code: 'geometry_too_many_vertices'};
  for (const ring of rings) {
    if (ring.length < 4) return {code: 'geometry_empty'};
    const crossing = findCrossing(ring);
    if (crossing) return {code: 'geometry_self_crossing', edge: [ring[crossing[1]], ring[crossing[1] + 1]]};
    if (ringArea(ring) === 0) return {code: 'geometry_empty'};
  }
  return null;
}
