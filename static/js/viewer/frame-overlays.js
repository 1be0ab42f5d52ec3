/** Drawings that a device stored over the frames: fetched for the frames that have some, kept, shown or hidden as one. */

import {FrameCache} from './frame-cache.js';

/** @import {Frame} from './frame-decode.js' */
/** @import {FrameLayer} from './frame-layer.js' */
/** @import {PixelGrant} from './pixel-grant.js' */

const CACHE_BYTES = 64 * 1024 * 1024;

export class FrameOverlays {
  /**
   * @param {object} options
   * @param {string} options.url with place {frame}
   * @param {PixelGrant} options.grant
   * @param {FrameLayer} options.layer
   * @param {() => void} options.onFound called when a frame with drawings is met for the first time
   * @param {(error: unknown) => void} options.onFailure
   */
  constructor({url, grant, layer, onFound, onFailure}) {
    this.url = url;
    this.grant = grant;
    this.layer = layer;
    this.onFound = onFound;
    this.onFailure = onFailure;
    /** @type {FrameCache<ImageBitmap>} */
    this.cache = new FrameCache({maxBytes: CACHE_BYTES, bytesOf: ({width, height}) => width * height * 4, release: (bitmap) => bitmap.close()});
    this.abort = new AbortController();
    /** True once any frame was met that has drawings. */
    this.found = false;
    this.visible = true;
    this.frame = -1;
    this.count = 0;
  }

  /** @param {number} frame 0-based, on screen from now on @param {Pick<Frame, 'overlays'> | null} decoded null where the frame failed */
  follow(frame, decoded) {
    this.frame = frame;
    this.count = decoded?.overlays ?? 0;
    if (this.count > 0 && !this.found) {
      this.found = true;
      this.onFound();
    }
    void this.update();
  }

  /** @param {boolean} visible */
  show(visible) {
    this.visible = visible;
    void this.update();
  }

  async update() {
    const {frame} = this;
    this.abort.abort();
    const wanted = this.visible && this.count > 0;
    this.layer.setOverlay(wanted ? this.cache.get(frame) ?? null : null);
    if (!wanted || this.cache.has(frame)) return;
    this.abort = new AbortController();
    const {signal} = this.abort;
    try {
      const response = await this.grant.fetch(this.url.replace('{frame}', String(frame)), signal);
      const bitmap = await createImageBitmap(await response.blob());
      // What is on screen is not given up by the cache; an older drawing still on screen is no longer used.
      this.cache.pin(frame);
      this.cache.set(frame, bitmap);
      if (!signal.aborted) this.layer.setOverlay(bitmap);
    } catch (error) {
      if (!signal.aborted) this.onFailure(error);
    }
  }

  dispose() {
    this.abort.abort();
    this.layer.setOverlay(null);
    this.cache.clear();
  }
}
