/** Which frames the timeline shows: all of them, or a part that is brought nearer. Arithmetic only. */

/** No nearer than this many frames: each then has room for a keyframe to be grabbed. */
const LEAST_FRAMES = 4;

export class Span {
  /** @param {number} total frames of the image */
  constructor(total) {
    this.total = total;
    /** The first frame that is shown; need not be whole. */
    this.first = 0;
    /** How many frames are shown. */
    this.length = total;
  }

  get isWhole() {
    return this.length >= this.total;
  }

  get isNearest() {
    return this.length <= Math.min(LEAST_FRAMES, this.total);
  }

  /** @param {number} frame @returns {number} 0 at the left end, 1 at the right one */
  shareOf(frame) {
    return (frame - this.first) / this.length;
  }

  /** @param {number} share @returns {number} frame, not rounded */
  frameAt(share) {
    return this.first + share * this.length;
  }

  /** @param {number} frame @returns {boolean} whether all of it is in view */
  holds(frame) {
    return frame >= this.first && frame + 1 <= this.first + this.length;
  }

  /** @param {number} first @param {number} length @returns {boolean} whether anything changed */
  set(first, length) {
    const most = Math.min(this.total, Math.max(Math.min(LEAST_FRAMES, this.total), length));
    const begin = Math.max(0, Math.min(this.total - most, first));
    if (begin === this.first && most === this.length) return false;
    this.first = begin;
    this.length = most;
    return true;
  }

  /** @param {number} factor 2 shows half as many @param {number} frame that stays where it is @returns {boolean} */
  zoom(factor, frame) {
    const share = this.shareOf(frame);
    const length = Math.min(this.total, Math.max(Math.min(LEAST_FRAMES, this.total), this.length / factor));
    return this.set(frame - share * length, length);
  }

  /** @param {number} frames to the right @returns {boolean} */
  pan(frames) {
    return this.set(this.first + frames, this.length);
  }

  /** @returns {boolean} */
  fit() {
    return this.set(0, this.total);
  }

  /** Brings a frame into view: by a step when it is just outside, into the middle when it is far away. @param {number} frame @returns {boolean} */
  reveal(frame) {
    if (this.holds(frame)) return false;
    const isFar = frame < this.first - this.length || frame > this.first + 2 * this.length;
    if (isFar) return this.set(frame + 0.5 - this.length / 2, this.length);
    return this.set(frame < this.first ? frame : frame + 1 - this.length, this.length);
  }
}
