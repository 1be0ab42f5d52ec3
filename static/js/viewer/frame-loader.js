/** Fetches frames: the one asked for at once, its neighbours beside it, the others when nothing else is to do, none twice. */

import {FrameCache} from './frame-cache.js';
import {decodeFrame, frameBytes, releaseFrame} from './frame-decode.js';

/** @import {Frame} from './frame-decode.js' */
/** @import {PixelGrant} from './pixel-grant.js' */

const CACHE_BYTES = 256 * 1024 * 1024;
const PREFETCH_AT_ONCE = 3;
const AT_ONCE = 4;

/** @typedef {{promise: Promise<Frame>, abort: AbortController, asked: boolean}} Pending */

const nothing = () => -1;

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
    /** @type {() => number} */
    this.next = nothing;
    /** The frame asked for last. */
    this.latest = -1;
  }

  /**
   * Loads a frame. While as many are on their way as the server works on, the one asked for last waits for room and the others give
   * up their turn: a fast scroll then shows as many frames as the server can give, and ends where the reader stops.
   * @param {number} frame 0-based
   * @param {number[]} [near] frames worth having beside; other prefetches are given up
   * @returns {Promise<Frame>}
   * @throws {ApiError | RangeError | DOMException} an AbortError when another frame was asked for before this one's turn
   */
  async load(frame, near = []) {
    const cached = this.cache.get(frame);
    if (cached) return cached;
    this.latest = frame;
    this.keep([...near, frame]);
    while (!this.isComing(frame) && this.pending.size >= AT_ONCE) {
      await Promise.race([...this.pending.values()].map(({promise}) => promise.catch(() => {})));
      if (this.latest !== frame) throw new DOMException('Another frame was asked for', 'AbortError');
    }
    const arrived = this.cache.get(frame);
    if (arrived) return arrived;
    const pending = /** @type {Pending} */ (this.isComing(frame) ? this.pending.get(frame) : this.begin(frame));
    pending.asked = true;
    return pending.promise;
  }

  /** A prefetch that was given up a moment ago will not bring its frame. @param {number} frame @returns {boolean} */
  isComing(frame) {
    return this.pending.get(frame)?.abort.signal.aborted === false;
  }

  /**
   * Gives up what is on its way, was never asked for and is not among these.
   * @param {number[]} frames
   */
  keep(frames) {
    for (const [frame, pending] of this.pending) {
      if (!pending.asked && !frames.includes(frame)) pending.abort.abort();
    }
  }

  /**
   * Replaces the list of frames to fetch beside; what left the list is given up.
   * @param {number[]} frames nearest first
   * @param {() => number} [next] a frame to fetch while nothing else is on its way; -1 when all are there
   */
  prefetch(frames, next = nothing) {
    this.keep(frames);
    this.next = next;
    this.queue = frames.filter((frame) => !this.cache.has(frame) && !this.pending.has(frame));
    this.pump();
  }

  pump() {
    while (this.queue.length > 0 && this.pending.size < PREFETCH_AT_ONCE) {
      const frame = /** @type {number} */ (this.queue.shift());
      // A prefetch that fails says nothing: the frame is asked for again when somebody wants to see it.
      if (!this.cache.has(frame) && !this.pending.has(frame)) this.begin(frame).promise.catch(() => {});
    }
    if (this.queue.length > 0 || this.pending.size > 0) return;
    const frame = this.next();
    if (frame >= 0) this.begin(frame, {unasked: true}).promise.catch(() => {});
  }

  /** @param {number} frame @param {{unasked?: boolean}} [options] unasked: nobody waits for it @returns {Pending} */
  begin(frame, {unasked = false} = {}) {
    const abort = new AbortController();
    const pending = {abort, asked: false, promise: this.fetch(frame, abort.signal)};
    this.pending.set(frame, pending);
    const done = () => {
      if (this.pending.get(frame) === pending) this.pending.delete(frame);
      this.pump();
    };
    pending.promise.then(done, () => {
      // What failed unasked would be asked for again and again, until the reader moves.
      if (unasked) this.next = nothing;
      done();
    });
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
    this.next = nothing;
    for (const {abort} of this.pending.values()) abort.abort();
    this.cache.clear();
  }
}
