/** The frames of one image: which is shown, with which window, standing or running. */

import {CineClock} from './cine-clock.js';
import {framesToPrefetch} from './frame-cache.js';
import {valueAt} from './frame-decode.js';
import {FrameLayer} from './frame-layer.js';
import {FrameLoader} from './frame-loader.js';
import {FrameOverlays} from './frame-overlays.js';
import {drawPresentation, isFor} from './presentation-drawing.js';
import {t} from '../lib/i18n.js';
import {cleanWindow, firstWindow, windowFromValues, windowPresets} from './voi.js';

/** @import {Frame, ValuesFrame} from './frame-decode.js' */
/** @import {PixelGrant} from './pixel-grant.js' */
/** @import {Level0Point} from './geometry.js' */
/** @import {Frames, Manifest, Presentation, Window} from './types.js' */

/** @typedef {'frame' | 'loading' | 'window' | 'cine' | 'overlays' | 'failure'} FrameChange */
/** @typedef {{id: string, name: string, center: number | null, width: number | null, window?: Window}} PresetChoice null: computed on choosing */

/** The choice of window while a presentation state sets it. */
const PRESENTATION = 'presentation';

const AHEAD = 10;
const BEHIND = 3;
/** Half a second of a loop at 30 frames a second: a frame that is late then delays none. */
const AHEAD_RUNNING = 16;
/** What is fetched ahead has to stay until it is shown. */
const AHEAD_BYTES = 160 * 1024 * 1024;

export class FrameStack {
  /**
   * @param {object} options
   * @param {Manifest & {frames: Frames}} options.manifest
   * @param {PixelGrant} options.grant
   * @param {(change: FrameChange, error?: unknown) => void} options.onChange
   */
  constructor({manifest, grant, onChange}) {
    this.manifest = manifest;
    this.count = manifest.frames.count;
    this.encoding = manifest.frames.encoding;
    this.onChange = onChange;
    this.layer = new FrameLayer();
    this.loader = new FrameLoader({url: manifest.frame_url, grant});
    this.overlays = new FrameOverlays({
      url: manifest.overlay_url,
      grant,
      layer: this.layer,
      onFound: () => onChange('overlays'),
      onFailure: (error) => onChange('failure', error),
    });
    this.clock = new CineClock({count: this.count, frameTimeMs: manifest.frames.frame_time_ms});
    /** 0-based frame on screen; -1 until the first one is. Marks belong to this one. */
    this.current = -1;
    /** 0-based frame asked for; differs from `current` while it is on its way. */
    this.wanted = 0;
    /** True while hatching stands for the current frame. */
    this.failed = false;
    this.inverted = false;
    /** @type {Window | null} null for colour frames and before the first frame */
    this.window = null;
    this.presetId = '';
    /** @type {Frame | null} */
    this.shown = null;
    /** @type {{state: Presentation, bitmaps: {left: number, top: number, bitmap: ImageBitmap}[]} | null} */
    this.presentation = null;
    /** The window that was taken from it last. @type {Window | null} */
    this.followed = null;
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

  draw() {
    const state = this.presentation?.state;
    const here = state?.frames.includes(this.current) ? state : null;
    const look = {window: this.window, inverted: this.inverted, rescale: here?.modality ?? null, greys: here?.greys ?? null};
    if (this.shown) this.layer.show(this.shown, look);
  }

  /** The window to begin with: the file's, or one from the frame's values. @param {ValuesFrame} frame */
  beginWindow(frame) {
    const first = firstWindow(this.manifest.frames.windows);
    this.presetId = first?.presetId ?? (frame.window ? 'frame' : 'auto');
    this.window = cleanWindow(first?.window ?? frame.window ?? windowFromValues(frame.stored, frame.modality));
    this.onChange('window');
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

  // ----- window -----

  /**
   * @param {Window} window in rescaled values
   * @param {string} [presetId] which choice it came from
   */
  setWindow(window, presetId = '') {
    if (this.encoding !== 'values') return;
    this.window = cleanWindow(window);
    this.presetId = presetId;
    this.draw();
    this.onChange('window');
  }

  /** Sets the window to the frame's own values, without the few extreme ones. */
  autoWindow() {
    if (this.shown?.kind === 'values') this.setWindow(windowFromValues(this.shown.stored, this.shown.modality), 'auto');
  }

  /** Sets the window to everything that the frame holds. */
  fullRange() {
    if (this.shown?.kind === 'values') this.setWindow(windowFromValues(this.shown.stored, this.shown.modality, 0), 'full');
  }

  /** @param {boolean} inverted */
  setInvert(inverted) {
    if (this.encoding !== 'values') return;
    this.inverted = inverted;
    this.draw();
    this.onChange('window');
  }

  /** @returns {PresetChoice[]} */
  presets() {
    if (this.encoding !== 'values') return [];
    return [
      ...windowPresets(this.manifest),
      {id: 'auto', name: t('Automatic'), center: null, width: null},
      {id: 'full', name: t('Full range'), center: null, width: null},
    ];
  }

  /** @param {string} id of one of `presets()` */
  applyPreset(id) {
    const preset = this.presets().find((candidate) => candidate.id === id);
    if (preset?.id === 'auto') this.autoWindow();
    else if (preset?.id === 'full') this.fullRange();
    else if (preset?.window) {
      this.setWindow({...preset.window, name: preset.name}, id);
    }
  }

  /**
   * @param {Level0Point} point
   * @returns {number | null} rescaled value under a point; null on colour frames and outside
   */
  valueAt([x, y]) {
    return this.shown?.kind === 'values' ? valueAt(this.shown, Math.floor(x), Math.floor(y)) : null;
  }

  /** @param {boolean} visible the drawings that the file holds over its frames */
  showOverlays(visible) {
    this.overlays.show(visible);
    this.onChange('overlays');
  }

  // ----- presentation states -----

  /**
   * Shows the frames as a state says, or as the file itself does. The reader may change the window afterwards.
   * @param {FrameStack['presentation']} presentation
   */
  setPresentation(presentation) {
    for (const {bitmap} of this.presentation?.bitmaps ?? []) bitmap.close();
    this.presentation = presentation;
    this.followed = null;
    const {shown} = this;
    const inverse = presentation?.state.inverse ?? null;
    this.inverted = inverse !== null && shown?.kind === 'values' && inverse !== shown.invert;
    if (presentation) this.presetId = PRESENTATION;
    else if (shown?.kind === 'values') this.beginWindow(shown);
    this.layer.setDrawing(presentation && ((context) => {
      drawPresentation(context, {...presentation, frame: this.current, size: this.manifest});
    }));
    this.followPresentation();
    this.showOverlays(presentation?.state.image_overlays ?? true);
    this.draw();
    this.onChange('window');
  }

  /** Takes the window that the state names for the frame on screen, unless the reader has chosen another. */
  followPresentation() {
    const state = this.presentation?.state;
    if (!state || this.presetId !== PRESENTATION) return;
    const voi = state.voi.find((one) => isFor(one, state, this.current));
    if (!voi || voi.window === this.followed) return;
    this.followed = voi.window;
    this.window = cleanWindow(voi.window);
    this.onChange('window');
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
