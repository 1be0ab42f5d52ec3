/**
 * Which frame is due at which moment of a cine loop. Pure: the caller brings the time.
 *
 * A late screen may skip frames so that the loop keeps the recorded pace (a heart must not beat slower on a slow
 * computer), but each round begins with the first frame, and time stands still while a frame is awaited.
 */

/** Where a file records no frame time, this is shown, and said to be assumed. */
export const ASSUMED_FRAME_TIME_MS = 100;

/** Pace of a cine loop over `count` frames. */
export class CineClock {
  /** @param {{count: number, frameTimeMs?: number | null}} options */
  constructor({count, frameTimeMs = null}) {
    this.count = count;
    this.assumed = !frameTimeMs || !Number.isFinite(frameTimeMs) || frameTimeMs <= 0;
    this.frameTimeMs = this.assumed ? ASSUMED_FRAME_TIME_MS : Number(frameTimeMs);
    /** @type {number | null} moment at which the running frame was due */
    this.since = null;
    this.frame = 0;
    /** @type {Float64Array | null} seconds at which each frame begins, and the end; null: all last equally long */
    this.starts = null;
  }

  get running() {
    return this.since !== null;
  }

  /**
   * Starts with the frame on screen; from the last frame, with the first.
   * @param {number} now ms
   * @param {number} frame 0-based
   */
  start(now, frame) {
    this.frame = frame >= this.count - 1 ? 0 : frame;
    this.since = now;
  }

  stop() {
    this.since = null;
  }

  /**
   * The frame that should be on screen; does not change until that frame's time has come.
   * @param {number} now ms
   * @returns {number} 0-based
   */
  due(now) {
    if (this.since === null) return this.frame;
    if (this.starts) return this.dueByStarts(this.starts, now);
    const steps = Math.floor((now - this.since) / this.frameTimeMs);
    if (steps <= 0) return this.frame;
    if (this.frame + steps >= this.count) {
      const late = this.frame + steps - this.count;
      this.frame = 0;
      this.since = late === 0 ? this.since + steps * this.frameTimeMs : now;
      return 0;
    }
    this.frame += steps;
    this.since += steps * this.frameTimeMs;
    return this.frame;
  }

  /** @param {Float64Array} starts @param {number} now ms @returns {number} */
  dueByStarts(starts, now) {
    const begun = this.since ?? now;
    let {frame} = this;
    while (frame < this.count && begun + (starts[frame + 1] - starts[this.frame]) * 1000 <= now) frame += 1;
    if (frame === this.frame) return frame;
    this.since = frame === this.count ? now : begun + (starts[frame] - starts[this.frame]) * 1000;
    this.frame = frame === this.count ? 0 : frame;
    return this.frame;
  }

  /**
   * Lets the due frame begin now: called when it had to be waited for.
   * @param {number} now ms
   */
  hold(now) {
    if (this.since !== null) this.since = now;
  }
}
