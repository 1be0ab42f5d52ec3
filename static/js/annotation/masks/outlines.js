/**
 * Masks as outlines along the edges of their pixels, and back: exact both ways, and the same as on the server
 * (annotation/schema/mask_outlines.py).
 *
 * Pixels that share a corner only do not hang together, so every outline goes around one piece. A walk around a border that
 * comes by a corner twice is cut there: rings are simple, and touch at corners at most.
 */

import {MAX_VERTICES} from '../outline.js';
import {doubleArea} from '../region_faces.js';
import {maskOf, pixelsOfOutlines} from './pixels.js';
import {TILE_PX, togglesOf} from './tiles.js';

/** @import {Loop, Node} from '../region_faces.js' */
/** @import {Region} from '../regions.js' */
/** @import {MaskGeometry, Ring} from '../types.js' */

/**
 * @typedef {object} Corners where outlines turn, from the top and then from the left; a place where two pieces touch is there twice
 * @property {Node[]} nodes
 * @property {number[]} ranks which of the two at such a place has the way up: the other has the higher rank
 * @property {boolean[]} goesRight for each two that follow each other: whether pixels below the edge between them are in
 * @property {number[]} leftOf where the pixels to the left of a corner begin to be in; NaN where they are not
 */

/** @param {Region} region polygons @returns {MaskGeometry | null | 'too-large'} the pixels whose middles lie in them */
export const maskOfRegion = (region) => maskOf(pixelsOfOutlines(region));

/**
 * @param {MaskGeometry} mask
 * @returns {Region | null} outlines first, then holes; null: more than 20,000 vertices
 */
export function regionOfMask(mask) {
  const corners = cornersOf(mask);
  if (!corners) return null;
  const {walks, walkOf, tops} = walksOf(corners);
  const loops = walks.map((walk) => simpleLoops(walk.map((at) => corners.nodes[at])));
  /** @type {Map<number, Loop[]>} by the walk around its outline */
  const faces = new Map();
  loops.forEach((parts, walk) => {
    const [shell] = parts.filter((loop) => doubleArea(loop) > 0);
    if (shell) faces.set(walk, [shell, ...parts.filter((loop) => loop !== shell)]);
  });
  loops.forEach((parts, walk) => {
    let owner = walk;
    while (!faces.has(owner)) owner = walkLeftOf(walks[owner], corners, walkOf, tops);
    if (owner !== walk) faces.get(owner)?.push(...parts);
  });
  const region = [...faces.values()].map(([shell, ...holes]) => [ringOf(shell), ...holes.map(ringOf).sort(byFirst)]);
  return region.flat(2).length > MAX_VERTICES ? null : region.sort(([a], [b]) => byFirst(a, b));
}

/** @param {Ring} a @param {Ring} b @returns {number} */
const byFirst = ([a], [b]) => a[1] - b[1] || a[0] - b[0];

/** @param {Loop} loop @returns {Ring} begun at its first corner from the top, then from the left */
function ringOf(loop) {
  let first = 0;
  loop.forEach((node, at) => {
    if (node.y < loop[first].y || (node.y === loop[first].y && node.x < loop[first].x)) first = at;
  });
  const turned = [...loop.slice(first), ...loop.slice(0, first), loop[first]];
  return turned.map(({x, y}) => [x, y]);
}

/**
 * @param {MaskGeometry} mask
 * @returns {Generator<{y: number, toggles: number[]}>} where pixels begin and cease to be in, for each row that has some
 */
function* rowsOf({tiles}) {
  for (let from = 0; from < tiles.length; ) {
    const row = tiles[from][1];
    let to = from;
    while (to < tiles.length && tiles[to][1] === row) to += 1;
    /** @type {number[][]} */
    const rows = Array.from({length: TILE_PX}, () => []);
    for (const [column, , text] of tiles.slice(from, to)) {
      const toggles = togglesOf(text);
      for (let at = 0; at < toggles.length; at += 2) addRun(rows, column * TILE_PX, toggles[at], toggles[at + 1]);
    }
    for (let down = 0; down < TILE_PX; down += 1) if (rows[down].length > 0) yield {y: row * TILE_PX + down, toggles: rows[down]};
    from = to;
  }
}

/** @param {number[][]} rows @param {number} x of the tile @param {number} start @param {number} stop places along the rows of the tile */
function addRun(rows, x, start, stop) {
  for (let at = start; at < stop; ) {
    const down = at >> 8;
    const end = Math.min(stop, (down + 1) << 8);
    const row = rows[down];
    const begins = x + (at & 255);
    // What ends where the next tile begins goes on.
    if (row[row.length - 1] === begins) row.pop();
    else row.push(begins);
    row.push(x + end - (down << 8));
    at = end;
  }
}

/** @param {MaskGeometry} mask @returns {Corners | null} null: too many */
function cornersOf(mask) {
  /** @type {Corners} */
  const corners = {nodes: [], ranks: [], goesRight: [], leftOf: []};
  /** @type {{y: number, toggles: number[]}} */
  let above = {y: -1, toggles: []};
  for (const below of rowsOf(mask)) {
    if (below.y !== above.y + 1) {
      addLine(corners, above.y + 1, above.toggles, []);
      above = {y: below.y - 1, toggles: []};
    }
    addLine(corners, below.y, above.toggles, below.toggles);
    if (corners.nodes.length > MAX_VERTICES) return null;
    above = below;
  }
  addLine(corners, above.y + 1, above.toggles, []);
  return corners.nodes.length > MAX_VERTICES ? null : corners;
}

/** @param {Corners} corners @param {number} y of the line @param {number[]} above @param {number[]} below toggles of the rows beside it */
function addLine({nodes, ranks, goesRight, leftOf}, y, above, below) {
  let [a, b] = [0, 0];
  while (a < above.length || b < below.length) {
    const x = Math.min(above[a] ?? Infinity, below[b] ?? Infinity);
    const [isAbove, isBelow] = [above[a] === x, below[b] === x];
    const left = isBelow && b % 2 === 1 ? below[b - 1] : NaN;
    const isTouch = isAbove && isBelow && a % 2 !== b % 2;
    const isRising = a % 2 === 0;
    if (isAbove) a += 1;
    if (isBelow) b += 1;
    // Where both begin or both end an edge goes straight on.
    if (isAbove && isBelow && !isTouch) continue;
    for (let copy = 0; copy < (isTouch ? 2 : 1); copy += 1) {
      if (nodes.length % 2 === 0) goesRight.push(b % 2 === 1);
      nodes.push({x, y});
      ranks.push(isTouch && isRising ? 1 - copy : copy);
      leftOf.push(left);
    }
  }
}

/**
 * @param {Corners} corners
 * @returns {{walks: number[][], walkOf: Int32Array, tops: number[]}} numbers of corners: of each walk around a border with the
 *   pixels that are in on the right hand, and of the upper ends of upright edges, from the left and then from the top
 */
function walksOf({nodes, ranks, goesRight}) {
  const upright = nodes.map((_, at) => at).sort((i, j) => nodes[i].x - nodes[j].x || nodes[i].y - nodes[j].y || ranks[i] - ranks[j]);
  const partner = new Int32Array(nodes.length);
  for (let at = 0; at < upright.length; at += 2) {
    partner[upright[at]] = upright[at + 1];
    partner[upright[at + 1]] = upright[at];
  }
  const walkOf = new Int32Array(nodes.length).fill(-1);
  /** @type {number[][]} */
  const walks = [];
  for (let begin = 0; begin < nodes.length; begin += 2) {
    if (walkOf[begin] >= 0) continue;
    /** @type {number[]} */
    const walk = [];
    for (let at = goesRight[begin / 2] ? begin : begin + 1; walkOf[at] < 0; at = partner[at ^ 1]) {
      walkOf[at] = walkOf[at ^ 1] = walks.length;
      walk.push(at, at ^ 1);
    }
    walks.push(walk);
  }
  return {walks, walkOf, tops: upright.filter((_, at) => at % 2 === 0)};
}

/**
 * The border that bounds, on the left, the pixels to the left of a hole: it goes around the same piece.
 * @param {number[]} walk around the hole @param {Corners} corners @param {Int32Array} walkOf @param {number[]} tops
 * @returns {number}
 */
function walkLeftOf(walk, {nodes, leftOf}, walkOf, tops) {
  const first = walk.reduce((best, at) => (nodes[at].x < nodes[best].x || (nodes[at].x === nodes[best].x && nodes[at].y < nodes[best].y) ? at : best));
  const [x, y] = [leftOf[first], nodes[first].y];
  let [low, high] = [0, tops.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const top = nodes[tops[middle]];
    if (top.x < x || (top.x === x && top.y <= y)) low = middle;
    else high = middle;
  }
  return walkOf[tops[low]];
}

/** Cuts a walk where it comes by a corner again. @param {Node[]} walk @returns {Loop[]} */
function simpleLoops(walk) {
  /** @type {Loop[]} */
  const loops = [];
  /** @type {Node[]} */
  const path = [];
  /** @type {Map<number, number>} */
  const seen = new Map();
  for (const node of walk) {
    const key = node.y * 2 ** 25 + node.x;
    const at = seen.get(key);
    if (at === undefined) {
      seen.set(key, path.length);
      path.push(node);
      continue;
    }
    const loop = path.splice(at);
    for (const {x, y} of loop.slice(1)) seen.delete(y * 2 ** 25 + x);
    loops.push(loop);
    path.push(node);
  }
  return [...loops, path];
}
