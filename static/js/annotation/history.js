/**
 * Undo and redo without limit. The history listens to the store: each change set that a person caused is one step, and a
 * step is undone by asking the store for the states before it. What the server changes is no step.
 */

import {undoOf} from './commands/cells.js';

/** @import {Body, Verdict} from './types.js' */
/** @import {ChangeSet, Draft, Store} from './store.js' */

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {{id: string, before: Body | null, after: Body | null}[]} marks
 * @property {{suggestionId: string, annotationId: string | null, before: Verdict | null, after: Verdict, reason: string}[]} decisions
 * @property {string} [burst] of a step that goes on as long as what is done has the same one
 * @property {{layerId: string, id: string}[]} [cells] changes to cells; after an undo the one that took them back
 *
 * @typedef {object} Keeper keeps the steps across a reload
 * @property {() => void} save called after each step
 */

export class History {
  /** @param {Store} store @param {Keeper} [keeper] */
  constructor(store, keeper) {
    this.store = store;
    this.keeper = keeper;
    /** @type {Step[]} */
    this.done = [];
    /** @type {Step[]} */
    this.undone = [];
    /** @type {Set<() => void>} */
    this.listeners = new Set();
    this.stop = store.observe((changes) => this.#record(changes));
  }

  /** @param {() => void} listener @returns {() => void} */
  observe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * Takes the steps of an earlier visit back.
   * @param {{done: Step[], undone: Step[]} | null} kept
   */
  restore(kept) {
    if (!kept || this.done.length > 0) return;
    this.done = kept.done;
    this.undone = kept.undone;
    for (const listener of this.listeners) listener();
  }

  /** @returns {string | null} what undo would take back */
  get undoName() {
    return this.done.at(-1)?.name ?? null;
  }

  /** @returns {string | null} what redo would do again */
  get redoName() {
    return this.undone.at(-1)?.name ?? null;
  }

  /** @returns {Step | null} the step that was taken back */
  undo() {
    const step = this.done.pop();
    if (!step) return null;
    this.undone.push(step);
    this.#commit(step, backward(step));
    this.#changed();
    return step;
  }

  /** @returns {Step | null} the step that was done again */
  redo() {
    const step = this.undone.pop();
    if (!step) return null;
    this.done.push(step);
    this.#commit(step, forward(step));
    this.#changed();
    return step;
  }

  /**
   * Changes to cells are never altered: one is undone by a further one, which is undone in its turn to do it again.
   * @param {Step} step @param {Draft} draft
   */
  #commit(step, draft) {
    const cells = (step.cells ?? []).map(({layerId, id}) => undoOf(layerId, id)).reverse();
    this.store.commit('undo', {...draft, cells});
    step.cells = cells.map(({layerId, id}) => ({layerId, id}));
  }

  /** @param {ChangeSet} changes */
  #record(changes) {
    if (changes.origin !== 'local' && changes.origin !== 'suggestion') return;
    const last = this.done.at(-1);
    if (last && changes.burst !== undefined && last.burst === changes.burst) this.#goOn(last, changes);
    else this.done.push(stepOf(changes));
    this.undone = [];
    this.#changed();
  }

  /** @param {Step} step @param {ChangeSet} changes that belong to it: what was before it stays */
  #goOn(step, changes) {
    const after = new Map(changes.updated.map((change) => [change.after.id, change]));
    for (const mark of step.marks) {
      const change = after.get(mark.id);
      if (change) mark.after = change.after.body;
      after.delete(mark.id);
    }
    step.marks.push(...[...after.values()].map((change) => ({id: change.after.id, before: change.before.body, after: change.after.body})));
  }

  #changed() {
    this.keeper?.save();
    for (const listener of this.listeners) listener();
  }
}

/** @param {ChangeSet} changes @returns {Step} */
function stepOf(changes) {
  return {
    name: changes.name,
    marks: [
      ...changes.created.map((mark) => ({id: mark.id, before: null, after: mark.body})),
      ...changes.updated.map(({before, after}) => ({id: after.id, before: before.body, after: after.body})),
      ...changes.deleted.map((mark) => ({id: mark.id, before: mark.body, after: null})),
    ],
    decisions: changes.decided.map((decision) => ({...decision})),
    cells: changes.cells.map(({layerId, id}) => ({layerId, id})),
    ...(changes.burst === undefined ? {} : {burst: changes.burst}),
  };
}

/** @param {Step} step @returns {Draft} */
function backward({name, marks, decisions}) {
  return {
    name,
    marks: marks.map(({id, before}) => ({id, body: before})),
    decisions: decisions.map(({suggestionId, before}) => ({suggestionId, verdict: before ?? 'undo'})),
  };
}

/** @param {Step} step @returns {Draft} */
function forward({name, marks, decisions}) {
  return {
    name,
    marks: marks.map(({id, after}) => ({id, body: after})),
    decisions: decisions.map(({suggestionId, annotationId, after, reason}) => ({suggestionId, annotationId, verdict: after, reason})),
  };
}
