/**
 * The permission to fetch pixels of one image. Opening the image sets a short-lived cookie; it is renewed at half its
 * life, and once more when a request is refused (a laptop that slept).
 */

import {ApiError, errorOf} from '../lib/api.js';

/** @import {Api} from '../lib/api.js' */
/** @import {Manifest} from './types.js' */

const FALLBACK_TTL_S = 60;
const PIXEL_TIMEOUT_MS = 60_000;

export class PixelGrant {
  /** @param {{imageId: string, api: Api, url?: string}} options `url` opens something else that is granted like an image */
  constructor({imageId, api, url = `/api/images/${imageId}/open/`}) {
    this.url = url;
    this.api = api;
    this.renewEveryMs = (FALLBACK_TTL_S / 2) * 1000;
    this.renewedAt = 0;
    /** @type {Promise<Manifest> | null} */
    this.pending = null;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
    this.onVisible = () => {
      if (document.visibilityState === 'visible' && Date.now() - this.renewedAt > this.renewEveryMs) this.renewQuietly();
    };
  }

  /**
   * Asks for the grant and keeps it alive until `dispose`.
   * @returns {Promise<Manifest>}
   * @throws {ApiError} when the image is not there for this reader
   */
  async open() {
    const manifest = await this.renew();
    this.renewEveryMs = ((manifest.grant_ttl_s ?? FALLBACK_TTL_S) / 2) * 1000;
    this.timer = setInterval(() => this.renewQuietly(), this.renewEveryMs);
    document.addEventListener('visibilitychange', this.onVisible);
    return manifest;
  }

  /** @returns {Promise<Manifest>} one request at a time, however many tiles ask for it */
  renew() {
    this.pending ??= this.api
      .post(this.url, {})
      .then((manifest) => {
        this.renewedAt = Date.now();
        return manifest;
      })
      .finally(() => {
        this.pending = null;
      });
    return this.pending;
  }

  /** A failed renewal is not shown: the next pixel request tells, and tries again. */
  renewQuietly() {
    this.renew().catch((error) => {
      if (!(error instanceof ApiError)) throw error;
    });
  }

  /**
   * Fetches pixels; a refusal renews the grant and asks once more.
   * @param {string} url
   * @param {AbortSignal} [signal]
   * @returns {Promise<Response>} an answer with status 200-299
   * @throws {ApiError}
   */
  async fetch(url, signal) {
    const options = {headers: {Accept: '*/*'}, timeoutMs: PIXEL_TIMEOUT_MS, signal};
    let response = await this.api.fetch('GET', url, options);
    if (response.status === 403) {
      await this.renew();
      response = await this.api.fetch('GET', url, options);
    }
    if (!response.ok) throw await errorOf(response);
    return response;
  }

  dispose() {
    clearInterval(this.timer);
    document.removeEventListener('visibilitychange', this.onVisible);
  }
}
