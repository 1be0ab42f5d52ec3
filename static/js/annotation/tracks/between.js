/**
 * The shape between two keyframes. `annotation/schema/between.py` computes the same numbers from the same steps, and says why
 * outlines are blended as distances: a contour cannot cross itself, whatever was drawn. Shared vectors prove that both agree.
 */

import {GRID} from '../outline.js';

/** @import {OutlineGeometry, Position, RectangleGeometry, Ring} from '../types.js' */

/** Grid cells along the longer side of both outlines together. */
const CELLS = 64;
const SMALLEST_CELL_PX = 1;
/** Outlines with more corners are thinned before distances are taken; a grid cell is coarser than what is lost. */
const MAX_CORNERS = 512;
/** What has more corners after thinning is held as it is: the distances would take seconds. */
const MOST_CORNERS = 4096;
/** No corner of a contour is nearer to a node of the grid; level-0 px. */
const MARGIN_PX = 0.25;

/** @param {number} value level-0 px @returns {number} */
const onGrid = (value) => Math.floor(value * GRID + 0.5) / GRID;

/** @param {number} a @param {number} b @param {number} share */
const mix = (a, b, share) => a + (b - a) * share;

/** @param {OutlineGeometry} geometry @returns {Ring[][]} */
function polygonsOf(geometry) {
  if (geometry.type === 'Polygon') return [geometry.coordinates];
  return geometry.type === 'MultiPolygon' ? geometry.coordinates : [];
}

/** @param {RectangleGeometry} start @param {RectangleGeometry} end @param {number} share @returns {RectangleGeometry} */
function boxBetween({bbox: [x, y, width, height]}, {bbox}, share) {
  const left = onGrid(mix(x, bbox[0], share));
  const top = onGrid(mix(y, bbox[1], share));
  const right = onGrid(mix(x + width, bbox[0] + bbox[2], share));
  const bottom = onGrid(mix(y + height, bbox[1] + bbox[3], share));
  return {type: 'Rectangle', bbox: [left, top, Math.max(right - left, 1 / GRID), Math.max(bottom - top, 1 / GRID)]};
}

/** What lies between two shapes of one family: points, rectangles, or outlines. */
export class Between {
  /** @param {OutlineGeometry} start @param {OutlineGeometry} end */
  constructor(start, end) {
    this.start = start;
    this.end = end;
    const isOutline = polygonsOf(start).length > 0 && JSON.stringify(start) !== JSON.stringify(end);
    /** @type {Blend | null} */
    this.blend = isOutline ? new Blend(polygonsOf(start), polygonsOf(end)) : null;
  }

  /**
   * Where the blend of two outlines is empty (a crescent that becomes a disc), the nearer one of the two is held.
   * @param {number} share of the way, more than 0 and less than 1
   * @returns {OutlineGeometry} on the 1/8 px grid
   */
  at(share) {
    const {start, end} = this;
    if (start.type === 'Point' && end.type === 'Point') {
      const [[xA, yA], [xB, yB]] = [start.coordinates, end.coordinates];
      return {type: 'Point', coordinates: [onGrid(mix(xA, xB, share)), onGrid(mix(yA, yB, share))]};
    }
    if (start.type === 'Rectangle' && end.type === 'Rectangle') return boxBetween(start, end, share);
    const polygons = this.blend?.polygons(share) ?? [];
    if (polygons.length === 0) return share < 0.5 ? start : end;
    return polygons.length === 1 ? {type: 'Polygon', coordinates: polygons[0]} : {type: 'MultiPolygon', coordinates: polygons};
  }
}

/** Two outlines as signed distances on one grid. */
class Blend {
  /** @param {Ring[][]} start @param {Ring[][]} end */
  constructor(start, end) {
    this.centres = [centroid(start), centroid(end)];
    const sides = [centred(start, this.centres[0]), centred(end, this.centres[1])];
    /** @type {[Float64Array, Float64Array] | null} null: too many corners */
    this.fields = null;
    this.following = new Int32Array(0);
    this.cell = this.left = this.top = this.columns = this.rows = 0;
    if (Math.max(...sides.map((rings) => rings.reduce((sum, ring) => sum + ring.length, 0))) > MOST_CORNERS) return;
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const [x, y] of sides.flat(2)) {
      [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
    }
    const [width, height] = [right - left, bottom - top];
    this.cell = Math.max(SMALLEST_CELL_PX, Math.max(width, height) / CELLS);
    // One and a half cells beside the outlines all is outside, so that no contour runs into the border.
    this.left = left - 1.5 * this.cell;
    this.top = top - 1.5 * this.cell;
    this.columns = Math.ceil(width / this.cell) + 4;
    this.rows = Math.ceil(height / this.cell) + 4;
    this.fields = [this.#field(sides[0]), this.#field(sides[1])];
    this.following = new Int32Array(2 * this.columns * this.rows).fill(-1);
  }

  /** @param {Position[][]} rings @returns {Float64Array} distance from the outline at each node, positive inside, row by row */
  #field(rings) {
    const {columns, rows, cell, left, top} = this;
    const nearest = new Float64Array(columns * rows).fill(Infinity);
    const inside = new Uint8Array(columns * rows);
    const xs = Float64Array.from({length: columns}, (_, column) => left + column * cell);
    for (const ring of rings) {
      for (let i = 0; i < ring.length; i += 1) {
        const [xA, yA] = ring[i];
        const [xB, yB] = ring[(i + 1) % ring.length];
        const [dx, dy] = [xB - xA, yB - yA];
        const squared = dx * dx + dy * dy;
        if (squared === 0) continue;
        let at = 0;
        for (let row = 0; row < rows; row += 1) {
          const y = top + row * cell;
          const down = y - yA;
          const alongY = down * dy;
          // What lies left of where the edge passes this row is on its other side; no x is less than -Infinity.
          const crossing = yA > y !== yB > y ? (dx * down) / dy + xA : -Infinity;
          for (let column = 0; column < columns; column += 1, at += 1) {
            const across = xs[column] - xA;
            let along = (across * dx + alongY) / squared;
            if (!(along > 0)) along = 0;
            else if (along > 1) along = 1;
            const offX = across - along * dx;
            const offY = down - along * dy;
            const distance = offX * offX + offY * offY;
            if (distance < nearest[at]) nearest[at] = distance;
            if (xs[column] < crossing) inside[at] ^= 1;
          }
        }
      }
    }
    for (let at = 0; at < nearest.length; at += 1) nearest[at] = inside[at] ? Math.sqrt(nearest[at]) : -Math.sqrt(nearest[at]);
    return nearest;
  }

  /** @param {number} share @returns {Ring[][]} polygons, the outline first, then its holes; empty where nothing is inside */
  polygons(share) {
    if (!this.fields) return [];
    const [start, end] = this.fields;
    const [[xA, yA], [xB, yB]] = this.centres;
    const [centreX, centreY] = [mix(xA, xB, share), mix(yA, yB, share)];
    const field = new Float64Array(start.length);
    for (let at = 0; at < field.length; at += 1) field[at] = start[at] + (end[at] - start[at]) * share;
    const rings = loopsOf(field, this.columns, this.rows, this.following).map((loop) => {
      /** @type {Ring} */
      const ring = loop.map((edge) => {
        const [x, y] = this.#crossing(field, edge);
        return [onGrid(x + centreX), onGrid(y + centreY)];
      });
      return [...ring, ring[0]];
    });
    return nested(rings);
  }

  /** @param {Float64Array} field @param {number} edge those along x are numbered first, then those along y @returns {Position} */
  #crossing(field, edge) {
    const {columns, rows, cell} = this;
    const nodes = columns * rows;
    const alongY = edge >= nodes;
    const node = edge % nodes;
    const column = node % columns;
    const row = (node - column) / columns;
    const here = field[node];
    const there = field[alongY ? node + columns : node + 1];
    const margin = MARGIN_PX / cell;
    const share = Math.min(Math.max(here / (here - there), margin), 1 - margin);
    return [this.left + (column + (alongY ? 0 : share)) * cell, this.top + (row + (alongY ? share : 0)) * cell];
  }
}

/** @param {Ring[][]} polygons @returns {Position} centre of area, holes taken out */
function centroid(polygons) {
  let [area, momentX, momentY] = [0, 0, 0];
  for (const rings of polygons) {
    rings.forEach((ring, place) => {
      const [x0, y0] = ring[0];
      let [doubled, sumX, sumY] = [0, 0, 0];
      for (let i = 0; i + 1 < ring.length; i += 1) {
        const [[xA, yA], [xB, yB]] = [ring[i], ring[i + 1]];
        const cross = (xA - x0) * (yB - y0) - (xB - x0) * (yA - y0);
        doubled += cross;
        sumX += (xA - x0 + (xB - x0)) * cross;
        sumY += (yA - y0 + (yB - y0)) * cross;
      }
      const sign = doubled > 0 === (place === 0) ? 1 : -1;
      area += sign * doubled;
      momentX += sign * (sumX / 3 + x0 * doubled);
      momentY += sign * (sumY / 3 + y0 * doubled);
    });
  }
  return [momentX / area, momentY / area];
}

/** @param {Ring[][]} polygons @param {Position} centre @returns {Position[][]} all rings, open, thinned, with the centre at (0, 0) */
function centred(polygons, [x0, y0]) {
  const rings = polygons.flat().map((ring) => ring.slice(0, -1));
  const step = Math.ceil(rings.reduce((sum, ring) => sum + ring.length, 0) / MAX_CORNERS);
  return rings.map((ring) => {
    const own = Math.min(step, Math.floor(ring.length / 3));
    return ring.filter((_, i) => i % own === 0).map(([x, y]) => /** @type {Position} */ ([x - x0, y - y0]));
  });
}

const [TOP, RIGHT, BOTTOM, LEFT] = [0, 1, 2, 3];
/**
 * Which corners of a cell are inside (1 top left, 2 top right, 4 bottom right, 8 bottom left): where the line enters and leaves.
 * @type {Record<number, [number, number][]>}
 */
const PASSES = {
  1: [[TOP, LEFT]],
  2: [[RIGHT, TOP]],
  3: [[RIGHT, LEFT]],
  4: [[BOTTOM, RIGHT]],
  6: [[BOTTOM, TOP]],
  7: [[BOTTOM, LEFT]],
  8: [[LEFT, BOTTOM]],
  9: [[TOP, BOTTOM]],
  11: [[RIGHT, BOTTOM]],
  12: [[LEFT, RIGHT]],
  13: [[TOP, RIGHT]],
  14: [[LEFT, TOP]],
};

/** @param {number} corners two opposite ones @param {boolean} isMiddleInside @returns {[number, number][]} */
function saddle(corners, isMiddleInside) {
  if (corners === 5) return isMiddleInside ? [[TOP, RIGHT], [BOTTOM, LEFT]] : [[TOP, LEFT], [BOTTOM, RIGHT]];
  return isMiddleInside ? [[LEFT, TOP], [RIGHT, BOTTOM]] : [[RIGHT, TOP], [LEFT, BOTTOM]];
}

/**
 * @param {Float64Array} field @param {number} columns @param {number} rows
 * @param {Int32Array} following the edge that comes after each, -1 for none; is left as it was found: all -1
 * @returns {number[][]} the closed zero lines, as the edges of the grid that each passes
 */
function loopsOf(field, columns, rows, following) {
  const nodes = columns * rows;
  for (let row = 0; row + 1 < rows; row += 1) {
    for (let column = 0; column + 1 < columns; column += 1) {
      const at = row * columns + column;
      const [upper, lower] = [at + 1, at + columns];
      const corners = (field[at] > 0 ? 1 : 0) + (field[upper] > 0 ? 2 : 0) + (field[lower + 1] > 0 ? 4 : 0) + (field[lower] > 0 ? 8 : 0);
      if (corners === 0 || corners === 15) continue;
      const edges = [at, nodes + at + 1, lower, nodes + at];
      const pairs = PASSES[corners] ?? saddle(corners, field[at] + field[upper] + (field[lower] + field[lower + 1]) > 0);
      for (const [start, end] of pairs) following[edges[start]] = edges[end];
    }
  }
  /** @type {number[][]} */
  const loops = [];
  for (let first = 0; first < following.length; first += 1) {
    if (following[first] < 0) continue;
    /** @type {number[]} */
    const loop = [];
    for (let edge = first; following[edge] >= 0; ) {
      loop.push(edge);
      const next = following[edge];
      following[edge] = -1;
      edge = next;
    }
    loops.push(loop);
  }
  return loops;
}

/** @param {Ring[]} rings outlines run one way round, holes the other @returns {Ring[][]} each outline with the holes inside it */
function nested(rings) {
  const outlines = rings.map((ring) => ({ring, area: doubledArea(ring)})).filter(({area}) => area > 0);
  const polygons = outlines.map(({ring}) => [ring]);
  for (const hole of rings) {
    if (doubledArea(hole) > 0) continue;
    let holder = -1;
    outlines.forEach(({ring, area}, place) => {
      if (holds(ring, hole[0]) && (holder < 0 || area < outlines[holder].area)) holder = place;
    });
    polygons[holder].push(hole);
  }
  return polygons;
}

/** @param {Ring} ring @returns {number} */
function doubledArea(ring) {
  let sum = 0;
  for (let i = 0; i + 1 < ring.length; i += 1) sum += ring[i][0] * ring[i + 1][1] - ring[i + 1][0] * ring[i][1];
  return sum;
}

/** @param {Ring} ring @param {Position} position @returns {boolean} */
function holds(ring, [x, y]) {
  let isInside = false;
  for (let i = 0; i + 1 < ring.length; i += 1) {
    const [[xA, yA], [xB, yB]] = [ring[i], ring[i + 1]];
    if (yA > y !== yB > y && x < ((xB - xA) * (y - yA)) / (yB - yA) + xA) isInside = !isInside;
  }
  return isInside;
}
