/**
 * Arithmetic on painted regions: union, difference and intersection of polygons with holes, and the region that a round
 * brush sweeps. All of it happens on the 1/8 px grid, and what comes out is what the server accepts: closed rings, outlines
 * with a positive area as `ringArea` counts it, holes with a negative one, nothing that crosses itself.
 */

import {ClipType, Clipper64, FillRule, PathType} from '../../vendor/clipper.mjs';
import {GRID, ringArea} from './outline.js';
import {doubleArea, encloses, facesOf, withMeetingPoints} from './region_faces.js';

/** @import {Geometry, MultiPolygonGeometry, PolygonGeometry, Position, Ring} from './types.js' */
/** @import {Face, Loop} from './region_faces.js' */

/** @typedef {Ring[][]} Region polygons -> rings (outline first, then holes), as a MultiPolygon's coordinates; level-0 px */

/** Positions farther out are brought back to here, where products of grid steps are exact; level-0 px. */
const FARTHEST = 2 ** 22;
/** How often rings are cleaned at most; rounding moved nothing any more after two in every case seen. */
const PASSES = 6;
/** A brush drawn with fewer corners would look like one. */
const FEWEST_CORNERS = 12;
const MOST_CORNERS = 64;

/** @param {number} value level-0 px @returns {number} grid steps */
const steps = (value) => Math.round(Math.min(Math.max(value, -FARTHEST), FARTHEST) * GRID) + 0;

/**
 * Stored outlines run either way round; here a hole must run against its outline.
 * @param {Region} region
 * @returns {Loop[]}
 */
function toLoops(region) {
  return region.flatMap((rings) =>
    rings.flatMap((ring, number) => {
      const loop = ring.slice(0, -1).flatMap(([x, y]) => (Number.isFinite(x) && Number.isFinite(y) ? [{x: steps(x), y: steps(y)}] : []));
      if (loop.length < 3) return [];
      return [doubleArea(loop) > 0 === (number === 0) ? loop : loop.reverse()];
    }),
  );
}

/** @param {Loop} loop @returns {Ring} */
function toRing(loop) {
  /** @type {Ring} */
  const ring = loop.map(({x, y}) => [x / GRID, y / GRID]);
  return [...ring, [ring[0][0], ring[0][1]]];
}

/**
 * Rings that cross themselves within a few grid steps, or run back over themselves, can keep the library busy for ever:
 * nothing is handed to it that was not taken apart first.
 * @param {Loop[]} loops
 * @returns {Loop[]} simple ones that meet at vertices only
 */
function sound(loops) {
  let crossings = 1;
  for (let pass = 0; crossings > 0 && pass < PASSES; pass += 1) ({loops, crossings} = withMeetingPoints(loops));
  return loopsOf(facesOf(loops));
}

/** @param {ClipType} type @param {Loop[]} a @param {Loop[]} b @returns {Loop[]} as the library leaves them */
function combined(type, a, b) {
  const engine = new Clipper64();
  engine.addPaths(a, PathType.Subject);
  engine.addPaths(b, PathType.Clip);
  /** @type {Loop[]} */
  const loops = [];
  engine.execute(type, FillRule.NonZero, loops);
  return loops;
}

/** @param {ClipType} type @param {Loop[]} a @param {Loop[]} b both sound @returns {Face[]} */
function clip(type, a, b) {
  let {loops, crossings} = withMeetingPoints(combined(type, a, b));
  for (let pass = 1; crossings > 0 && pass < PASSES; pass += 1) {
    ({loops, crossings} = withMeetingPoints(combined(ClipType.Union, sound(loops), [])));
  }
  return facesOf(loops);
}

/** @param {ClipType} type @param {Region} a @param {Region} b @returns {Region} */
const combine = (type, a, b) => toRegion(clip(type, soundLoops(a), soundLoops(b)));

/** The rings of polygons that were taken apart before, or came out of here. @type {WeakMap<Ring[], Loop[]>} */
const known = new WeakMap();

/** @param {Region} region @returns {Loop[]} sound ones */
function soundLoops(region) {
  // Several polygons may meet where none of them has a vertex.
  if (region.length !== 1) return sound(toLoops(region));
  const [rings] = region;
  const loops = known.get(rings) ?? sound(toLoops(region));
  known.set(rings, loops);
  return loops;
}

/** Below so many vertices a stroke is kept within a frame or two, however often the engine has run. */
const REHEARSED_FROM = 5_000;
let isRehearsed = false;

/**
 * Does ahead what takes longest with an outline of many vertices, so that the next stroke on it is kept sooner. The first one also runs
 * through the engine once, for nothing, as the browser compiles it while it runs.
 * @param {Region} region
 */
export function prepare(region) {
  const loops = soundLoops(region);
  if (isRehearsed || loops.reduce((sum, {length}) => sum + length, 0) < REHEARSED_FROM) return;
  isRehearsed = true;
  const [{x, y}] = loops[0];
  clip(ClipType.Union, loops, [[{x, y}, {x: x + GRID, y}, {x: x + GRID, y: y + GRID}, {x, y: y + GRID}]]);
}

/** @param {Face[]} faces @returns {Loop[]} */
const loopsOf = (faces) => faces.flatMap(({shell, holes}) => [shell, ...holes]);

/** @param {Face[]} faces @returns {Region} */
const toRegion = (faces) =>
  faces.map(({shell, holes}) => {
    const loops = [shell, ...holes];
    const rings = loops.map(toRing);
    known.set(rings, loops);
    return rings;
  });

/** @param {Region} a @param {Region} b @returns {Region} what lies in one of them or in both */
export const union = (a, b) => combine(ClipType.Union, a, b);

/** @param {Region} a @param {Region} b @returns {Region} what lies in the first alone */
export const difference = (a, b) => combine(ClipType.Difference, a, b);

/** @param {Region} a @param {Region} b @returns {Region} what lies in both */
export const intersection = (a, b) => combine(ClipType.Intersection, a, b);

/** @param {Geometry | null} geometry @returns {Region} empty for what is no outline drawn by hand */
export function regionOf(geometry) {
  if (geometry?.type === 'Polygon') return [geometry.coordinates];
  return geometry?.type === 'MultiPolygon' ? geometry.coordinates : [];
}

/** @param {Region} region @returns {PolygonGeometry | MultiPolygonGeometry | null} null: nothing is left */
export function geometryOf(region) {
  if (region.length === 0) return null;
  return region.length === 1 ? {type: 'Polygon', coordinates: region[0]} : {type: 'MultiPolygon', coordinates: region};
}

/** @param {Region} region @returns {number} square level-0 px */
export function areaOf(region) {
  return region.flat().reduce((sum, ring) => sum + ringArea(ring), 0);
}

/** @param {{width: number, height: number}} image @returns {Region} */
export function wholeImage({width, height}) {
  return [
    [
      [
        [0, 0],
        [width, 0],
        [width, height],
        [0, height],
        [0, 0],
      ],
    ],
  ];
}

/** @param {Region} region @param {Position} point level-0 px @returns {boolean} holes are not inside */
export function isInRegion(region, [x, y]) {
  const node = {x: x * GRID, y: y * GRID};
  return toLoops(region).filter((loop) => encloses(loop, node)).length % 2 === 1;
}

/** @param {Ring} ring @returns {string} the same for a ring that begins at another vertex */
function nameOf(ring) {
  const lowest = ring.reduce((low, at) => (at[0] < low[0] || (at[0] === low[0] && at[1] < low[1]) ? at : low));
  return `${lowest} ${ringArea(ring)}`;
}

/**
 * Drops what is too small to be meant: specks beside an outline and pinholes in it.
 * @param {Region} region
 * @param {number} area square level-0 px; smaller rings go
 * @param {Region} [before] what was there before: its rings were meant, however small
 * @returns {Region}
 */
export function withoutSlivers(region, area, before = []) {
  const meant = new Set(before.flat().map(nameOf));
  /** @param {Ring} ring */
  const stays = (ring) => Math.abs(ringArea(ring)) >= area || meant.has(nameOf(ring));
  return region.filter(([outline]) => stays(outline)).map(([outline, ...holes]) => [outline, ...holes.filter(stays)]);
}

/**
 * @param {Position} from @param {Position} to level-0 px @param {number} radius level-0 px @param {number} corners of a full circle
 * @returns {Ring} what a round brush covers on its way
 */
function capsule(from, to, radius, corners) {
  const half = Math.ceil(corners / 2);
  const direction = Math.atan2(to[1] - from[1], to[0] - from[0]);
  /** @type {Ring} */
  const ring = [];
  for (let i = 0; i < 2 * (half + 1); i += 1) {
    // Half a circle around the one end, half around the other.
    const centre = i <= half ? to : from;
    const angle = direction - Math.PI / 2 + (Math.PI * (i <= half ? i : i - 1)) / half;
    ring.push([centre[0] + radius * Math.cos(angle), centre[1] + radius * Math.sin(angle)]);
  }
  return [...ring, ring[0]];
}

/**
 * What a round brush covers.
 * @param {readonly Position[]} path of its centre, level-0 px
 * @param {number} radius level-0 px
 * @param {number} tolerance level-0 px that its edge may lie from the true circle
 * @returns {Region}
 */
export function strokeRegion(path, radius, tolerance) {
  if (path.length === 0 || !(radius > 0)) return [];
  const held = Math.min(radius, FARTHEST);
  const corner = Math.acos(Math.min(1, Math.max(0, 1 - tolerance / held)));
  const corners = corner > 0 ? Math.min(MOST_CORNERS, Math.max(FEWEST_CORNERS, 2 * Math.ceil(Math.PI / corner / 2))) : MOST_CORNERS;
  const pairs = path.length === 1 ? [[path[0], path[0]]] : path.slice(1).map((to, i) => [path[i], to]);
  let parts = pairs.map(([from, to]) => facesOf(sound(toLoops([[capsule(from, to, held, corners)]]))));
  // Neighbours are joined first: few edges overlap then, however long a stroke is.
  while (parts.length > 1) {
    const [firsts, seconds] = [0, 1].map((rest) => parts.filter((_, i) => i % 2 === rest));
    parts = firsts.map((part, i) => (seconds[i] ? clip(ClipType.Union, loopsOf(part), loopsOf(seconds[i])) : part));
  }
  return toRegion(parts[0]);
}
