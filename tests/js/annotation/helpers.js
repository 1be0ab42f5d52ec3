/** The protocol of the operations endpoint in memory, and what tests need around it. */

import {Api} from '../../../static/js/lib/api.js';
import {newBody} from '../../../static/js/annotation/commands/marks.js';

/** @import {Annotation, Body, Operation, OperationResult} from '../../../static/js/annotation/types.js' */

/** @param {Partial<Body>} [parts] @returns {Body} */
export function boxBody(parts = {}) {
  /** @type {Body} */
  const body = newBody({granularity: 'box', frame: null, labels: ['lesion'], geometry: {type: 'Rectangle', bbox: [10, 10, 20, 20]}});
  return {...body, ...parts};
}

/** Keeps marks as the server does: optimistic revisions, idempotent operations, a result for each. */
export class ProtocolServer {
  constructor() {
    /** @type {Map<string, Annotation>} */
    this.annotations = new Map();
    /** @type {Map<string, OperationResult>} */
    this.applied = new Map();
    this.sequence = 0;
    /** @type {Operation[][]} every request, as received */
    this.requests = [];
    /** @type {(operation: Operation) => {code: string, message: string} | null} */
    this.refuse = () => null;
    /** @type {'up' | 'down' | 'signed-out' | 'answer-lost'} */
    this.mode = 'up';
    this.api = new Api({fetch: (url, init) => this.fetch(String(url), init), csrf: () => 'token'});
  }

  /** @param {string} _url @param {RequestInit} [init] @returns {Promise<Response>} */
  async fetch(_url, init) {
    if (this.mode === 'down') throw new TypeError('network');
    if (this.mode === 'signed-out') return json({error: {code: 'not_signed_in', message: 'Sign in'}}, 401);
    if (init?.method === 'GET') return json({});
    const {operations} = JSON.parse(String(init?.body));
    this.requests.push(operations);
    const results = operations.map((/** @type {Operation} */ operation) => this.apply(operation));
    if (this.mode === 'answer-lost') throw new TypeError('connection reset');
    return json({sequence: this.sequence, results});
  }

  /** @param {Operation} operation @returns {OperationResult} */
  apply(operation) {
    const {operation_id, annotation_id, base_revision, annotation, verb} = operation;
    const before = this.applied.get(operation_id);
    if (before) return {...before, status: 'replayed'};
    const refused = this.refuse(operation);
    if (refused) return {operation_id, status: 'rejected', annotation: null, error: refused};
    const current = annotation_id ? this.annotations.get(annotation_id) : undefined;
    if (annotation_id && (current?.revision ?? 0) !== base_revision) {
      const error = current ? {code: 'stale_revision', message: 'stale'} : {code: 'not_found', message: 'unknown'};
      return {operation_id, status: current ? 'conflict' : 'rejected', annotation: current ?? null, error};
    }
    this.sequence += 1;
    /** @type {Annotation | null} */
    let after = null;
    if (annotation_id) {
      const body = annotation ?? current ?? boxBody();
      after = {...body, id: annotation_id, revision: base_revision + 1, sequence: this.sequence, deleted: verb === 'delete'};
      this.annotations.set(annotation_id, after);
    }
    /** @type {OperationResult} */
    const result = {operation_id, status: 'applied', annotation: after, error: null};
    this.applied.set(operation_id, result);
    return result;
  }

  /** What another page of the same reader does. @param {string} id @param {Partial<Annotation>} parts */
  changeElsewhere(id, parts) {
    const current = this.annotations.get(id);
    if (!current) throw new Error(`no mark ${id}`);
    this.sequence += 1;
    this.annotations.set(id, {...current, ...parts, revision: current.revision + 1, sequence: this.sequence});
  }
}

/** @param {unknown} data @param {number} [status] */
function json(data, status = 200) {
  return new Response(JSON.stringify(data), {status, headers: {'content-type': 'application/json'}});
}

/** Timers that run when the test says so. */
export class ManualClock {
  constructor() {
    /** @type {(() => void)[]} */
    this.waiting = [];
  }

  /** @param {() => void} run */
  later = (run) => {
    this.waiting.push(run);
    return run;
  };

  /** @param {() => void} timer */
  cancel = (timer) => {
    this.waiting = this.waiting.filter((run) => run !== timer);
  };

  runAll() {
    const due = this.waiting;
    this.waiting = [];
    for (const run of due) run();
  }
}
