/** The frames of one image: which is shown, standing or running. */

import {CineClock} from './cine-clock.js';
import {framesToPrefetch} from './frame-cache.js';
import {FrameLoader} from './frame-loader.js';
import {FrameLook} from './frame-look.js';
import {t} from '../lib/i18n.js';

/** @import {Frame} from './frame-decode.js' */
/** @import {PixelGrant} from './pixel-grant.js' */
/** @import {Frames, Manifest} from './types.js' */

/** @typedef {import('./frame-look.js').FrameChange} FrameChange */

const AHEAD = 10;
const BEHIND = 3;
/** Half a second of a loop at 30 frames a second: a frame that is late then delays none. */
const AHEAD_RUNNING = 16;
/** What is fetched ahead has to stay until it is shown. */
const AHEAD_BYTES = 160 * 1024 * 1024;

export class FrameStack extends FrameLook {
  /**
   * @param {object} options
   * @param {Manifest & {frames: Frames}} options.manifest
   * @param {PixelGrant} options.grant
   * @param {(change: FrameChange, error?: unknown) => void} options.onChange
   */
  constructor({manifest, grant, onChange}) {
    super({manifest, grant, onChange});
    this.count = manifest.frames.count;
    this.loader = new FrameLoader({url: manifest.frame_url, grant});
    this.clock = new CineClock({count: this.count, frameTimeMs: manifest.frames.frame_time_ms});
    /** 0-based frame asked for; differs from `current` while it is on its way. */
    this.wanted = 0;
    /** True while hatching stands for the current frame. */
    this.failed = false;
    /** @type {1 | -1} */
    this.direction = 1;
    /** Counts starts of the cine loop, so that an earlier loop ends when a new one begins. */
    this.run = 0;
    this.disposed = false;
    /** How many frames are fetched beside the one that is looked at. */
    this.standing = {ahead: AHEAD, behind: BEHIND};
  }

  /** True when the picture on screen is surely the current frame, to be marked. */
  get settled() {
    return true;
  }

  /** True when frames are shown for different times. */
  get varies() {
    return false;
  }

  /** Where the frame asked for lies, as people read it: millimetres along the slices, or the time of a video. */
  get placeText() {
    return this.positionMm === null ? '' : `${this.positionMm.toFixed(1)} mm`;
  }

  get playing() {
    return this.clock.running;
  }

  get frameTimeMs() {
    return this.clock.frameTimeMs;
  }

  /** True when the file records no frame time and the pace is ours. */
  get frameTimeAssumed() {
    return this.clock.assumed;
  }

  /** True while the frame asked for is on its way. */
  get loading() {
    return this.wanted !== this.current;
  }

  /** Millimetres along the slice normal of the frame asked for, where the file says it. */
  get positionMm() {
    return this.manifest.frames?.positions_mm?.[this.wanted] ?? null;
  }

  /** @param {number} frame 0-based @returns {number} place in the list of parts; -1 where there are none */
  partAt(frame) {
    return (this.manifest.frames.parts ?? []).findIndex(({start, count}) => frame >= start && frame < start + count);
  }

  /**
   * Shows a frame and stops the cine loop.
   * @param {number} frame 0-based, brought into range
   * @returns {Promise<boolean>} whether this frame is on screen now; false when another was asked for meanwhile
   */
  setFrame(frame) {
    this.pause();
    return this.showFrame(frame);
  }

  /** @param {number} frame @returns {Promise<boolean>} */
  async showFrame(frame) {
    const wanted = this.aim(frame);
    try {
      const loaded = await this.loader.load(wanted, this.neighbours());
      if (this.disposed) return false;
      if (this.wanted !== wanted) {
        this.passBy(loaded, wanted);
        return false;
      }
      this.display(loaded, wanted);
    } catch (error) {
      if (this.disposed || this.wanted !== wanted) return false;
      this.fail(wanted, error);
      return false;
    }
    this.prefetch();
    return true;
  }

  /**
   * Remembers a frame as the one asked for.
   * @param {number} frame
   * @returns {number} the frame, brought into range
   */
  aim(frame) {
    const wanted = Math.min(this.count - 1, Math.max(0, Math.round(frame)));
    if (wanted !== this.wanted) this.direction = wanted > this.wanted ? 1 : -1;
    this.wanted = wanted;
    if (!this.loader.cache.has(wanted)) this.onChange('loading');
    return wanted;
  }

  /** @param {number} delta frames @returns {Promise<boolean>} */
  step(delta) {
    return this.setFrame(this.wanted + delta);
  }

  /** @param {number} frame 0-based @returns {string} what people call it */
  nameOf(frame) {
    return t('Frame {frame}', {frame: frame + 1});
  }

  /** Asks again for a frame that failed. */
  retry() {
    if (this.failed) void this.setFrame(this.wanted);
  }

  /** @param {Frame} frame @param {number} index */
  display(frame, index) {
    this.loader.cache.pin(index);
    this.shown = frame;
    this.current = index;
    this.failed = false;
    if (frame.kind === 'values' && !this.window) this.beginWindow(frame);
    this.followPresentation();
    this.draw();
    this.overlays.follow(index, frame);
    this.onChange('frame');
  }

  /** @param {number} index @param {unknown} error */
  fail(index, error) {
    this.pause();
    this.shown = null;
    this.current = index;
    this.failed = true;
    this.layer.showFailure(this.manifest.width, this.manifest.height);
    this.overlays.follow(index, null);
    this.onChange('frame');
    this.onChange('failure', error);
  }

  prefetch() {
    if (this.count > 1) this.loader.prefetch(this.neighbours(), () => this.nearestMissing());
  }

  /** How many frames may be fetched ahead of the one that is looked at. */
  get most() {
    const {width, height} = this.manifest;
    return Math.max(1, Math.floor(AHEAD_BYTES / (width * height * (this.encoding === 'values' ? 2 : 4))));
  }

  /** @returns {number} what a reader who rests comes to next, most of it ahead; -1 when it is all there */
  nearestMissing() {
    const {wanted, count, direction, most} = this;
    const behind = Math.floor(most / 4);
    for (const [way, steps] of [[direction, most - behind], [-direction, behind]]) {
      for (let step = 1; step <= steps; step += 1) {
        const frame = wanted + way * step;
        if (frame < 0 || frame >= count) break;
        if (!this.loader.cache.has(frame)) return frame;
      }
    }
    return -1;
  }

  /** @returns {number[]} frames around the one asked for that are worth having, nearest first */
  neighbours() {
    const {wanted, count, direction, playing, most} = this;
    return framesToPrefetch({
      current: wanted,
      count,
      direction: playing ? 1 : direction,
      ahead: Math.min(most, playing ? AHEAD_RUNNING : this.standing.ahead),
      behind: playing ? 0 : this.standing.behind,
      loop: playing,
    });
  }

  /**
   * Shows a frame that came when another was asked for already, if it is nearer to that one: a fast scroll is seen, not guessed.
   * @param {Frame} frame
   * @param {number} index
   */
  passBy(frame, index) {
    const isNearer = Math.abs(index - this.wanted) < Math.abs(this.current - this.wanted);
    if (!this.playing && this.current >= 0 && isNearer) this.display(frame, index);
    this.prefetch();
  }

  // ----- cine -----

  play() {
    if (this.playing || this.count < 2) return;
    this.clock.start(performance.now(), Math.max(0, this.current));
    this.run += 1;
    this.onChange('cine');
    void this.loop(this.run);
  }

  pause() {
    if (!this.playing) return;
    this.clock.stop();
    this.onChange('cine');
  }

  /** @param {number} run */
  async loop(run) {
    while (this.playing && this.run === run) {
      const due = this.clock.due(performance.now());
      if (due !== this.current) {
        const waited = !this.loader.cache.has(due);
        await this.showFrame(due);
        if (waited) this.clock.hold(performance.now());
      }
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
  }

  dispose() {
    this.disposed = true;
    this.clock.stop();
    this.loader.dispose();
    this.overlays.dispose();
    this.layer.dispose();
  }
}
