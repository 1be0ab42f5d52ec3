/** Marks that were copied: kept in this browser, so that they can be pasted onto another image of the campaign. */

import {t} from '../../lib/i18n.js';
import {newBody} from '../commands/marks.js';
import {newId} from '../ids.js';
import {movedMask} from '../masks/pixels.js';
import {boundsOf, outlineProblem, translate} from '../outline.js';

/** @import {MarkingRules} from '../marking_rules.js' */
/** @import {Store} from '../store.js' */
/** @import {Geometry, Granularity, Position, SeenMark} from '../types.js' */

/**
 * @typedef {{granularity: Granularity, labels: string[], geometry: Geometry}} Copied
 * @typedef {object} Clip
 * @property {string} image id of the image that it was copied from
 * @property {number | null} frame
 * @property {Copied[]} marks
 *
 * @typedef {object} Place where it is pasted
 * @property {string} image
 * @property {{width: number, height: number}} size level-0 px
 * @property {number | null} frame
 * @property {Position} centre of the view, level-0 px
 * @property {number} step level-0 px by which a copy on the same frame is moved, so that it is seen
 */

/** @param {string} reader @returns {string} */
const keyOf = (reader) => `mitate-clipboard-${reader}`;

/**
 * @param {Storage} storage @param {string} reader @param {Clip} clip
 * @returns {string | null} why it could not be kept
 */
export function keepClip(storage, reader, clip) {
  try {
    storage.setItem(keyOf(reader), JSON.stringify(clip));
    return null;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return t('This is too much to copy at once.');
  }
}

/** @param {Storage} storage @param {string} reader @returns {Clip | null} */
export function keptClip(storage, reader) {
  const text = storage.getItem(keyOf(reader));
  if (text === null) return null;
  try {
    const clip = JSON.parse(text);
    return Array.isArray(clip?.marks) && clip.marks.length > 0 ? clip : null;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
}

/** @param {string} image @param {SeenMark[]} marks @returns {Clip | null} null: none of them has a shape */
export function clipOf(image, marks) {
  const copied = marks.flatMap(({body: {granularity, labels, geometry}}) => (geometry ? [{granularity, labels, geometry}] : []));
  return copied.length > 0 ? {image, frame: marks[0].body.frame, marks: copied} : null;
}

/** @param {Copied[]} marks @returns {[number, number, number, number]} left, top, right, bottom in level-0 px */
function extentOf(marks) {
  const boxes = marks.map(({geometry}) => boundsOf(geometry));
  return [
    Math.min(...boxes.map(([x]) => x)),
    Math.min(...boxes.map(([, y]) => y)),
    Math.max(...boxes.map(([x, , width]) => x + width)),
    Math.max(...boxes.map(([, y, , height]) => y + height)),
  ];
}

/**
 * How far the marks are moved as one: not at all where they fit as they lie, otherwise into the middle of the view.
 * @param {Clip} clip @param {Place} place
 * @returns {[number, number] | null} level-0 px; null: they are larger than the image
 */
function shiftOf(clip, {image, size, frame, centre, step}) {
  const [left, top, right, bottom] = extentOf(clip.marks);
  if (right - left > size.width || bottom - top > size.height) return null;
  const fits = left >= 0 && top >= 0 && right <= size.width && bottom <= size.height;
  if (fits && !(clip.image === image && clip.frame === frame)) return [0, 0];
  /** @param {number} wanted @param {number} low @param {number} high @param {number} side */
  const inside = (wanted, low, high, side) => Math.min(Math.max(wanted, -low), side - high);
  const [dx, dy] = fits ? [step, step] : [centre[0] - (left + right) / 2, centre[1] - (top + bottom) / 2];
  return [inside(dx, left, right, size.width), inside(dy, top, bottom, size.height)];
}

/** @param {Geometry} geometry @param {[number, number]} shift level-0 px @param {{width: number, height: number}} size @returns {Geometry} */
function moved(geometry, [dx, dy], size) {
  if (geometry.type !== 'Mask') return translate(geometry, dx, dy, size);
  // Towards where it came from: rounded the other way it might leave the image.
  return movedMask(geometry, Math.trunc(dx), Math.trunc(dy));
}

/**
 * @param {{store: Store, rules: MarkingRules}} parts @param {Clip} clip @param {Place} place @param {string} name of the step
 * @returns {{problem: string} | {ids: string[]}}
 */
export function pasteClip({store, rules}, clip, place, name) {
  const allowed = clip.marks.filter(({granularity, labels, geometry}) => {
    const label = rules.byCode.get(labels[0]);
    return label && rules.campaign.granularities.includes(granularity) && rules.mayCarry(label, granularity) && !outlineProblem(geometry);
  });
  if (allowed.length < clip.marks.length) return {problem: t('This campaign does not have the labels of the copied marks.')};
  const shift = shiftOf(clip, place);
  if (!shift) return {problem: t('The copied marks are larger than this image.')};
  const marks = clip.marks.map(({granularity, labels, geometry}) => ({
    id: newId(),
    body: newBody({granularity, labels, frame: place.frame, geometry: moved(geometry, shift, place.size)}),
  }));
  store.commit('local', {name, marks});
  return {ids: marks.map(({id}) => id)};
}
