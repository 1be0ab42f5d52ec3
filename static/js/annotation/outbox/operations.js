/** Turns change sets into the operations of the API, and operations back into what they say of a mark. */

import {changeToSend} from '../commands/cells.js';
import {newId} from '../ids.js';

/** @import {Body, Operation, Verb} from '../types.js' */
/** @import {ChangeSet} from '../store.js' */

/**
 * An operation without its base revision, which the outbox knows.
 * @typedef {Omit<Operation, 'base_revision'>} Unbased
 */

/**
 * @param {Verb} verb
 * @param {Partial<Unbased>} [parts]
 * @returns {Unbased}
 */
function operation(verb, parts = {}) {
  return {operation_id: newId(), verb, annotation_id: null, annotation: null, suggestion_id: null, verdict: null, ...parts};
}

/** @param {string} id @param {Body | null} body null deletes @returns {Unbased} */
export function writeOperation(id, body) {
  return body === null ? operation('delete', {annotation_id: id}) : operation('put', {annotation_id: id, annotation: body});
}

/**
 * What to send for a change set: one operation for each mark and each decision; a decision and its mark go together.
 *
 * Deletions come before decisions, for taking a decision back must not find its mark still there.
 * @param {ChangeSet} changes
 * @returns {Unbased[]} none when the change came from the server
 */
export function operationsFor(changes) {
  if (changes.origin === 'remote') return [];
  const written = [...changes.created, ...changes.updated.map(({after}) => after)];
  const decidedMarks = new Set(changes.decided.map((decision) => decision.annotationId));
  const byId = new Map(written.map((mark) => [mark.id, mark]));
  /** @type {Unbased[]} */
  const operations = changes.deleted.map((mark) => writeOperation(mark.id, null));
  for (const mark of written) if (!decidedMarks.has(mark.id)) operations.push(writeOperation(mark.id, mark.body));
  for (const decision of changes.decided) {
    const mark = decision.annotationId ? byId.get(decision.annotationId) : undefined;
    operations.push(
      operation('decide', {
        annotation_id: mark?.id ?? null,
        annotation: mark?.body ?? null,
        suggestion_id: decision.suggestionId,
        verdict: decision.after,
        ...(decision.reason ? {reason: decision.reason} : {}),
      }),
    );
  }
  for (const change of changes.cells) {
    operations.push(operation('cells', {operation_id: change.id, layer_id: change.layerId, change: changeToSend(change)}));
  }
  return operations;
}

/**
 * Lets a newer operation on a mark take the place of a refused one. The newer one holds the whole body, so only a decision
 * that was refused with it must be carried over.
 * @param {Operation} refused
 * @param {Operation} newer
 * @returns {Operation | null} null: the mark was never stored and is deleted now, nothing needs to be sent
 */
export function supersede(refused, newer) {
  const base_revision = refused.base_revision;
  if (newer.verb === 'delete' && base_revision === 0) return null;
  if (newer.verb !== 'put' || refused.verb !== 'decide') return {...newer, base_revision};
  return {...newer, base_revision, verb: 'decide', suggestion_id: refused.suggestion_id, verdict: 'edit'};
}
