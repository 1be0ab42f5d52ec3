/** What a reader does to tracks: each is one step that the history can take back, or says why it cannot be done. */

import {t} from '../../lib/i18n.js';
import {newBody} from '../commands/marks.js';
import {newId} from '../ids.js';
import {outlineProblem, simplify} from '../outline.js';
import {
  MAX_KEYFRAMES,
  endOn,
  firstFrame,
  heldTo,
  heldTrack,
  isTrack,
  keyframeOn,
  removeKeyframe,
  setKeyframe,
  setOutside,
  shapeOn,
  splitOn,
  trackFrom,
} from './keyframes.js';

/** @import {Store} from '../store.js' */
/** @import {Body, OutlineGeometry, Mark, Ring, SeenMark, Track} from '../types.js' */

/**
 * @typedef {object} Work
 * @property {Store} store
 * @property {Mark} mark the selected one
 * @property {number} frame on screen
 * @property {{count: number, isStack: boolean}} image
 *
 * @typedef {Work & {track: Track}} TrackWork
 * @typedef {string | null} Problem why it cannot be done
 */

/** An outline between keyframes has a corner for each cell of a grid; where a keyframe is made of it, fewer say the same; level-0 px. */
const THINNING_PX = 0.25;

/** @param {Body | Readonly<Body>} body @param {Track} track @returns {Body} */
const withTrack = (body, track) => ({...body, frame: firstFrame(track), geometry: track});

/** @param {Work} work @param {Track | null} track @param {string} name @param {string} [problem] where there is no track @returns {Problem} */
function keep({store, mark}, track, name, problem = '') {
  if (!track) return problem;
  if (track.keyframes.length > MAX_KEYFRAMES) return t('A track has 2,000 keyframes at most.');
  store.commit('local', {name, marks: [{id: mark.id, body: withTrack(mark.body, track)}]});
  return null;
}

/** @returns {string} */
const nothingLeft = () => t('Nothing would be left of the track. Delete the mark instead.');
/** @returns {string} */
const notHere = () => t('The track is not on this frame.');

/** @param {OutlineGeometry} geometry @returns {OutlineGeometry} */
function thinned(geometry) {
  if (geometry.type !== 'Polygon' && geometry.type !== 'MultiPolygon') return geometry;
  const thin = (/** @type {Ring} */ ring) => simplify(ring, THINNING_PX);
  const after = geometry.type === 'Polygon'
    ? {...geometry, coordinates: geometry.coordinates.map(thin)}
    : {...geometry, coordinates: geometry.coordinates.map((rings) => rings.map(thin))};
  return outlineProblem(after) ? geometry : after;
}

/** @param {Work} work @returns {Problem} */
export function makeTrack(work) {
  const {mark, image} = work;
  const {geometry, granularity, frame} = mark.body;
  if (!geometry || frame === null || isTrack(geometry) || geometry.type === 'Mask') return t('Select a mark with a shape.');
  if (granularity === 'cell') return t('Outlines of cells are on one frame each.');
  return keep(work, trackFrom(geometry, frame, image), t('Make a track'));
}

/** @param {TrackWork} work the shape seen here, or the nearest one @returns {Problem} */
export function addKeyframe(work) {
  const {track, frame, image} = work;
  const known = keyframeOn(track, frame);
  if (known?.geometry) return t('There is a keyframe on this frame already.');
  const seen = shapeOn(track, frame);
  const geometry = seen ? thinned(seen) : nearestShape(track, frame);
  return keep(work, setKeyframe(track, frame, geometry, image), t('Set a keyframe'));
}

/** @param {Track} track @param {number} frame @returns {OutlineGeometry} */
function nearestShape({keyframes}, frame) {
  const shapes = keyframes.filter(({outside}) => !outside);
  shapes.sort((a, b) => Math.abs(a.frame - frame) - Math.abs(b.frame - frame));
  return /** @type {OutlineGeometry} */ (shapes[0].geometry);
}

/** @param {TrackWork} work @returns {Problem} */
export function dropKeyframe(work) {
  const {track, frame} = work;
  if (!keyframeOn(track, frame)) return t('There is no keyframe on this frame.');
  return keep(work, removeKeyframe(track, frame), t('Remove a keyframe'), nothingLeft());
}

/** @param {TrackWork} work @returns {Problem} */
export function leaveImage(work) {
  const {track, frame} = work;
  if (!shapeOn(track, frame)) return notHere();
  return keep(work, setOutside(track, frame), t('Outside from here on'), nothingLeft());
}

/** @param {TrackWork} work @returns {Problem} */
export function endTrack(work) {
  const {track, frame, image} = work;
  if (!shapeOn(track, frame)) return notHere();
  return keep(work, endOn(track, frame, image.count), t('End the track here'), nothingLeft());
}

/** @param {TrackWork} work @returns {{problem: string} | {ids: string[]}} ids: of the part that begins here */
export function splitTrack({store, mark, track, frame}) {
  const parts = splitOn(track, frame);
  if (!parts) return {problem: shapeOn(track, frame) ? t('The track begins on this frame.') : notHere()};
  const [before, after] = parts;
  const {granularity, labels} = mark.body;
  const id = newId();
  const later = newBody({granularity, labels, frame: firstFrame(after), geometry: after});
  store.commit('local', {name: t('Split the track'), marks: [{id: mark.id, body: withTrack(mark.body, before)}, {id, body: later}]});
  return {ids: [id]};
}

/** @param {Work} work of a plain mark, or of one that holds already @returns {Problem} */
export function holdTo(work) {
  const {mark, frame, image} = work;
  const {geometry, granularity} = mark.body;
  if (granularity === 'cell') return t('Outlines of cells are on one frame each.');
  const name = t('Hold the mark up to this frame');
  if (isTrack(geometry)) {
    const isHeld = geometry.interpolation === 'none' && geometry.keyframes.filter(({outside}) => !outside).length === 1;
    if (!isHeld) return t('This track has several shapes. End it here, or set a keyframe.');
    return keep(work, heldTo(geometry, frame, image.count), name);
  }
  if (!geometry || geometry.type === 'Mask' || mark.body.frame === null) return t('Select a mark with a shape.');
  return keep(work, heldTrack(geometry, Math.min(mark.body.frame, frame), Math.max(mark.body.frame, frame), image.count), name);
}

/** @param {TrackWork} work @returns {Problem} */
export function toggleInterpolation(work) {
  const {track} = work;
  const interpolation = track.interpolation === 'linear' ? 'none' : 'linear';
  return keep(work, {...track, interpolation}, interpolation === 'linear' ? t('Move between keyframes') : t('Hold between keyframes'));
}

/**
 * @param {Store} store @param {SeenMark[]} marks plain ones @param {number} frame
 * @returns {string[]} ids of the marks that say the same there
 */
export function copyTo(store, marks, frame) {
  const copies = marks.map(({body: {granularity, labels, geometry}}) => ({id: newId(), body: newBody({granularity, labels, geometry, frame})}));
  store.commit('local', {name: t('Copy to the next frame'), marks: copies});
  return copies.map(({id}) => id);
}
