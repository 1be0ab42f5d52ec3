/**
 * Tells the server which suggestions a reader was shown: those that stood still on the screen for a moment, not those that
 * flew by while zooming. Without this nobody could tell a suggestion that was overlooked from one that was never seen.
 */

import {ApiError} from '../lib/api.js';

/** @import {Api} from '../lib/api.js' */
/** @import {SuggestionsLayer} from './render/suggestions_layer.js' */
/** @import {Viewer} from '../viewer/viewer.js' */

const STILL_MS = 400;
const SEND_AFTER_MS = 2_000;
const BATCH = 1_000;

export class Exposures {
  /** @param {{api: Api, readId: string}} parts */
  constructor({api, readId}) {
    this.api = api;
    this.readId = readId;
    /** @type {Set<string>} everything shown so far */
    this.shown = new Set();
    /** @type {Set<string>} not told yet */
    this.waiting = new Set();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.lookTimer = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.sendTimer = undefined;
  }

  /** Watches what is on the screen. @param {Viewer} viewer @param {SuggestionsLayer} layer */
  watch(viewer, layer) {
    const look = () => {
      clearTimeout(this.lookTimer);
      this.lookTimer = setTimeout(() => this.note(layer.inView()), STILL_MS);
    };
    viewer.onChange(look);
    viewer.map.on('rendercomplete', look);
    document.addEventListener('visibilitychange', look);
  }

  /** @param {Iterable<string>} ids suggestions on screen now */
  note(ids) {
    for (const id of ids) {
      if (this.shown.has(id)) continue;
      this.shown.add(id);
      this.waiting.add(id);
    }
    if (this.waiting.size > 0 && this.sendTimer === undefined) {
      this.sendTimer = setTimeout(() => void this.flush(), SEND_AFTER_MS);
    }
  }

  /** Sends what is known; a failure keeps it for the next time. */
  async flush() {
    clearTimeout(this.sendTimer);
    this.sendTimer = undefined;
    const batch = [...this.waiting].slice(0, BATCH);
    if (batch.length === 0) return;
    for (const id of batch) this.waiting.delete(id);
    try {
      await this.api.post(`/api/reads/${this.readId}/exposures/`, {suggestion_ids: batch}, {timeoutMs: 5_000});
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // Refused for good (the read is submitted): nothing to repeat. Anything else is tried again with the next note.
      if (error.isUnreached || error.status >= 500 || error.status === 401) for (const id of batch) this.waiting.add(id);
      return;
    }
    if (this.waiting.size > 0) await this.flush();
  }
}
