/**
 * The frames of a video. A frame that is looked at comes from the server as a picture, decoded by its number, so what is
 * marked is that frame in every browser; only while the video runs, the browser's own player shows the frames.
 */

import {FrameStack} from './frame-stack.js';
import {FrameTimes, formatTime} from './frame-times.js';
import {VideoPlayer} from './video-player.js';

/** @import {Frame} from './frame-decode.js' */
/** @import {PixelGrant} from './pixel-grant.js' */
/** @import {FrameChange} from './frame-stack.js' */
/** @import {Frames, Manifest, Video} from './types.js' */

const STANDING = {ahead: 4, behind: 2};

export class VideoStack extends FrameStack {
  /**
   * @param {object} options
   * @param {Manifest & {frames: Frames, video: Video}} options.manifest
   * @param {PixelGrant} options.grant
   * @param {(change: FrameChange, error?: unknown) => void} options.onChange
   * @param {() => void} options.onFramesOnly called once when the frames have to be shown one by one
   */
  constructor({manifest, grant, onChange, onFramesOnly}) {
    super({manifest, grant, onChange});
    this.video = manifest.video;
    this.grant = grant;
    this.onFramesOnly = onFramesOnly;
    this.framesOnly = false;
    /** @type {FrameTimes | null} */
    this.times = null;
    /** @type {VideoPlayer | null} */
    this.player = null;
    /** @type {Promise<unknown> | null} the frame on its way; the next one waits, so that only the newest is decoded */
    this.coming = null;
    /** True while the picture on screen is the player's: nothing is marked on it. */
    this.fleeting = false;
    /** @type {VideoFrame | HTMLVideoElement | null} the player's picture on screen */
    this.held = null;
    this.standing = STANDING;
    /** True from the wish to play until it is carried out; who asks for a frame in between does not want to play any more. */
    this.starting = false;
    this.loadTimes();
  }

  /** Without times the video still runs, at its mean pace. */
  loadTimes() {
    this.timesLoaded = this.grant
      .fetch(this.video.times_url)
      .then((response) => response.json())
      .then((answer) => {
        this.times = new FrameTimes(answer);
        this.clock.starts = this.times.starts;
        if (!this.disposed) this.onChange('loading');
      })
      .catch(() => {});
  }

  /** @override */
  get playing() {
    return Boolean(this.player?.playing) || super.playing;
  }

  /** @override */
  get settled() {
    return !this.fleeting;
  }

  /** @override */
  get varies() {
    return this.video.varies;
  }

  /** @override */
  get placeText() {
    return this.times ? `${formatTime(this.times.since(this.wanted))} / ${formatTime(this.times.duration)}` : '';
  }

  /** @param {number} frame @returns {Promise<boolean>} @override */
  setFrame(frame) {
    this.halt();
    return this.showFrame(frame);
  }

  /**
   * One frame is fetched at a time, and what comes is shown even if another is wanted by then: whoever drags the slider sees
   * frames pass.
   * @param {number} frame @returns {Promise<boolean>} @override
   */
  async showFrame(frame) {
    const wanted = this.aim(frame);
    while (this.coming) {
      await this.coming;
      if (this.wanted !== wanted) return false;
    }
    const load = this.loader.load(wanted);
    this.coming = load.then(() => {}, () => {});
    try {
      const loaded = await load;
      if (this.disposed || this.player?.playing) return false;
      this.fleeting = false;
      this.display(loaded, wanted);
    } catch (error) {
      if (this.disposed || this.wanted !== wanted) return false;
      this.fleeting = false;
      this.fail(wanted, error);
      return false;
    } finally {
      this.coming = null;
    }
    if (this.wanted === wanted) this.prefetch();
    return this.wanted === wanted;
  }

  /** A video has too many frames to fetch them all, and runs without them. @returns {number} @override */
  nearestMissing() {
    return -1;
  }

  /** @override */
  play() {
    if (this.playing || this.count < 2) return;
    if (!this.framesOnly && !this.canPlay()) this.showFramesOnly();
    if (this.framesOnly) super.play();
    else void this.playStream();
  }

  canPlay() {
    return this.video.stream_url !== null && VideoPlayer.plays(this.video.media_type);
  }

  async playStream() {
    this.starting = true;
    await this.timesLoaded;
    if (this.disposed || this.playing || !this.starting) return;
    if (!this.times) {
      this.showFramesOnly();
      super.play();
      return;
    }
    this.player ??= new VideoPlayer({
      url: /** @type {string} */ (this.video.stream_url),
      times: this.times,
      grant: this.grant,
      turned: this.video.turn_degrees !== 0,
      onFrame: (frame, picture) => this.showPlayed(frame, picture),
      onFailure: () => this.takeOver(),
    });
    const started = this.player.play(Math.max(0, this.current));
    this.onChange('cine');
    await started;
  }

  /** @param {number} frame @param {VideoFrame | HTMLVideoElement} picture */
  showPlayed(frame, picture) {
    Object.assign(this, {current: frame, wanted: frame, failed: false, fleeting: true});
    this.layer.showPicture(picture, this.manifest.width, this.manifest.height);
    this.hold(picture);
    this.onChange('frame');
  }

  /** Gives the picture back that was on screen before. @param {VideoFrame | HTMLVideoElement | null} picture */
  hold(picture) {
    if (this.held && 'close' in this.held) this.held.close();
    this.held = picture;
  }

  /** @param {Frame} frame @param {number} index @override */
  display(frame, index) {
    super.display(frame, index);
    if (this.held) this.hold(null);
  }

  /** @override */
  pause() {
    if (!this.playing) return;
    const wasStream = Boolean(this.player?.playing);
    this.halt();
    if (wasStream) void this.showFrame(Math.max(0, this.current));
  }

  /** Stops, and leaves what is on screen. */
  halt() {
    this.starting = false;
    if (this.player?.playing) {
      this.player.pause();
      if (this.held instanceof HTMLVideoElement) this.freeze(this.held);
      this.onChange('cine');
    }
    super.pause();
  }

  /** Keeps the picture from running on until the frame itself has come. @param {HTMLVideoElement} element */
  freeze(element) {
    const {width, height} = this.manifest;
    const still = new OffscreenCanvas(width, height);
    /** @type {OffscreenCanvasRenderingContext2D} */ (still.getContext('2d')).drawImage(element, 0, 0, width, height);
    this.layer.showPicture(still, width, height);
  }

  showFramesOnly() {
    this.framesOnly = true;
    this.onFramesOnly();
  }

  /** The browser gave up on the stream: its frames go on one by one. */
  takeOver() {
    if (this.disposed || this.framesOnly) return;
    this.player?.dispose();
    this.player = null;
    this.showFramesOnly();
    this.onChange('cine');
    void this.showFrame(Math.max(0, this.current)).then(() => this.play());
  }

  /** @override */
  dispose() {
    super.dispose();
    this.player?.dispose();
    if (this.held) this.hold(null);
  }
}
