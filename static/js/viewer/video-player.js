/**
 * Lets the browser run a video and tells which frame is on screen, by the time that the browser puts on each frame.
 *
 * The element itself is never seen: its picture is drawn with the rest. It is always silent, as people talk in
 * examination rooms.
 */

/** @import {FrameTimes} from './frame-times.js' */
/** @import {PixelGrant} from './pixel-grant.js' */

export class VideoPlayer {
  /**
   * @param {object} options
   * @param {string} options.url answers ranges
   * @param {FrameTimes} options.times
   * @param {PixelGrant} options.grant
   * @param {boolean} options.turned the browser has to turn the pictures
   * @param {(frame: number, picture: VideoFrame | HTMLVideoElement) => void} options.onFrame 0-based, and its picture, which
   *   the receiver closes where it can be closed
   * @param {() => void} options.onFailure the browser cannot go on
   */
  constructor({url, times, grant, turned, onFrame, onFailure}) {
    this.url = url;
    this.times = times;
    this.grant = grant;
    // A VideoFrame is one frame and says which, however late it is drawn; but not every browser turns it.
    this.pins = !turned && 'VideoFrame' in globalThis;
    this.onFrame = onFrame;
    this.onFailure = onFailure;
    this.playing = false;
    this.retried = false;
    this.element = document.createElement('video');
    Object.assign(this.element, {muted: true, loop: true, playsInline: true, preload: 'auto', disablePictureInPicture: true});
    this.element.addEventListener('error', () => void this.recover());
    this.element.src = url;
    /** @type {number | null} */
    this.callback = null;
    this.frame = 0;
  }

  /**
   * Whether this browser says that it plays such videos, and tells which frame it shows.
   * @param {string} mediaType as RFC 6381 has it
   * @returns {boolean}
   */
  static plays(mediaType) {
    return 'requestVideoFrameCallback' in HTMLVideoElement.prototype && document.createElement('video').canPlayType(mediaType) !== '';
  }

  /** @param {number} frame 0-based, to begin with; the last one begins anew */
  async play(frame) {
    this.playing = true;
    this.frame = frame >= this.times.count - 1 ? 0 : frame;
    try {
      await this.seek(this.frame);
      if (!this.playing) return;
      this.follow();
      await this.element.play();
    } catch (error) {
      // A pause in between ends the wait with an AbortError; what else goes wrong is told by the element's own event.
      if (!(error instanceof DOMException)) throw error;
      if (error.name === 'NotAllowedError' || error.name === 'NotSupportedError') this.giveUp();
    }
  }

  pause() {
    this.playing = false;
    this.element.pause();
    if (this.callback !== null) this.element.cancelVideoFrameCallback(this.callback);
    this.callback = null;
  }

  /** @param {number} frame */
  async seek(frame) {
    const {element, times} = this;
    if (element.readyState < HTMLMediaElement.HAVE_METADATA) await once(element, 'loadedmetadata');
    if (times.at(element.currentTime) === frame && !element.seeking) return;
    const there = once(element, 'seeked');
    element.currentTime = times.middle(frame);
    await there;
  }

  follow() {
    this.callback = this.element.requestVideoFrameCallback((_now, {mediaTime}) => {
      if (!this.playing) return;
      this.retried = false;
      const pinned = this.pins ? new VideoFrame(this.element) : null;
      this.frame = this.times.nearest(pinned ? pinned.timestamp / 1_000_000 : mediaTime);
      this.onFrame(this.frame, pinned ?? this.element);
      this.follow();
    });
  }

  /** A grant that ran out looks like a broken video: the first failure is answered with a new one. */
  async recover() {
    if (this.retried) {
      this.giveUp();
      return;
    }
    this.retried = true;
    const wasPlaying = this.playing;
    this.pause();
    try {
      await this.grant.renew();
    } catch {
      this.giveUp();
      return;
    }
    this.element.src = this.url;
    if (wasPlaying) await this.play(this.frame);
  }

  giveUp() {
    this.pause();
    this.onFailure();
  }

  dispose() {
    this.pause();
    this.element.removeAttribute('src');
    this.element.load();
  }
}

/** @param {EventTarget} target @param {string} kind @returns {Promise<Event>} */
function once(target, kind) {
  return new Promise((resolve) => target.addEventListener(kind, resolve, {once: true}));
}
