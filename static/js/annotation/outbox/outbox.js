/**
 * What is not yet known to be on the server. Every operation is written to the database before it may be sent, in the
 * order in which the reader worked; each carries the revision it builds on, so that a chain of edits made without network
 * arrives as it was made.
 */

import {operationsFor, supersede, writeOperation} from './operations.js';

/** @import {Annotation, Body, Operation, OperationResult, Problem, Verdict} from '../types.js' */
/** @import {ChangeSet, Store} from '../store.js' */
/** @import {Database, Entry, StoredEntry} from './database.js' */
/** @import {Unbased} from './operations.js' */

/** The server takes 200 operations and 1 MB at once; room is left for the envelope. */
export const BATCH_OPERATIONS = 200;
export const BATCH_BYTES = 900_000;

/**
 * @typedef {{kind: 'confirmed', annotationId: string, annotation: Annotation, more: boolean}
 *   | {kind: 'refused', annotationId: string | null, problem: Problem}
 *   | {kind: 'conflict', annotationId: string, theirs: Annotation | null}} Outcome
 *   `more`: the mark has changed here since
 *
 * @typedef {{pending: number, refused: number, conflicts: number, unwritten: number}} Counts
 */

export class Outbox {
  /**
   * @param {object} parts
   * @param {Database} parts.database
   * @param {string} parts.readId the read that is open here
   * @param {string} parts.tab
   * @param {Store} parts.store
   */
  constructor({database, readId, tab, store}) {
    this.database = database;
    this.readId = readId;
    this.tab = tab;
    this.store = store;
    /** @type {Entry[]} what this tab answers for, in order */
    this.entries = [];
    /** @type {Set<Entry>} neither saved nor kept in this browser: lost if the tab closes now */
    this.unwritten = new Set();
    /** @type {Set<() => void>} */
    this.listeners = new Set();
    /** The database refuses to write: nothing is kept here any more, so work is sent at once. */
    this.isFailing = !database.durable;
    this.writing = Promise.resolve();
    store.observe((changes) => this.#queueChanges(changes));
  }

  /** @param {() => void} listener @returns {() => void} */
  observe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** @returns {Counts} over every read, for work of another image may still wait */
  counts() {
    /** @param {Entry['state']} state */
    const inState = (state) => this.entries.filter((entry) => entry.state === state).length;
    return {pending: inState('pending'), refused: inState('refused'), conflicts: inState('conflict'), unwritten: this.unwritten.size};
  }

  /** @param {string} annotationId @returns {Entry[]} */
  entriesOf(annotationId) {
    return this.entries.filter((entry) => entry.operation.annotation_id === annotationId);
  }

  /**
   * Takes over entries of tabs that are gone (a reload, a crash) and gives those of the open read.
   * @param {(tab: string) => boolean} isGone
   * @returns {Promise<StoredEntry[]>}
   */
  async adopt(isGone) {
    const known = new Set(this.entries.map((entry) => entry.order));
    const claimed = (await this.database.claim(isGone, this.tab)).filter((entry) => !known.has(entry.order));
    if (claimed.length > 0) {
      this.entries = [...this.entries, ...claimed].sort((a, b) => (a.order ?? Infinity) - (b.order ?? Infinity));
      this.#changed();
    }
    return claimed.filter((entry) => entry.readId === this.readId);
  }

  /** @returns {Map<string, Verdict>} decisions that still wait, by suggestion */
  waitingVerdicts() {
    /** @type {Map<string, Verdict>} */
    const verdicts = new Map();
    for (const {operation} of this.entries) {
      if (operation.suggestion_id && operation.verdict) verdicts.set(operation.suggestion_id, operation.verdict);
    }
    return verdicts;
  }

  /**
   * The next operations to send for one read: written to the database, in order, none behind an open conflict.
   * @returns {{readId: string, entries: Entry[]} | null}
   */
  nextBatch() {
    const sendable = this.#sendable();
    const first = sendable.find((entry) => entry.readId === this.readId) ?? sendable[0];
    if (!first) return null;
    /** @type {Entry[]} */
    const entries = [];
    let bytes = 0;
    for (const entry of sendable.filter(({readId}) => readId === first.readId)) {
      bytes += new TextEncoder().encode(JSON.stringify(entry.operation)).length;
      if (entries.length === BATCH_OPERATIONS || (entries.length > 0 && bytes > BATCH_BYTES)) break;
      entries.push(entry);
    }
    return {readId: first.readId, entries};
  }

  #sendable() {
    const blocked = new Set();
    return this.entries.filter((entry) => {
      const id = entry.operation.annotation_id;
      const isKept = this.isFailing || !this.unwritten.has(entry);
      if (entry.state === 'pending' && isKept && !(id && blocked.has(id))) return true;
      if (id) blocked.add(id);
      return false;
    });
  }

  /**
   * Works the server's answer into the outbox.
   * @param {Entry[]} batch as it was sent
   * @param {OperationResult[]} results
   * @returns {Promise<Outcome[]>}
   */
  async settle(batch, results) {
    const byId = new Map(results.map((result) => [result.operation_id, result]));
    /** @type {Map<string, number>} revision that the next operation on a mark builds on */
    const heads = new Map();
    /** @type {Outcome[]} */
    const outcomes = [];
    /** @type {Entry[]} */
    const gone = [];
    for (const entry of batch) {
      const result = byId.get(entry.operation.operation_id);
      if (!result) continue;
      const outcome = this.#settleOne(entry, result, heads);
      if (outcome === 'retry') continue;
      if (outcome === null || outcome.kind === 'confirmed') gone.push(entry);
      if (outcome) outcomes.push(outcome);
    }
    await this.#drop(gone);
    await this.#rebase(heads);
    for (const outcome of outcomes) {
      if (outcome.kind === 'confirmed') outcome.more = this.entriesOf(outcome.annotationId).length > 0;
    }
    this.#changed();
    return outcomes;
  }

  /**
   * @param {Entry} entry @param {OperationResult} result @param {Map<string, number>} heads
   * @returns {Outcome | null | 'retry'} null: done, nothing to show
   */
  #settleOne(entry, {status, annotation, error}, heads) {
    const {annotation_id: id, base_revision: base, verb} = entry.operation;
    const isDone = status === 'applied' || status === 'replayed' || (verb === 'delete' && isGone(annotation, error));
    if (isDone) {
      if (id && annotation) heads.set(id, annotation.revision);
      return id && annotation ? {kind: 'confirmed', annotationId: id, annotation, more: false} : null;
    }
    // Built on an operation of the same batch that did not go through: it is sent again on the right revision.
    if (id && heads.has(id) && heads.get(id) !== base) return 'retry';
    if (status === 'conflict' && id) {
      Object.assign(entry, {state: 'conflict', theirs: annotation, problem: error});
      return {kind: 'conflict', annotationId: id, theirs: annotation};
    }
    const problem = error ?? {code: 'refused', message: ''};
    Object.assign(entry, {state: 'refused', problem});
    if (id) heads.set(id, base);
    return {kind: 'refused', annotationId: id, problem};
  }

  /**
   * Refuses operations that the server did not even look at (the read is gone, the request is too large).
   * @param {Entry[]} batch @param {Problem} problem
   * @returns {Promise<Outcome[]>}
   */
  async refuse(batch, problem) {
    for (const entry of batch) Object.assign(entry, {state: 'refused', problem});
    await this.#write(batch);
    this.#changed();
    return batch.map((entry) => ({kind: 'refused', annotationId: entry.operation.annotation_id, problem}));
  }

  /** Lets refused operations be sent once more, as they are. */
  async retryRefused() {
    const refused = this.entries.filter((entry) => entry.state === 'refused');
    for (const entry of refused) Object.assign(entry, {state: 'pending', problem: null});
    await this.#write(refused);
    this.#changed();
  }

  /**
   * Ends a conflict, or gives a refused mark up: everything that waits for this mark goes.
   * @param {string} annotationId
   */
  async discard(annotationId) {
    await this.#drop(this.entriesOf(annotationId));
    this.#changed();
  }

  /** @param {Entry} entry */
  async discardEntry(entry) {
    await this.#drop([entry]);
    this.#changed();
  }

  /**
   * Keeps this browser's version of a mark in a conflict.
   * @param {string} annotationId @param {Body | null} body null: it is deleted here
   * @param {number} revision of the server's version
   */
  async keepMine(annotationId, body, revision) {
    const waiting = this.entriesOf(annotationId);
    const decision = waiting.find((entry) => entry.operation.verb === 'decide');
    await this.#drop(waiting);
    let operation = /** @type {Operation} */ ({...writeOperation(annotationId, body), base_revision: revision});
    if (decision) operation = supersede({...decision.operation, base_revision: revision}, operation) ?? operation;
    this.#queue([operation], waiting[0]?.name ?? '');
    await this.writing;
  }

  /** @param {ChangeSet} changes */
  #queueChanges(changes) {
    const unbased = operationsFor(changes);
    if (unbased.length === 0) return;
    // Looked up once: what three hundred decisions at once are compared with may be three hundred others.
    const waiting = groupByMark(this.entries);
    this.#queue(unbased.flatMap((one) => this.#basedOn(one, waiting.get(one.annotation_id ?? '') ?? [], changes) ?? []), changes.name);
  }

  /** @param {Unbased} unbased @param {Entry[]} waiting for the same mark @param {ChangeSet} changes @returns {Operation | null} */
  #basedOn(unbased, waiting, changes) {
    const id = unbased.annotation_id;
    const refused = waiting.find((entry) => entry.state === 'refused');
    const last = waiting.at(-1);
    const base_revision = last ? last.operation.base_revision + 1 : id ? this.#knownRevision(id, changes) : 0;
    /** @type {Operation | null} */
    let operation = {...unbased, base_revision};
    if (refused) {
      operation = supersede(refused.operation, operation);
      this.entries = this.entries.filter((entry) => entry !== refused);
      this.#afterWrites(() => this.#removeStored([refused]));
    }
    return operation;
  }

  /**
   * The listener runs after the store changed, so the revision before a deletion is in the change set.
   * @param {string} id @param {ChangeSet} changes
   */
  #knownRevision(id, changes) {
    return changes.deleted.find((mark) => mark.id === id)?.revision ?? this.store.revisionOf(id);
  }

  /** What was done in one step is written in one transaction, and so goes out together. @param {Operation[]} operations @param {string} name */
  #queue(operations, name) {
    const {tab, readId} = this;
    const at = new Date().toISOString();
    /** @type {Entry[]} */
    const entries = operations.map((operation) => ({tab, readId, at, name, operation, state: 'pending', problem: null, theirs: null}));
    this.entries.push(...entries);
    for (const entry of entries) this.unwritten.add(entry);
    this.#changed();
    if (entries.length === 0) return;
    this.#afterWrites(async () => {
      const orders = await this.database.add(entries.map((entry) => ({...entry})));
      entries.forEach((entry, place) => {
        entry.order = orders[place];
        if (this.database.durable) this.unwritten.delete(entry);
      });
      this.#changed();
    });
  }

  /**
   * Database writes one after another. One that fails (a full disk) leaves its entries in memory, where they are counted
   * as unwritten and the reader is warned.
   * @param {() => Promise<void>} write
   */
  #afterWrites(write) {
    this.writing = this.writing.then(write).catch((error) => {
      if (!(error instanceof DOMException)) throw error;
      this.isFailing = true;
      this.#changed();
    });
  }

  /** @param {Entry[]} entries */
  async #drop(entries) {
    const gone = new Set(entries);
    this.entries = this.entries.filter((entry) => !gone.has(entry));
    for (const entry of entries) this.unwritten.delete(entry);
    this.#afterWrites(() => this.#removeStored(entries));
    await this.writing;
  }

  /** @param {Entry[]} entries */
  async #removeStored(entries) {
    const orders = entries.flatMap((entry) => (entry.order === undefined ? [] : [entry.order]));
    if (orders.length > 0) await this.database.remove(orders);
  }

  /** @param {Entry[]} entries */
  async #write(entries) {
    this.#afterWrites(async () => {
      const stored = entries.filter((entry) => entry.order !== undefined && this.entries.includes(entry));
      if (stored.length > 0) await this.database.write(/** @type {StoredEntry[]} */ (stored.map((entry) => ({...entry}))));
    });
    await this.writing;
  }

  /**
   * Puts what still waits for a mark on the revision that the server has now; refused entries with a newer one behind them go.
   * @param {Map<string, number>} heads
   */
  async #rebase(heads) {
    /** @type {Entry[]} */
    const superseded = [];
    /** @type {Entry[]} */
    const changed = [];
    for (const [id, head] of heads) {
      const waiting = this.entriesOf(id);
      let pending = waiting.filter((entry) => entry.state === 'pending');
      const refused = waiting.find((entry) => entry.state === 'refused');
      if (refused && pending.length > 0) {
        superseded.push(refused);
        const merged = supersede({...refused.operation, base_revision: head}, pending[0].operation);
        if (merged) pending[0].operation = merged;
        else superseded.push(pending[0]);
        if (!merged) pending = pending.slice(1);
      }
      pending.forEach((entry, i) => {
        entry.operation = {...entry.operation, base_revision: head + i};
      });
      changed.push(...waiting);
    }
    await this.#drop(superseded);
    await this.#write(changed);
  }

  #changed() {
    for (const listener of this.listeners) listener();
  }
}

/** @param {Entry[]} entries @returns {Map<string, Entry[]>} by mark, in their order */
function groupByMark(entries) {
  /** @type {Map<string, Entry[]>} */
  const groups = new Map();
  for (const entry of entries) {
    const id = entry.operation.annotation_id;
    if (!id) continue;
    const group = groups.get(id);
    if (group) group.push(entry);
    else groups.set(id, [entry]);
  }
  return groups;
}

/** @param {Annotation | null} annotation @param {Problem | null} error whether a deletion has nothing left to do */
function isGone(annotation, error) {
  return annotation?.deleted === true || error?.code === 'not_found' || error?.code === 'already_deleted';
}
