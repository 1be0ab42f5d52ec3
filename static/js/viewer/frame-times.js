/**
 * When each frame of a video is shown, from the server's frame index. Pure.
 *
 * @typedef {object} TimesAnswer see docs/formats.md
 * @property {number[]} tick numerator and denominator of the seconds a tick
 * @property {number} first tick of frame 0
 * @property {number[][]} durations runs of [ticks, how many frames]
 */

export class FrameTimes {
  /** @param {TimesAnswer} answer */
  constructor({tick: [numerator, denominator], first, durations}) {
    const count = durations.reduce((sum, [, frames]) => sum + frames, 0);
    /** Seconds at which each frame begins to be shown; one more than there are frames: the last is the end. */
    this.starts = new Float64Array(count + 1);
    let [tick, frame] = [first, 0];
    for (const [ticks, frames] of durations) {
      for (let n = 0; n < frames; n += 1) {
        this.starts[frame] = (tick * numerator) / denominator;
        tick += ticks;
        frame += 1;
      }
    }
    this.starts[count] = (tick * numerator) / denominator;
  }

  get count() {
    return this.starts.length - 1;
  }

  /** Seconds from the first frame to the end of the last. */
  get duration() {
    return this.starts[this.count] - this.starts[0];
  }

  /** @param {number} frame 0-based @returns {number} seconds since the first frame */
  since(frame) {
    return this.starts[frame] - this.starts[0];
  }

  /**
   * Where to seek to for a frame: the middle of its time, as far as can be from its neighbours and from rounding.
   * @param {number} frame 0-based
   * @returns {number} seconds
   */
  middle(frame) {
    return (this.starts[frame] + this.starts[frame + 1]) / 2;
  }

  /**
   * The frame that is shown at a time.
   * @param {number} seconds
   * @returns {number} 0-based
   */
  at(seconds) {
    let [low, high] = [0, this.count - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle] <= seconds) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /**
   * The frame whose beginning a browser reports, which it may have rounded.
   * @param {number} seconds
   * @returns {number} 0-based
   */
  nearest(seconds) {
    const frame = this.at(seconds);
    const next = Math.min(frame + 1, this.count - 1);
    return Math.abs(this.starts[next] - seconds) < Math.abs(this.starts[frame] - seconds) ? next : frame;
  }
}

/** @param {number} seconds @returns {string} `1:04.28`, or `1:02:04.28` from an hour on */
export function formatTime(seconds) {
  const hundredths = Math.round(seconds * 100);
  const [minutes, rest] = [Math.floor(hundredths / 6000), hundredths % 6000];
  const shown = `${String(Math.floor(rest / 100)).padStart(2, '0')}.${String(rest % 100).padStart(2, '0')}`;
  if (minutes < 60) return `${minutes}:${shown}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${shown}`;
}
