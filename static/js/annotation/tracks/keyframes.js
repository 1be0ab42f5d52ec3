/**
 * What a track says, frame by frame, and what setting, removing and ending does to its keyframes. See docs/tracks.md.
 *
 * From an outside keyframe on the mark is not on the image, up to the next keyframe with a shape; after the last keyframe the
 * shape stays to the end of the image.
 */

import {Between} from './between.js';

/** @import {Body, Geometry, OutlineGeometry, Keyframe, SeenBody, Track} from '../types.js' */

export const MAX_KEYFRAMES = 2_000;

/** @param {number} frame @param {OutlineGeometry} geometry @returns {Keyframe} */
const shown = (frame, geometry) => ({frame, outside: false, geometry});

/** @param {number} frame @returns {Keyframe} */
const gone = (frame) => ({frame, outside: true});

/** @param {Body['geometry']} geometry @returns {geometry is Track} */
export const isTrack = (geometry) => geometry?.type === 'Track';

/** @param {Body['geometry']} geometry @returns {Geometry | null} the shape itself, or that of a track where it begins */
export const firstShape = (geometry) => (isTrack(geometry) ? (geometry.keyframes.find(({outside}) => !outside)?.geometry ?? null) : geometry);

/** @param {Track} track @returns {number} the first frame that it is on */
export const firstFrame = ({keyframes}) => /** @type {Keyframe} */ (keyframes.find(({outside}) => !outside)).frame;

/** @param {Track} track @param {number} frame @returns {Keyframe | undefined} */
export const keyframeOn = ({keyframes}, frame) => keyframes.find((keyframe) => keyframe.frame === frame);

/** @param {Track} track @param {number} count frames of the image @returns {[number, number][]} runs of frames that it is on */
export function spansOf({keyframes}, count) {
  /** @type {[number, number][]} */
  const spans = [];
  let start = -1;
  for (const {frame, outside} of keyframes) {
    if (outside && start >= 0) spans.push([start, frame - 1]);
    if (outside) start = -1;
    else if (start < 0) start = frame;
  }
  if (start >= 0) spans.push([start, count - 1]);
  return spans;
}

/** @param {Track} track @param {number} count @returns {[number, number]} the first and the last frame that it is on */
export function rangeOf(track, count) {
  const spans = spansOf(track, count);
  return [spans[0][0], spans[spans.length - 1][1]];
}

/** What lies between two keyframes is worked out once for each pair. @type {WeakMap<Keyframe, Between>} */
const betweens = new WeakMap();

/** @param {Keyframe & {geometry: OutlineGeometry}} from @param {OutlineGeometry} to @returns {Between} */
function betweenOf(from, to) {
  let between = betweens.get(from);
  if (!between || between.end !== to) {
    between = new Between(from.geometry, to);
    betweens.set(from, between);
  }
  return between;
}

/** @param {Track} track @param {number} frame @returns {OutlineGeometry | null} null: the mark is not on this frame */
export function shapeOn({interpolation, keyframes}, frame) {
  let [low, high] = [0, keyframes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keyframes[middle].frame <= frame) low = middle + 1;
    else high = middle;
  }
  const from = keyframes[low - 1];
  if (!from?.geometry) return null;
  const to = keyframes[low];
  if (from.frame === frame || !to?.geometry || interpolation === 'none') return from.geometry;
  return betweenOf(/** @type {Keyframe & {geometry: OutlineGeometry}} */ (from), to.geometry).at((frame - from.frame) / (to.frame - from.frame));
}

/** @param {Track} track @param {Keyframe[]} keyframes @returns {Track | null} null: it would be on no frame at all */
function withKeyframes(track, keyframes) {
  const sorted = [...keyframes].sort((a, b) => a.frame - b.frame);
  const kept = sorted.filter(({outside}, i) => !outside || (i > 0 && !sorted[i - 1].outside));
  return kept.length > 0 ? {...track, keyframes: kept} : null;
}

/** @param {Track} track @param {number} frame @returns {Keyframe[]} those of other frames */
const others = ({keyframes}, frame) => keyframes.filter((keyframe) => keyframe.frame !== frame);

/**
 * @param {OutlineGeometry} geometry @param {number} frame @param {{count: number, isStack: boolean}} image
 * @returns {Track} on a stack it ends with its frame, for nothing is said of the slices beside it; on a clip it goes on
 */
export function trackFrom(geometry, frame, {count, isStack}) {
  const end = isStack && frame + 1 < count ? [gone(frame + 1)] : [];
  return {type: 'Track', interpolation: 'linear', keyframes: [shown(frame, geometry), ...end]};
}

/** @param {OutlineGeometry} geometry @param {number} first @param {number} last @param {number} count @returns {Track} */
export function heldTrack(geometry, first, last, count) {
  return {type: 'Track', interpolation: 'none', keyframes: [shown(first, geometry), ...(last + 1 < count ? [gone(last + 1)] : [])]};
}

/**
 * On a stack an end goes along with the outermost keyframe, so that the next outline drawn is joined to those before.
 * @param {Track} track @param {number} frame @param {OutlineGeometry} geometry @param {{count: number, isStack: boolean}} image
 * @returns {Track}
 */
export function setKeyframe(track, frame, geometry, {count, isStack}) {
  const end = track.keyframes.at(-1);
  const movesEnd = isStack && end?.outside === true && end.frame <= frame;
  const kept = others(track, frame).filter((keyframe) => !(movesEnd && keyframe === end));
  if (movesEnd && frame + 1 < count) kept.push(gone(frame + 1));
  return /** @type {Track} */ (withKeyframes(track, [...kept, shown(frame, geometry)]));
}

/** @param {Track} track @param {number} frame @returns {Track | null} null: nothing would be left */
export const removeKeyframe = (track, frame) => withKeyframes(track, others(track, frame));

/**
 * What is before a frame stays as it is seen now, although a keyframe after it goes.
 * @param {Track} track @param {number} frame @returns {Keyframe[]} up to and with the frame before
 */
function pinnedBefore(track, frame) {
  const before = track.keyframes.filter((keyframe) => keyframe.frame < frame);
  const shape = frame > 0 ? shapeOn(track, frame - 1) : null;
  const isMoving = shape !== null && before.at(-1)?.frame !== frame - 1 && shape !== before.at(-1)?.geometry;
  return isMoving ? [...before, shown(frame - 1, shape)] : before;
}

/** @param {Track} track @param {number} frame @returns {Track | null} outside from this frame on, up to the next keyframe */
export function setOutside(track, frame) {
  const after = track.keyframes.filter((keyframe) => keyframe.frame > frame);
  return withKeyframes(track, [...pinnedBefore(track, frame), gone(frame), ...after]);
}

/** @param {Track} track @param {number} frame @param {number} count @returns {Track | null} without anything after this frame */
export function endOn(track, frame, count) {
  return withKeyframes(track, [...pinnedBefore(track, frame + 1), ...(frame + 1 < count ? [gone(frame + 1)] : [])]);
}

/** @param {Track} track @param {number} frame @returns {[Track, Track] | null} before this frame, and from it on; null: it begins here */
export function splitOn(track, frame) {
  const shape = shapeOn(track, frame);
  const before = withKeyframes(track, [...pinnedBefore(track, frame), gone(frame)]);
  const after = shape && withKeyframes(track, [shown(frame, shape), ...track.keyframes.filter((keyframe) => keyframe.frame > frame)]);
  return before && after ? [before, after] : null;
}

/**
 * The frames that a held mark is on, made to reach to a frame: from it where it lies before, up to it otherwise.
 * @param {Track} track with one shape @param {number} frame @param {number} count @returns {Track}
 */
export function heldTo(track, frame, count) {
  const [first, last] = rangeOf(track, count);
  const geometry = /** @type {OutlineGeometry} */ (firstShape(track));
  return frame < first ? heldTrack(geometry, frame, last, count) : heldTrack(geometry, first, frame, count);
}

/** @param {Track} track @param {number} frame @param {1 | -1} way @returns {number | null} frame of the keyframe that comes next */
export function keyframeBeside({keyframes}, frame, way) {
  const found = way > 0 ? keyframes.find((keyframe) => keyframe.frame > frame) : keyframes.findLast((keyframe) => keyframe.frame < frame);
  return found?.frame ?? null;
}

/**
 * Makes the body of a track of what was done to it on one frame: a shape becomes a keyframe, none is outside from there on.
 * @param {Body | SeenBody} body @returns {Body}
 */
export function folded(body) {
  if (!('seen' in body) || !body.seen) return /** @type {Body} */ (body);
  const {seen, ...plain} = body;
  const {track, frame, image} = seen;
  const geometry = plain.geometry
    ? setKeyframe(track, frame, /** @type {OutlineGeometry} */ (plain.geometry), image)
    : (setOutside(track, frame) ?? track);
  return {...plain, frame: firstFrame(geometry), geometry};
}
