/**
 * Brings the outbox to the server: batches in order, one tab at a time, again and again with growing pauses while the
 * network is away, and from where it stopped after a new sign-in.
 */

import {ApiError} from '../lib/api.js';

/** @import {Api} from '../lib/api.js' */
/** @import {Annotation, Operation, OperationResult, Problem} from './types.js' */
/** @import {Entry} from './outbox/database.js' */
/** @import {Outcome, Outbox} from './outbox/outbox.js' */
/** @import {Store} from './store.js' */

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
const SIGN_IN_POLL_MS = 4_000;

/** Answers that will be the same next time: the operations are refused, not tried again. */
const FINAL_STATUSES = new Set([400, 403, 404, 409, 413, 422]);
/** Of these, the ones that a single operation can cause for its whole request. */
const CONTENT_STATUSES = new Set([400, 413, 422]);

/**
 * @typedef {'idle' | 'sending' | 'offline' | 'signed-out'} Connection
 *
 * @typedef {object} Clock timers, so that tests need not wait
 * @property {(run: () => void, ms: number) => unknown} later
 * @property {(timer: any) => void} cancel
 *
 * @typedef {(operation: Operation) => Promise<Problem | null>} Check
 *
 * @typedef {<T>(name: string, run: () => Promise<T>) => Promise<T>} WithLock runs while no other tab does
 */

/** @type {Clock} */
const BROWSER_CLOCK = {later: (run, ms) => setTimeout(run, ms), cancel: (timer) => clearTimeout(timer)};

/**
 * Web Locks are missing on plain http; sending twice is then harmless, for operations are idempotent, only wasteful.
 * @type {WithLock}
 */
export async function withLock(name, run) {
  if (!globalThis.navigator?.locks) return run();
  return /** @type {any} */ (await navigator.locks.request(name, run));
}

export class Sync {
  /**
   * @param {object} parts
   * @param {Outbox} parts.outbox
   * @param {Store} parts.store
   * @param {Api} parts.api
   * @param {string} parts.lockName
   * @param {WithLock} [parts.lock]
   * @param {Clock} [parts.clock]
   * @param {() => Promise<void>} [parts.before] runs before decisions are sent: what was shown is told first
   * @param {Check} [parts.check] looks at each operation before it is sent; what it finds wrong is kept here, refused
   */
  constructor({outbox, store, api, lockName, lock = withLock, clock = BROWSER_CLOCK, before = async () => {}, check = async () => null}) {
    this.outbox = outbox;
    this.store = store;
    this.api = api;
    this.lockName = lockName;
    this.lock = lock;
    this.clock = clock;
    this.before = before;
    this.check = check;
    /** @type {Connection} */
    this.connection = 'idle';
    /** List revision of the open read that the server last told. */
    this.sequence = 0;
    /** List revision up to which every change is known here, whoever made it. */
    this.pulled = 0;
    /** @type {Set<number>} list revisions after decisions that were made here: a hint about one tells nothing new */
    this.ownDecisions = new Set();
    /** How many answers to decisions have come. */
    this.decisionsAnswered = 0;
    this.pauseMs = FIRST_PAUSE_MS;
    /** @type {unknown} */
    this.timer = null;
    /** @type {Promise<void> | null} */
    this.draining = null;
    /** @type {Set<() => void>} */
    this.listeners = new Set();
    outbox.observe(() => this.#onOutbox());
  }

  /** @param {() => void} listener @returns {() => void} */
  observe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  #onOutbox() {
    // While there is a pause for a reason, new work waits for the next attempt like everything else.
    if (this.connection === 'idle') this.poke();
  }

  /** Sends now: work arrived, the network is back, the reader asked. */
  poke() {
    this.clock.cancel(this.timer);
    this.timer = null;
    if (this.draining) return this.draining;
    if (!this.outbox.nextBatch()) {
      if (this.connection === 'sending' || this.connection === 'offline') this.#become('idle');
      return Promise.resolve();
    }
    this.draining = this.#drain().finally(() => {
      this.draining = null;
      if (this.connection === 'idle' && this.outbox.nextBatch()) void this.poke();
    });
    return this.draining;
  }

  async #drain() {
    if (this.connection !== 'signed-out') this.#become('sending');
    try {
      await this.lock(this.lockName, async () => {
        for (let batch = this.outbox.nextBatch(); batch; batch = this.outbox.nextBatch()) await this.#send(batch);
      });
      this.pauseMs = FIRST_PAUSE_MS;
      this.#become('idle');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#pause(error);
    }
  }

  /** @param {NonNullable<ReturnType<Outbox['nextBatch']>>} batch */
  async #send({readId, entries: waiting}) {
    const entries = await this.#checked(waiting);
    if (entries.length === 0) return;
    if (entries.some((entry) => entry.operation.verb === 'decide')) await this.before();
    /** @type {{sequence: number, results: OperationResult[]}} */
    let answer;
    try {
      const operations = entries.map((entry) => entry.operation);
      answer = await this.api.post(`/api/reads/${readId}/operations/`, {operations});
    } catch (error) {
      if (!isFinal(error)) throw error;
      if (entries.length > 1 && CONTENT_STATUSES.has(error.status)) {
        // One of them may spoil the whole request: send them one by one to find it.
        for (const entry of entries) await this.#send({readId, entries: [entry]});
        return;
      }
      this.#show(await this.outbox.refuse(entries, error));
      return;
    }
    if (readId === this.outbox.readId) this.#noteSequence(entries, answer);
    this.#show(await this.outbox.settle(entries, answer.results));
  }

  /**
   * Keeps back what is wrong already here. Of several for one mark the last is looked at: it says all that the others did, and what the
   * server refuses of those is put right with it.
   * @param {Entry[]} entries
   */
  async #checked(entries) {
    const last = new Map(entries.map((entry) => [entry.operation.annotation_id, entry]));
    /** @type {Entry[]} */
    const good = [];
    for (const entry of entries) {
      const problem = last.get(entry.operation.annotation_id) === entry ? await this.check(entry.operation) : null;
      if (problem) this.#show(await this.outbox.refuse([entry], problem));
      else good.push(entry);
    }
    return good;
  }

  /**
   * Where nobody else changed anything meanwhile, what was applied is all that is new and need not be pulled.
   * @param {Entry[]} entries @param {{sequence: number, results: OperationResult[]}} answer
   */
  #noteSequence(entries, {sequence, results}) {
    const applied = results.filter(({status}) => status === 'applied').length;
    if (sequence === this.pulled + applied) this.pulled = sequence;
    this.sequence = Math.max(this.sequence, sequence);
    if (!entries.some((entry) => entry.operation.verb === 'decide')) return;
    this.ownDecisions.add(sequence);
    this.decisionsAnswered += 1;
  }

  /** @param {Outcome[]} outcomes */
  #show(outcomes) {
    for (const outcome of outcomes) {
      if (outcome.kind === 'confirmed' && !outcome.more) this.store.absorb([outcome.annotation]);
      else if (outcome.kind === 'confirmed') this.store.confirm(outcome.annotationId, outcome.annotation.revision);
      else if (outcome.annotationId && outcome.kind === 'conflict') {
        this.store.setStatus(outcome.annotationId, {kind: 'conflict', theirs: outcome.theirs});
      } else if (outcome.annotationId && outcome.kind === 'refused') {
        this.store.setStatus(outcome.annotationId, {kind: 'refused', problem: outcome.problem});
      }
    }
  }

  /** @param {ApiError} error */
  #pause(error) {
    const isSignedOut = error.status === 401;
    this.#become(isSignedOut ? 'signed-out' : 'offline');
    const pause = isSignedOut ? SIGN_IN_POLL_MS : this.pauseMs * (0.75 + Math.random() / 2);
    this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS);
    this.timer = this.clock.later(() => void this.poke(), pause);
  }

  /**
   * Waits until nothing is left to send.
   * @returns {Promise<boolean>} false: something still waits (no network, refused, in conflict)
   */
  async flush() {
    await this.outbox.writing;
    await this.poke();
    await this.outbox.writing;
    if (this.outbox.nextBatch() && this.connection === 'idle') await this.poke();
    const {pending, refused, conflicts} = this.outbox.counts();
    return pending + refused + conflicts === 0;
  }

  /** A request of another kind was answered 401: say so and look for a new sign-in. */
  signedOut() {
    if (this.connection === 'signed-out') return;
    this.#become('signed-out');
    this.timer = this.clock.later(() => void this.#lookForSignIn(), SIGN_IN_POLL_MS);
  }

  async #lookForSignIn() {
    if (this.connection !== 'signed-out' || this.draining) return;
    if (this.outbox.nextBatch()) {
      await this.poke();
      return;
    }
    try {
      await this.api.get(`/api/reads/${this.outbox.readId}/`);
      this.#become('idle');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.timer = this.clock.later(() => void this.#lookForSignIn(), SIGN_IN_POLL_MS);
    }
  }

  /** @param {Connection} connection */
  #become(connection) {
    if (connection === this.connection) return;
    this.connection = connection;
    for (const listener of this.listeners) listener();
  }

  /**
   * Takes the server's marks over, except those that still wait here or are newer here.
   * @param {{sequence: number, annotations: Annotation[]}} pulled
   */
  merge({sequence, annotations}) {
    this.sequence = Math.max(this.sequence, sequence);
    this.pulled = Math.max(this.pulled, sequence);
    this.store.absorb(
      annotations.filter((annotation) => {
        if (this.outbox.entriesOf(annotation.id).length > 0) return false;
        const known = this.store.revisionOf(annotation.id);
        return (
          annotation.revision > known ||
          (annotation.revision === known && this.store.get(annotation.id)?.status.kind !== 'saved' && !annotation.deleted)
        );
      }),
    );
  }
}

/** @param {unknown} error @returns {error is ApiError} */
function isFinal(error) {
  // A stale CSRF token mends itself with the next page or sign-in; what was refused for it is not wrong.
  return error instanceof ApiError && FINAL_STATUSES.has(error.status) && error.code !== 'csrf_failed';
}
