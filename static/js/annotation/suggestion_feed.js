/** Keeps the suggestions of a read in step with the server; nothing is transferred while nothing has changed. */

import {errorOf} from '../lib/api.js';

/** @import {Api} from '../lib/api.js' */
/** @import {Suggestion} from './types.js' */

/** While a model is at work its answer is looked for this often, and ever more rarely up to the second. */
const SOONEST_MS = 1_500;
const LATEST_MS = 5_000;

export class SuggestionFeed {
  /**
   * @param {object} parts
   * @param {Api} parts.api
   * @param {string} parts.path
   * @param {(suggestions: Suggestion[]) => void} parts.onChange
   * @param {(run: () => Promise<void>) => Promise<void>} parts.quietly runs work in the background
   * @param {() => number} [parts.answered] how many answers to decisions have come so far
   */
  constructor({api, path, onChange, quietly, answered = () => 0}) {
    this.answered = answered;
    this.api = api;
    this.path = path;
    this.onChange = onChange;
    this.quietly = quietly;
    this.tag = '';
    this.delayMs = SOONEST_MS;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /**
   * Takes over what the server has.
   * @param {{always?: boolean}} [options] always: also when the server has nothing new, to undo what was done here
   * @throws {ApiError}
   */
  async pull({always = false} = {}) {
    const answered = this.answered();
    const headers = this.tag && !always ? {'If-None-Match': this.tag} : undefined;
    const response = await this.api.fetch('GET', this.path, {headers});
    if (response.status === 304) {
      this.#lookAgain();
      return;
    }
    if (!response.ok) throw await errorOf(response);
    const {suggestions, is_run_waiting: isRunWaiting} = await response.json();
    if (this.answered() !== answered) {
      // The list may be older than decisions that are known to be stored by now; taken over, it would open them again here.
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.quietly(() => this.pull({always: true})), SOONEST_MS);
      return;
    }
    this.tag = response.headers.get('etag') ?? '';
    this.isRunWaiting = isRunWaiting;
    this.onChange(suggestions);
    this.delayMs = SOONEST_MS;
    this.#lookAgain();
  }

  #lookAgain() {
    clearTimeout(this.timer);
    if (!this.isRunWaiting) return;
    this.timer = setTimeout(() => void this.quietly(() => this.pull()), this.delayMs);
    this.delayMs = Math.min(LATEST_MS, this.delayMs * 1.5);
  }

  stop() {
    clearTimeout(this.timer);
    this.isRunWaiting = false;
  }
}
