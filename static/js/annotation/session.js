/** One read in one tab: what was loaded, what waits, and everything that keeps the two in step with the server. */

import {ApiError} from '../lib/api.js';
import {later, NotFetched} from '../lib/later.js';
import {changeOfOperation, changeOfServer} from './commands/cells.js';
import {ActivityClock} from './activity.js';
import {Exposures} from './exposures.js';
import {History} from './history.js';
import {newId} from './ids.js';
import {Live} from './live.js';
import {openDatabase} from './outbox/database.js';
import {Outbox} from './outbox/outbox.js';
import {Store} from './store.js';
import {SuggestionFeed} from './suggestion_feed.js';
import {Sync, withLock} from './sync.js';
import {goneTabs, markAlive} from './tabs.js';

/** @import {Api} from '../lib/api.js' */
/** @import {Hint} from './live.js' */
/** @import {Step} from './history.js' */
/** @import {Database, StoredEntry} from './outbox/database.js' */
/** @import {Body, Operation, Problem, ReadBundle, SyncStatus} from './types.js' */

/** Steps kept across a reload; within a page there is no limit. */
const KEPT_STEPS = 200;
/** Soon, for a tab may close at any moment; not at every step, for two hundred steps are copied each time. */
const HISTORY_AFTER_MS = 150;
const HINTS_AFTER_MS = 800;
const ADOPT_MS = 10_000;
/** A save never waits longer for the check to be fetched; the server looks at everything again. */
const CHECK_MS = 1_000;
const fetchBodyCheck = later(() => import('./outbox/body_check.js'));

export class Session {
  /**
   * @param {object} parts
   * @param {Api} parts.api
   * @param {ReadBundle} parts.read
   * @param {string} parts.userId
   * @param {Database} parts.database
   */
  constructor({api, read, userId, database}) {
    this.api = api;
    this.read = read;
    this.userId = userId;
    this.tab = newId();
    this.path = `/api/reads/${read.id}/`;
    this.store = new Store();
    this.outbox = new Outbox({database, readId: read.id, tab: this.tab, store: this.store});
    this.feed = new SuggestionFeed({
      api,
      path: `${this.path}suggestions/`,
      onChange: (suggestions) => this.store.setSuggestions(suggestions, this.outbox.waitingVerdicts()),
      quietly: (run) => this.#quietly(run),
      answered: () => this.sync.decisionsAnswered,
    });
    this.exposures = new Exposures({api, readId: read.id});
    this.sync = new Sync({
      outbox: this.outbox,
      store: this.store,
      api,
      lockName: `mitate-send-${userId}`,
      before: () => this.exposures.flush(),
      check: checkBody,
    });
    this.history = new History(this.store, {save: () => this.#keepHistory()});
    this.activeKey = `mitate-active-${read.id}`;
    this.actionsKey = `mitate-actions-${read.id}`;
    this.clock = new ActivityClock({
      initial: Math.max(read.active_seconds, Number(localStorage.getItem(this.activeKey) ?? 0)),
      actions: Number(localStorage.getItem(this.actionsKey) ?? 0),
    });
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.historyTimer = undefined;
    /** List revision up to which every change to cells is known here. */
    this.cellSequence = 0;
    /** @type {number[]} list revisions of hints about suggestions that are not looked at yet */
    this.hints = [];
    /** @type {Set<() => void>} */
    this.closedListeners = new Set();
    /** What is told to the server besides marks, while the read is still open. @type {Set<() => Promise<unknown>>} */
    this.beforeSubmit = new Set();
  }

  /**
   * @param {{api: Api, readId: string, userId: string}} parts
   * @returns {Promise<Session>}
   * @throws {ApiError}
   */
  static async open({api, readId, userId}) {
    const [read, database] = await Promise.all([api.get(`/api/reads/${readId}/`), openDatabase(userId)]);
    return new Session({api, read, userId, database});
  }

  /** @returns {boolean} whether unsaved work survives this tab */
  get isDurable() {
    return this.outbox.database.durable;
  }

  /** Loads marks and suggestions, then lays over them what still waits in this browser. */
  async load() {
    markAlive(this.tab);
    const [pulled] = await Promise.all([
      this.api.get(`${this.path}annotations/`),
      this.read.campaign.suggestions ? this.feed.pull() : null,
    ]);
    this.sync.merge(pulled);
    await this.#pullCells();
    await this.adopt();
    this.store.setSuggestions([...this.store.suggestions.values()], this.outbox.waitingVerdicts());
    this.history.restore(/** @type {any} */ (await this.outbox.database.readHistory(this.read.id)) ?? null);
  }

  /** Takes over what tabs left behind that are gone. */
  async adopt() {
    await withLock(`mitate-claim-${this.userId}`, async () => {
      const entries = await this.outbox.adopt(await goneTabs(this.tab));
      this.store.absorbCells(entries.filter(({operation}) => operation.verb === 'cells').map(({operation}) => changeOfOperation(operation)));
      this.store.revive(revivals(entries, (id) => this.store.revisionOf(id)));
    });
    // While a retry is planned, it stays planned.
    if (this.sync.connection === 'idle') void this.sync.poke();
  }

  /** @param {() => void} onClosed when the read turns out to be submitted */
  start(onClosed) {
    this.closedListeners.add(onClosed);
    this.clock.listen();
    globalThis.addEventListener('online', () => void this.sync.poke());
    globalThis.addEventListener('pagehide', () => this.#leave());
    globalThis.addEventListener('beforeunload', (event) => {
      if (this.outbox.counts().unwritten > 0) event.preventDefault();
    });
    setInterval(() => void this.adopt(), ADOPT_MS);
    setInterval(() => this.#keepSeconds(), ADOPT_MS);
    this.live = new Live({path: `/ws/reads/${this.read.id}/`, onHint: (hint) => this.#onHint(hint), onPoll: () => void this.pull()});
  }

  /** @param {Hint} hint */
  #onHint(hint) {
    if (hint.type === 'annotations.changed' && (hint.sequence ?? Infinity) > this.sync.pulled) {
      // Our own save is usually answered a moment after its hint; the pull is then not needed.
      setTimeout(() => {
        if ((hint.sequence ?? Infinity) > this.sync.pulled) void this.pull();
      }, HINTS_AFTER_MS);
    } else if (hint.type === 'suggestions.changed') {
      this.hints.push(hint.sequence ?? -1);
      if (this.hints.length === 1) setTimeout(() => void this.#onSuggestionHints(), HINTS_AFTER_MS);
    } else if (hint.type === 'read.submitted') void this.reloadRead();
  }

  async #onSuggestionHints() {
    const news = this.hints.filter((sequence) => !this.sync.ownDecisions.delete(sequence));
    this.hints = [];
    if (news.length > 0) await this.#quietly(() => this.feed.pull());
  }

  /** Takes over what changed on the server. */
  async pull() {
    await this.#quietly(async () => {
      this.sync.merge(await this.api.get(`${this.path}annotations/?since=${this.sync.pulled}`));
      if (this.read.campaign.suggestions) await this.feed.pull();
      await this.#pullCells();
    });
  }

  /** What was done to cells, here before or in another window; before what still waits in this browser. */
  async #pullCells() {
    if (!this.read.has_cell_layers) return;
    const {sequence, changes} = await this.api.get(`${this.path}cell-changes/?since=${this.cellSequence}`);
    this.cellSequence = sequence;
    this.store.absorbCells(changes.map(changeOfServer));
  }

  /** Fetches what the server has of a mark after its own version was given up. @param {string} id */
  async reloadMark(id) {
    const {annotations} = await this.api.get(`${this.path}annotations/`);
    const found = annotations.find((/** @type {{id: string}} */ annotation) => annotation.id === id);
    if (found) this.store.absorb([found]);
    else this.store.forget(id);
    await this.feed.pull({always: true});
  }

  async reloadRead() {
    await this.#quietly(async () => {
      const wasOpen = this.read.can_write;
      this.read = await this.api.get(this.path);
      if (wasOpen && !this.read.can_write) for (const listener of this.closedListeners) listener();
    });
  }

  /** Background work: no network is no news here, an expired session is. @param {() => Promise<void>} run */
  async #quietly(run) {
    try {
      await run();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 401) this.sync.signedOut();
    }
  }

  #recentSteps() {
    return {done: this.history.done.slice(-KEPT_STEPS), undone: this.history.undone.slice(-KEPT_STEPS)};
  }

  #keepHistory() {
    // Not begun anew at each step: quick hands would put the writing off for ever.
    this.historyTimer ??= setTimeout(() => {
      this.historyTimer = undefined;
      void this.#writeHistory(this.#recentSteps());
    }, HISTORY_AFTER_MS);
  }

  /** @param {{done: Step[], undone: Step[]} | null} kept */
  async #writeHistory(kept) {
    try {
      await this.outbox.database.writeHistory(this.read.id, kept);
    } catch (error) {
      // A full disk costs undo across a reload, nothing else; the outbox says what is wrong.
      if (!(error instanceof DOMException)) throw error;
    }
  }

  #keepSeconds() {
    if (!this.read.can_write) return;
    localStorage.setItem(this.activeKey, this.clock.seconds.toFixed(1));
    localStorage.setItem(this.actionsKey, String(this.clock.actions));
  }

  #leave() {
    this.#keepSeconds();
    if (this.read.can_write) void this.#writeHistory(this.#recentSteps());
  }

  /** The read is submitted: nothing of it needs to be kept here. */
  async forget() {
    clearTimeout(this.historyTimer);
    this.feed.stop();
    this.read.can_write = false;
    this.read.state = 'submitted';
    localStorage.removeItem(this.activeKey);
    localStorage.removeItem(this.actionsKey);
    await this.#writeHistory(null);
  }
}

/**
 * The newest state of each mark among entries of the outbox.
 * @param {StoredEntry[]} entries @param {(id: string) => number} revisionOf
 * @returns {{id: string, body: Body | null, revision: number, status: SyncStatus}[]}
 */
function revivals(entries, revisionOf) {
  /** @type {Map<string, {id: string, body: Body | null, revision: number, status: SyncStatus}>} */
  const marks = new Map();
  for (const {operation, state, problem, theirs} of entries) {
    const id = operation.annotation_id;
    if (!id || (operation.verb === 'decide' && !operation.annotation)) continue;
    /** @type {SyncStatus} */
    const status = state === 'pending' ? {kind: 'held'} : {kind: state, problem, theirs};
    const earlier = marks.get(id)?.status;
    marks.set(id, {
      id,
      body: operation.annotation,
      revision: revisionOf(id),
      status: earlier && earlier.kind !== 'held' ? earlier : status,
    });
  }
  return [...marks.values()];
}

/** @param {Operation} operation @returns {Promise<Problem | null>} what is wrong with a mark, as far as it can be told here */
async function checkBody(operation) {
  const late = new Promise((resolve) => setTimeout(resolve, CHECK_MS, null));
  try {
    const check = /** @type {Awaited<ReturnType<typeof fetchBodyCheck>> | null} */ (await Promise.race([fetchBodyCheck(), late]));
    return check?.problemOf(operation) ?? null;
  } catch (error) {
    if (!(error instanceof NotFetched)) throw error;
    return null;
  }
}
