/**
 * The one store of a read. Every mutation goes through here and comes out as one change set with its origin; the drawing,
 * the lists, the outbox and the history only listen.
 */

import {folded} from './tracks/keyframes.js';

/** @import {CellChange} from './cells/work/overlay.js' */
/** @import {Lens} from './tracks/lens.js' */
/** @import {Annotation, Body, Mark, SeenBody, SeenMark, Suggestion, SyncStatus, Verdict} from './types.js' */

/**
 * @typedef {'local' | 'remote' | 'suggestion' | 'undo'} Origin
 *   local: a person did it here; suggestion: a person decided on a suggestion here; undo: undo or redo here;
 *   remote: the server said so (also: the state of saving changed), nothing to send and nothing to undo
 *
 * @typedef {object} DecisionChange
 * @property {string} suggestionId
 * @property {string | null} annotationId the mark that the decision made or changed
 * @property {Verdict | null} before null: it was open
 * @property {Verdict} after
 * @property {string} reason
 *
 * @typedef {object} ChangeSet
 * @property {Origin} origin
 * @property {string} name what was done, for people (undo button, screen readers)
 * @property {Mark[]} created
 * @property {{before: Mark, after: Mark}[]} updated
 * @property {Mark[]} deleted
 * @property {DecisionChange[]} decided
 * @property {CellChange[]} cells
 * @property {string} [burst] changes with the same one that follow each other are one step
 * @property {boolean} [isCellOrderNew] they do not simply follow what was done before: all of it has to be looked at anew
 *
 * @typedef {object} Draft what a command wants
 * @property {string} name
 * @property {{id: string, body: Body | SeenBody | null}[]} [marks] null deletes
 * @property {{suggestionId: string, annotationId?: string | null, verdict: Verdict, reason?: string}[]} [decisions]
 * @property {CellChange[]} [cells]
 * @property {string} [burst] one step of undo with what was done before, if that has the same one
 */

/** @type {SyncStatus} */
const HELD = Object.freeze({kind: 'held'});
/** @type {SyncStatus} */
const SAVED = Object.freeze({kind: 'saved'});

/** @param {Annotation} annotation @returns {Body} the part that a person decides */
export function bodyOf(annotation) {
  const {granularity, frame, geometry, labels, text, form, certainty, basis, origin, suggestion_id, active_seconds, span, cites, cell} = annotation;
  const body = {granularity, frame, geometry, labels, text, form, certainty, basis, origin, suggestion_id, active_seconds};
  return span ? {...body, span} : cites ? {...body, cites} : cell ? {...body, cell} : body;
}

export class Store {
  constructor() {
    /** @type {Map<string, Mark>} in the order in which marks were made */
    this.marks = new Map();
    /** @type {Map<string, Suggestion>} */
    this.suggestions = new Map();
    /** @type {Map<string, number>} revision of marks that were deleted, so that they can be restored */
    this.tombstones = new Map();
    /** @type {Map<string, CellChange>} what was done to cells, in its order */
    this.cellChanges = new Map();
    /** @type {{isLocked: (id: string) => boolean, onRefused: () => void} | null} keeps people from changing what they locked */
    this.guard = null;
    /** How marks are seen on the frame on screen; null: as they are. @type {Lens | null} */
    this.lens = null;
    /** @type {Set<(changes: ChangeSet) => void>} */
    this.listeners = new Set();
  }

  /** @param {(changes: ChangeSet) => void} listener @returns {() => void} stops listening */
  observe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** @param {string} id @returns {Mark | undefined} */
  get(id) {
    return this.marks.get(id);
  }

  /** @param {string} id @returns {SeenMark | undefined} as it is on the frame on screen; undefined: a track that is not on it */
  seen(id) {
    const mark = this.marks.get(id);
    return mark && this.#see(mark);
  }

  /** @returns {SeenMark[]} marks of any frame, and the tracks that are on the one on screen */
  seenMarks() {
    return [...this.marks.values()].flatMap((mark) => this.#see(mark) ?? []);
  }

  /** @param {Mark} mark @returns {SeenMark | undefined} */
  #see(mark) {
    return this.lens ? this.lens.see(mark) : /** @type {SeenMark} */ (mark);
  }

  /** @param {string} id @returns {number} revision last confirmed by the server; 0: the server never had it */
  revisionOf(id) {
    return this.marks.get(id)?.revision ?? this.tombstones.get(id) ?? 0;
  }

  /**
   * Does what a person asked for. Marks that stay as they are and deletions of what is gone drop out, and so do locked marks
   * unless a step is taken back.
   * @param {Exclude<Origin, 'remote'>} origin
   * @param {Draft} draft
   * @returns {ChangeSet | null} null when nothing changed
   */
  commit(origin, {name, marks = [], decisions = [], cells = [], burst}) {
    const changes = burst === undefined ? emptyChanges(origin, name) : {...emptyChanges(origin, name), burst};
    this.#changeCells(changes, cells);
    const refused = origin === 'undo' ? [] : marks.filter(({id}) => this.guard?.isLocked(id));
    for (const {id, body} of marks) {
      if (!refused.some((one) => one.id === id)) this.#put(changes, id, body && folded(body), this.revisionOf(id), HELD);
    }
    if (refused.length > 0) this.guard?.onRefused();
    for (const decision of decisions) this.#decide(changes, decision);
    return this.#emit(changes);
  }

  /**
   * Takes over what the server holds.
   * @param {Annotation[]} annotations deleted ones included
   * @returns {ChangeSet | null}
   */
  absorb(annotations) {
    const changes = emptyChanges('remote', '');
    for (const annotation of annotations) {
      this.#put(changes, annotation.id, annotation.deleted ? null : bodyOf(annotation), annotation.revision, SAVED);
      if (annotation.deleted) this.tombstones.set(annotation.id, annotation.revision);
    }
    return this.#emit(changes);
  }

  /**
   * Takes over what was done to cells, here before or in another window. The server's order counts; what it does not have yet
   * comes last.
   * @param {CellChange[]} cells
   */
  absorbCells(cells) {
    const changes = emptyChanges('remote', '');
    for (const {id, sequence} of cells) {
      const known = this.cellChanges.get(id);
      if (known && sequence) this.cellChanges.set(id, {...known, sequence});
    }
    this.#changeCells(changes, cells);
    const before = [...this.cellChanges.values()];
    const sorted = before.toSorted((one, other) => (one.sequence ?? Infinity) - (other.sequence ?? Infinity) || 0);
    if (sorted.some((change, place) => change !== before[place])) {
      this.cellChanges = new Map(sorted.map((change) => [change.id, change]));
      changes.isCellOrderNew = true;
    }
    this.#emit(changes);
  }

  /** Takes a change to cells away that the server never took. @param {string} id */
  forgetCells(id) {
    if (this.cellChanges.delete(id)) this.#emit({...emptyChanges('remote', ''), isCellOrderNew: true}, true);
  }

  /** @param {ChangeSet} changes @param {CellChange[]} cells */
  #changeCells(changes, cells) {
    for (const change of cells) {
      if (this.cellChanges.has(change.id)) continue;
      this.cellChanges.set(change.id, change);
      changes.cells.push(change);
    }
  }

  /**
   * Notes what the server confirmed about a mark that has changed here since: the body stays.
   * @param {string} id
   * @param {number} revision
   */
  confirm(id, revision) {
    const mark = this.marks.get(id);
    if (!mark) {
      this.tombstones.set(id, revision);
      return;
    }
    const after = {...mark, revision};
    this.marks.set(id, after);
    this.#emit({...emptyChanges('remote', ''), updated: [{before: mark, after}]});
  }

  /**
   * Shows marks from the outbox that the server does not have yet.
   * @param {{id: string, body: Body | null, revision: number, status?: SyncStatus}[]} pending
   */
  revive(pending) {
    const changes = emptyChanges('remote', '');
    for (const {id, body, revision, status = HELD} of pending) {
      this.#put(changes, id, body, revision, status);
      if (body === null) this.tombstones.set(id, revision);
    }
    this.#emit(changes);
  }

  /** @param {string} id @param {SyncStatus} status */
  setStatus(id, status) {
    const before = this.marks.get(id);
    if (!before || (before.status.kind === status.kind && before.status.problem === status.problem)) return;
    const after = {...before, status};
    this.marks.set(id, after);
    this.#emit({...emptyChanges('remote', ''), updated: [{before, after}]});
  }

  /**
   * Takes a mark away that the server never had (a refused one that its reader gives up).
   * @param {string} id
   */
  forget(id) {
    const mark = this.marks.get(id);
    if (!mark) return;
    this.marks.delete(id);
    this.#emit({...emptyChanges('remote', ''), deleted: [mark]});
  }

  /**
   * Replaces the list of suggestions; decisions that wait in the outbox stay on top.
   * @param {Suggestion[]} suggestions
   * @param {ReadonlyMap<string, Verdict>} [waiting] verdict by suggestion
   */
  setSuggestions(suggestions, waiting = new Map()) {
    this.suggestions = new Map(suggestions.map((suggestion) => [suggestion.id, withVerdict(suggestion, waiting.get(suggestion.id))]));
    this.#emit(emptyChanges('remote', ''), true);
  }

  /** Takes up what a model answered to this reader. @param {Suggestion[]} suggestions */
  addSuggestions(suggestions) {
    for (const suggestion of suggestions) if (!this.suggestions.has(suggestion.id)) this.suggestions.set(suggestion.id, suggestion);
    this.#emit(emptyChanges('remote', ''), true);
  }

  /**
   * @param {ChangeSet} changes @param {string} id @param {Body | null} body @param {number} revision
   * @param {SyncStatus} status
   */
  #put(changes, id, body, revision, status) {
    const before = this.marks.get(id);
    if (body === null) {
      if (!before) return;
      this.marks.delete(id);
      this.tombstones.set(id, before.revision);
      changes.deleted.push(before);
      return;
    }
    if (changes.origin !== 'remote' && before && sameBody(before.body, body)) return;
    // An unchanged body stays the same object: listeners then know that there is nothing to draw anew.
    const kept = before && sameBody(before.body, body) ? before.body : Object.freeze(body);
    const after = {id, revision, body: kept, status};
    this.marks.set(id, after);
    this.tombstones.delete(id);
    if (before) changes.updated.push({before, after});
    else changes.created.push(after);
  }

  /** @param {ChangeSet} changes @param {NonNullable<Draft['decisions']>[number]} decision */
  #decide(changes, {suggestionId, annotationId = null, verdict, reason = ''}) {
    const suggestion = this.suggestions.get(suggestionId);
    if (!suggestion) return;
    const before = openVerdict(suggestion.decision?.verdict);
    if (before === openVerdict(verdict)) return;
    this.suggestions.set(suggestionId, withVerdict(suggestion, verdict));
    changes.decided.push({suggestionId, annotationId, before, after: verdict, reason});
  }

  /** @param {ChangeSet} changes @param {boolean} [always] @returns {ChangeSet | null} */
  #emit(changes, always = false) {
    const count = changes.created.length + changes.updated.length + changes.deleted.length + changes.decided.length + changes.cells.length;
    if (count === 0 && !always) return null;
    for (const listener of this.listeners) listener(changes);
    return changes;
  }
}

/** @param {Origin} origin @param {string} name @returns {ChangeSet} */
function emptyChanges(origin, name) {
  return {origin, name, created: [], updated: [], deleted: [], decided: [], cells: []};
}

/** @param {Verdict | null | undefined} verdict @returns {Verdict | null} an undone decision is an open one */
const openVerdict = (verdict) => (!verdict || verdict === 'undo' ? null : verdict);

/** @param {Suggestion} suggestion @param {Verdict | undefined} verdict @returns {Suggestion} */
function withVerdict(suggestion, verdict) {
  if (verdict === undefined) return suggestion;
  return {...suggestion, decision: verdict === 'undo' ? null : {verdict}};
}

/** @param {Body} a @param {Body} b @returns {boolean} whether two bodies say the same; time spent does not count */
export function sameBody(a, b) {
  return JSON.stringify({...a, active_seconds: 0}) === JSON.stringify({...b, active_seconds: 0});
}
