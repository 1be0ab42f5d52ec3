/**
 * Keeps the claim on an image while its reader is there. Marks are saved whatever becomes of the claim; only submitting
 * needs it.
 */

import {ApiError} from '../lib/api.js';

/** @import {Api} from '../lib/api.js' */

const RENEW_MS = 60_000;
/** Less time than this is worth a word. */
export const SHORT_MS = 5 * 60_000;

/** @typedef {'held' | 'short' | 'lost' | 'none'} LeaseState none: the site has no queue for this read */

export class Lease {
  /**
   * @param {{api: Api, readId: string, onChange: () => void, onSignedOut: () => void}} parts
   */
  constructor({api, readId, onChange, onSignedOut}) {
    this.api = api;
    this.readId = readId;
    this.onChange = onChange;
    this.onSignedOut = onSignedOut;
    /** @type {LeaseState} */
    this.state = 'held';
    /** @type {number | null} ms since the epoch, by this computer's clock */
    this.expiresAt = null;
    /** @type {ApiError | null} why it is lost */
    this.problem = null;
    this.timer = setInterval(() => void this.renew(), RENEW_MS);
    this.tick = setInterval(() => this.#look(), 1_000);
    void this.renew();
  }

  /** @returns {number | null} */
  get remainingMs() {
    return this.expiresAt === null ? null : Math.max(0, this.expiresAt - Date.now());
  }

  async renew() {
    if (this.state === 'none' || this.state === 'lost') return;
    try {
      const {lease_expires_at: instant} = await this.api.post(`/api/reads/${this.readId}/lease/`, {});
      this.expiresAt = instant ? Date.parse(instant) : null;
      this.#look();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 401) this.onSignedOut();
      else if (error.status === 409) this.#become('lost', error);
      else if (error.status === 404 || error.status === 403) this.stop();
    }
  }

  #look() {
    const remaining = this.remainingMs;
    if (this.state === 'lost' || this.state === 'none' || remaining === null) return;
    const state = remaining < SHORT_MS ? 'short' : 'held';
    if (state !== this.state || state === 'short') this.#become(state, null);
  }

  /** @param {LeaseState} state @param {ApiError | null} problem */
  #become(state, problem) {
    this.state = state;
    this.problem = problem;
    this.onChange();
  }

  stop() {
    clearInterval(this.timer);
    clearInterval(this.tick);
    if (this.state !== 'lost') this.state = 'none';
    this.onChange();
  }
}
