/** The draft of a page: saved by itself shortly after each change, put together with what somebody else saved meanwhile. */

import {api} from '../../lib/api.js';
import {merge, same} from './merge.js';

/** @import {Conflict} from './merge.js' */

const TYPING_MS = 700;
const AGAIN_MS = 5_000;

/**
 * @typedef {'saved' | 'waiting' | 'saving' | 'offline' | 'refused' | 'gone'} State
 * @typedef {object} Server the draft as the API gives it
 * @property {number} revision
 * @property {string} based_on
 * @property {string} saved_by
 * @property {string} saved_at
 * @property {any} content
 * @property {{pointer: string, code: string, message: string}[]} problems
 * @property {{pointer: string, system: string, code: string, message: string}[]} warnings codes that a table of this site lacks
 * @property {string} compared_with
 * @property {any} changes
 */

export class Draft {
  /**
   * @param {string} url of the draft
   * @param {Server} server
   * @param {{onState: () => void, onServer: () => void, onMerged: (by: string) => void}} listeners
   */
  constructor(url, server, listeners) {
    this.url = url;
    this.server = server;
    this.listeners = listeners;
    /** @type {any} what is on the page */
    this.content = structuredClone(server.content);
    /** @type {any} what the server and the page had in common last */
    this.base = structuredClone(server.content);
    /** @type {Conflict[]} */
    this.conflicts = [];
    /** @type {State} */
    this.state = 'saved';
    /** @type {any} why the server refused */
    this.error = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {Promise<void> | null} */
    this.running = null;
  }

  /** @param {(content: any) => any} change returns the new content, or changes the one given */
  edit(change) {
    this.content = change(this.content) ?? this.content;
    this.#set('waiting');
    this.#later(TYPING_MS);
  }

  /** Saves now, and waits until what is on the page is on the server. @returns {Promise<boolean>} whether it is */
  async flush() {
    clearTimeout(this.timer);
    while (this.running) await this.running;
    if (!same(this.content, this.base)) await this.#save();
    return this.state === 'saved';
  }

  /** @returns {boolean} whether leaving the page would lose something */
  get isUnsaved() {
    return !same(this.content, this.base);
  }

  /** @param {Conflict} conflict @param {boolean} takeTheirs */
  settle(conflict, takeTheirs) {
    this.conflicts = this.conflicts.filter((one) => one !== conflict);
    if (takeTheirs) this.edit((content) => placed(content, conflict.path.split('/').slice(1), conflict.theirs));
    this.listeners.onMerged('');
  }

  /** @param {number} ms */
  #later(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.#save(), ms);
  }

  async #save() {
    if (this.running) return;
    this.running = this.#send();
    await this.running;
    this.running = null;
    if (this.state === 'waiting') this.#later(TYPING_MS);
  }

  async #send() {
    const sent = structuredClone(this.content);
    this.#set('saving');
    try {
      this.server = await api.put(this.url, sent, {ifMatch: this.server.revision});
      this.base = sent;
      this.#set(same(this.content, sent) ? 'saved' : 'waiting');
      this.listeners.onServer();
    } catch (error) {
      this.#failed(/** @type {any} */ (error));
    }
  }

  /** @param {any} error */
  #failed(error) {
    if (error?.name !== 'ApiError') throw error;
    this.error = error;
    if (error.status === 412) this.#takeOver(error.body.error.current);
    else if (error.isUnreached || error.status >= 500) {
      this.#set('offline');
      this.#later(AGAIN_MS);
    } else this.#set(error.status === 404 ? 'gone' : 'refused');
  }

  /** @param {Server} current what somebody else saved */
  #takeOver(current) {
    const merged = merge(this.base, this.content, current.content);
    this.server = current;
    this.base = structuredClone(current.content);
    this.content = merged.value;
    this.conflicts = [...this.conflicts.filter((old) => !merged.conflicts.some((one) => one.path === old.path)), ...merged.conflicts];
    this.#set(same(this.content, this.base) ? 'saved' : 'waiting');
    this.listeners.onServer();
    this.listeners.onMerged(current.saved_by);
  }

  /** @param {State} state */
  #set(state) {
    this.state = state;
    this.listeners.onState();
  }
}

/** @param {any} content @param {string[]} steps @param {unknown} value @returns {any} the content with a value put in its place; undefined takes it out */
function placed(content, steps, value) {
  const copy = structuredClone(content);
  const last = steps.at(-1) ?? '';
  let at = copy;
  for (const step of steps.slice(0, -1)) at = Array.isArray(at) ? at.find((row) => row.code === step) : at?.[step];
  if (Array.isArray(at)) {
    const index = at.findIndex((row) => row.code === last);
    if (value === undefined) at.splice(index, index < 0 ? 0 : 1);
    else at.splice(index < 0 ? at.length : index, index < 0 ? 0 : 1, value);
  } else if (at && value === undefined) delete at[last];
  else if (at) at[last] = value;
  return copy;
}
