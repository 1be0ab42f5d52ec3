/** Turns, sizes and mirrors marks around their common middle. */

import {boundsOf, closeRing, outlineProblem, ringsOf, snap} from '../outline.js';

/** @import {MarkingRules} from '../marking_rules.js' */
/** @import {Spacing} from '../../viewer/types.js' */
/** @import {Geometry, OutlineGeometry, Position, Ring, SeenMark} from '../types.js' */

/**
 * @typedef {object} Change
 * @property {number} degrees clockwise as the image is stored
 * @property {number} percent 100: as large as it is
 * @property {boolean} isMirrored left and right change places, before it is turned
 *
 * @typedef {object} Surroundings
 * @property {MarkingRules} rules
 * @property {{width: number, height: number}} image level-0 px
 * @property {Spacing | null} spacing where pixels are not square, shapes are turned as they are on the patient
 *
 * @typedef {object} Transformed
 * @property {{id: string, geometry: OutlineGeometry}[]} shapes
 * @property {number} left how many marks stay as they are: masks, and boxes that have to stay upright
 * @property {'beyond' | 'crossing' | null} problem why it cannot be stored
 */

/** @param {SeenMark[]} marks @param {Change} change @param {Surroundings} around @returns {Transformed} */
export function transformed(marks, change, {rules, image, spacing}) {
  const meant = marks.flatMap(({id, body: {geometry, granularity}}) => {
    if (!geometry || geometry.type === 'Mask') return [];
    const isUpright = geometry.type === 'Rectangle' && !rules.takes(granularity, 'Polygon');
    return isUpright && change.degrees % 90 !== 0 ? [] : [{id, geometry, isUpright}];
  });
  if (meant.length === 0) return {shapes: [], left: marks.length, problem: null};
  const move = mover(middleOf(meant.map(({geometry}) => geometry)), change, spacing ? spacing.y_um / spacing.x_um : 1);
  const shapes = meant.map(({id, geometry, isUpright}) => ({id, geometry: carried(geometry, isUpright, move)}));
  return {shapes, left: marks.length - meant.length, problem: problemOf(shapes, image)};
}

/** @param {Geometry[]} geometries @returns {Position} */
function middleOf(geometries) {
  const boxes = geometries.map(boundsOf);
  const [left, top] = [Math.min(...boxes.map(([x]) => x)), Math.min(...boxes.map(([, y]) => y))];
  const [right, bottom] = [Math.max(...boxes.map(([x, , width]) => x + width)), Math.max(...boxes.map(([, y, , height]) => y + height))];
  return [(left + right) / 2, (top + bottom) / 2];
}

/**
 * @param {Position} middle @param {Change} change @param {number} aspect height of a pixel to its width
 * @returns {(position: readonly number[]) => Position} on the grid
 */
function mover([middleX, middleY], {degrees, percent, isMirrored}, aspect) {
  // Quarter turns are exact: the sine of a right angle is not 1 in every browser.
  const [cos, sin] = degrees % 90 === 0 ? QUARTERS[(((degrees / 90) % 4) + 4) % 4] : [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const [across, factor] = [isMirrored ? -1 : 1, percent / 100];
  return ([x, y]) => {
    const [dx, dy] = [(x - middleX) * across, (y - middleY) * aspect];
    return [snap(middleX + factor * (dx * cos - dy * sin)), snap(middleY + (factor * (dx * sin + dy * cos)) / aspect)];
  };
}

const QUARTERS = /** @type {const} */ ([[1, 0], [0, 1], [-1, 0], [0, -1]]); // prettier-ignore

/** @param {OutlineGeometry} geometry @param {boolean} isUpright @param {(position: readonly number[]) => Position} move @returns {OutlineGeometry} */
function carried(geometry, isUpright, move) {
  /** @param {Ring} ring */
  const ringOf = (ring) => closeRing(ring.map(move));
  if (geometry.type === 'Point') return {...geometry, coordinates: move(geometry.coordinates)};
  if (geometry.type === 'Polygon') return {...geometry, coordinates: geometry.coordinates.map(ringOf)};
  if (geometry.type === 'MultiPolygon') return {...geometry, coordinates: geometry.coordinates.map((rings) => rings.map(ringOf))};
  const ring = ringOf(ringsOf(geometry)[0]);
  const [x, y, width, height] = boundsOf({type: 'Polygon', coordinates: [ring]});
  const isBox = ring.length === 5 && ring.every(([atX, atY]) => (atX === x || atX === x + width) && (atY === y || atY === y + height));
  return isUpright || isBox ? {type: 'Rectangle', bbox: [x, y, width, height]} : {type: 'Polygon', coordinates: [ring]};
}

/** @param {{geometry: OutlineGeometry}[]} shapes @param {{width: number, height: number}} image @returns {Transformed['problem']} */
function problemOf(shapes, image) {
  for (const {geometry} of shapes) {
    const [x, y, width, height] = boundsOf(geometry);
    if (x < 0 || y < 0 || x + width > image.width || y + height > image.height) return 'beyond';
    if (outlineProblem(geometry)) return 'crossing';
  }
  return null;
}
