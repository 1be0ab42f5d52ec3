/** Marks as they are on the frame on screen: a track is there the plain shape that tools, commands and drawing work with. */

import {firstFrame, isTrack, keyframeOn, shapeOn} from './keyframes.js';

/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {Body, Mark, SeenMark} from '../types.js' */

/** @param {Viewer} viewer @returns {boolean} whether one mark may be on many frames here */
export const takesTracks = ({frames}) => frames !== null && frames.encoding !== 'planes' && frames.count > 1;

/** @param {Viewer} viewer @returns {{count: number, isStack: boolean}} isStack: slices side by side, and no clip */
export function framesOf({frames, manifest}) {
  return {count: frames?.count ?? 1, isStack: manifest.kind === 'frames' && manifest.frames?.frame_time_ms === null};
}

export class Lens {
  /** @param {Viewer} viewer */
  constructor(viewer) {
    this.viewer = viewer;
    this.image = framesOf(viewer);
    /** What was seen last of each track. @type {WeakMap<Readonly<Body>, {frame: number, mark: SeenMark | undefined}>} */
    this.last = new WeakMap();
  }

  /** @param {Mark} mark @returns {SeenMark | undefined} undefined: it is a track, and not on the frame on screen */
  see(mark) {
    const track = mark.body.geometry;
    if (!isTrack(track)) return /** @type {SeenMark} */ (mark);
    const frame = this.viewer.frame;
    if (frame === null) return undefined;
    const last = this.last.get(mark.body);
    if (last?.frame === frame && last.mark?.status === mark.status && last.mark.revision === mark.revision) return last.mark;
    const geometry = last?.frame === frame ? (last.mark?.body.geometry ?? null) : shapeOn(track, frame);
    const body = geometry && {...mark.body, frame, geometry, seen: {track, frame, image: this.image}};
    const seen = body ? {...mark, body: Object.freeze(body)} : undefined;
    this.last.set(mark.body, {frame, mark: seen});
    return seen;
  }
}

/** @param {SeenMark} mark @returns {boolean} whether its shape here was set by nobody, but lies between keyframes */
export function isBetween({body: {seen}}) {
  return seen !== undefined && keyframeOn(seen.track, seen.frame) === undefined;
}

/** @param {Mark} mark @param {number | null} shown the frame on screen @returns {number | null} the frame to look at it on */
export function frameToSee({body: {frame, geometry}}, shown) {
  if (!isTrack(geometry)) return frame;
  return shown !== null && shapeOn(geometry, shown) ? shown : firstFrame(geometry);
}
