/** Fetches frames: the one asked for at once, its neighbours beside it, none twice. */

import {FrameCache} from './frame-cache.js';
import {decodeFrame, frameBytes, releaseFrame} from './frame-decode.js';

/** @import {Frame} from './frame-decode.js' */
/** @import {PixelGrant} from './pixel-grant.js' */

const CACHE_BYTES = 256 * 1024 * 1024;
const PREFETCH_AT_ONCE = 3;

/** @typedef {{promise: Promise<Frame>, abort: AbortController, asked: boolean}} Pending */

export class FrameLoader {
  /** @param {{url: string, grant: PixelGrant, maxBytes?: number}} options `url` with place {frame} */
  constructor({url, grant, maxBytes = CACHE_BYTES}) {
    this.url = url;
    this.grant = grant;
    /** @type {FrameCache<Frame>} */
    this.cache = new FrameCache({maxBytes, bytesOf: frameBytes, release: releaseFrame});
    /** @type {Map<number, Pending>} */
    this.pending = new Map();
    /** @type {number[]} */
    this.queue = [];
  }

  /**
   * @param {number} frame 0-based
   * @returns {Promise<Frame>}
   * @throws {ApiError | RangeError | DOMException}
   */
  async load(frame) {
    const cached = this.cache.get(frame);
    if (cached) return cached;
    const begun = this.pending.get(frame);
    // A prefetch that was given up a moment ago will not bring the frame.
    const pending = begun && !begun.abort.signal.aborted ? begun : this.begin(frame);
    pending.asked = true;
    return pending.promise;
  }

  /**
   * Replaces the list of frames to fetch beside; what left the list and was not asked for is given up.
   * @param {number[]} frames nearest first
   */
  prefetch(frames) {
    for (const [frame, pending] of this.pending) {
      if (!pending.asked && !frames.includes(frame)) pending.abort.abort();
    }
    this.queue = frames.filter((frame) => !this.cache.has(frame) && !this.pending.has(frame));
    this.pump();
  }

  pump() {
    while (this.queue.length > 0 && this.pending.size < PREFETCH_AT_ONCE) {
      const frame = /** @type {number} */ (this.queue.shift());
      // A prefetch that fails says nothing: the frame is asked for again when somebody wants to see it.
      if (!this.cache.has(frame) && !this.pending.has(frame)) this.begin(frame).promise.catch(() => {});
    }
  }

  /** @param {number} frame @returns {Pending} */
  begin(frame) {
    const abort = new AbortController();
    const pending = {abort, asked: false, promise: this.fetch(frame, abort.signal)};
    this.pending.set(frame, pending);
    const done = () => {
      if (this.pending.get(frame) === pending) this.pending.delete(frame);
      this.pump();
    };
    pending.promise.then(done, done);
    return pending;
  }

  /** @param {number} frame @param {AbortSignal} signal @returns {Promise<Frame>} */
  async fetch(frame, signal) {
    const response = await this.grant.fetch(this.url.replace('{frame}', String(frame)), signal);
    const decoded = await decodeFrame(response);
    this.cache.set(frame, decoded);
    return decoded;
  }

  dispose() {
    this.queue = [];
    for (const {abort} of this.pending.values()) abort.abort();
    this.cache.clear();
  }
}
