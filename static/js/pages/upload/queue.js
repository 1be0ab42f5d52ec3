/**
 * The order of work of an upload page: two files at a time, each by itself, so that one that fails stops no other.
 * Knows neither the page nor the network.
 */

/** @typedef {'waiting' | 'sending' | 'checking' | 'unpacking' | 'paused'} OpenState */
/** @typedef {'accepted' | 'duplicate' | 'refused' | 'skipped' | 'unpacked' | 'failed' | 'cancelled'} EndState */
/** @typedef {OpenState | EndState} State */

/**
 * @typedef {object} Outcome
 * @property {EndState} state failed: worth trying again; unpacked: an archive whose files have results of their own
 * @property {string} [code] reason code
 * @property {string} [message] in the reader's language
 * @property {string} [hint] what to do next
 * @property {string} [imageId]
 * @property {boolean} [stops] nothing else will go through either (signed out)
 * @property {boolean} [later] tried again by itself after a pause
 */

/**
 * @typedef {object} Item
 * @property {number} id
 * @property {File} file for a file of an archive: the archive
 * @property {number} size bytes
 * @property {string} name shown: the path inside a chosen folder or archive, or the file name
 * @property {State} state
 * @property {number} sent bytes
 * @property {number} attempts
 * @property {Outcome | null} outcome
 * @property {{done: number, total: number} | null} files of an archive that is being unpacked
 */

/**
 * What became of a file of an archive.
 * @typedef {object} Unpacked
 * @property {string} name
 * @property {number} size bytes
 * @property {'accepted' | 'duplicate' | 'refused' | 'skipped'} status
 * @property {string | null} image_id
 * @property {string} code
 * @property {string} message
 * @property {string} hint
 */

/**
 * @typedef {object} SendOptions
 * @property {AbortSignal} signal
 * @property {(sent: number) => void} onProgress
 * @property {() => void} [onKept] a part is safe
 * @property {(results: Unpacked[], done: number, total: number) => void} [onUnpacked] files of an archive have results
 */

/**
 * Sends one file.
 * @callback Send
 * @param {File} file
 * @param {SendOptions} options
 * @returns {Promise<Outcome>} never rejects
 */

/** @typedef {Record<State, number>} Counts */

const PARALLEL = 2;
// Together as long as a server takes to start again; what is kept of a file starts the row anew.
const PAUSES_MS = [1_000, 3_000, 10_000, 20_000, 40_000];
/** Why a request is ended that will go on. */
export const PAUSED = 'paused';
/** @type {State[]} */
const BUSY = ['waiting', 'sending', 'checking', 'unpacking'];
/** @type {State[]} */
const STATES = [...BUSY, 'paused', 'accepted', 'duplicate', 'refused', 'skipped', 'unpacked', 'failed', 'cancelled'];

export class UploadQueue {
  /**
   * @param {object} options
   * @param {Send} options.send
   * @param {(item: Item) => void} options.onChange called for every change of an item
   * @param {(items: Item[]) => void} [options.onAdded] called with files of an archive, which come with their results
   * @param {number} [options.parallel]
   * @param {number[]} [options.pausesMs] before each repetition that happens by itself
   * @param {(file: File) => void} [options.discard] throws away what the server has of a file that will not go on
   */
  constructor({send, onChange, onAdded = () => {}, parallel = PARALLEL, pausesMs = PAUSES_MS, discard = () => {}}) {
    this.send = send;
    this.discard = discard;
    this.onChange = onChange;
    this.onAdded = onAdded;
    this.parallel = parallel;
    this.pausesMs = pausesMs;
    /** @type {Item[]} */
    this.items = [];
    /** @type {Item[]} */
    this.line = [];
    /** @type {Map<Item, AbortController>} */
    this.running = new Map();
    /** @type {Counts} */
    this.counts = /** @type {Counts} */ (Object.fromEntries(STATES.map((state) => [state, 0])));
    this.bytes = {sent: 0, total: 0};
  }

  /** True while something waits or is under way. */
  get busy() {
    return BUSY.some((state) => this.counts[state] > 0);
  }

  /**
   * @param {{file: File, name: string}[]} files
   * @returns {Item[]} the new items, in the same order
   */
  add(files) {
    const added = files.map(({file, name}, index) => this.newItem(file, name, this.items.length + index));
    this.items.push(...added);
    this.line.push(...added);
    for (const item of added) this.bytes.total += item.file.size;
    this.counts.waiting += added.length;
    this.pump();
    return added;
  }

  /** @param {File} file @param {string} name @param {number} id @returns {Item} */
  newItem(file, name, id) {
    return {id, file, size: file.size, name, state: 'waiting', sent: 0, attempts: 0, outcome: null, files: null};
  }

  /** Takes back whatever has not been answered yet. What the server has already taken stays. */
  cancelAll() {
    for (const item of this.line.splice(0)) this.drop(item);
    for (const item of this.items) if (item.state === 'paused') this.drop(item);
    for (const controller of this.running.values()) controller.abort();
  }

  /** @param {Item} item */
  cancel(item) {
    if (this.leaveLine(item) || item.state === 'paused') this.drop(item);
    else this.running.get(item)?.abort();
  }

  /** Lets an item rest; what the server has of it stays there. @param {Item} item */
  pause(item) {
    if (this.leaveLine(item)) this.setState(item, 'paused');
    else this.running.get(item)?.abort(PAUSED);
  }

  pauseAll() {
    for (const item of this.line.splice(0)) this.setState(item, 'paused');
    for (const controller of this.running.values()) controller.abort(PAUSED);
  }

  /** @param {Item} item */
  resume(item) {
    if (item.state === 'paused') this.enqueue(item);
  }

  resumeAll() {
    for (const item of this.items) this.resume(item);
  }

  /** @param {Item} item @returns {boolean} whether it was waiting */
  leaveLine(item) {
    const at = this.line.indexOf(item);
    if (at >= 0) this.line.splice(at, 1);
    return at >= 0;
  }

  /** @param {Item} item */
  drop(item) {
    this.discard(item.file);
    this.end(item, {state: 'cancelled'});
  }

  /** Puts everything in line again that failed or was cancelled. */
  retryFailed() {
    for (const item of this.items) {
      if (item.state === 'failed' || item.state === 'cancelled') this.retry(item);
    }
  }

  /** @param {Item} item */
  retry(item) {
    item.outcome = null;
    this.setSent(item, 0);
    this.enqueue(item);
  }

  /** @param {Item} item */
  enqueue(item) {
    item.attempts = 0;
    this.setState(item, 'waiting');
    this.line.push(item);
    this.pump();
  }

  pump() {
    while (this.running.size < this.parallel) {
      const item = this.line.shift();
      if (!item) return;
      const controller = new AbortController();
      this.running.set(item, controller);
      void this.run(item, controller);
    }
  }

  /** @param {Item} item @param {AbortController} controller */
  async run(item, controller) {
    this.setState(item, 'sending');
    let outcome = await this.attempt(item, controller);
    while (outcome.state === 'failed' && outcome.later && item.attempts <= this.pausesMs.length) {
      await pause(this.pausesMs[item.attempts - 1], controller.signal);
      if (controller.signal.aborted) outcome = {state: 'cancelled'};
      else outcome = await this.attempt(item, controller);
    }
    this.running.delete(item);
    if (outcome.state === 'cancelled' && controller.signal.reason === PAUSED) this.setState(item, 'paused');
    else this.end(item, outcome);
    if (outcome.stops) this.stop(outcome);
    this.pump();
  }

  /** @param {Item} item @param {AbortController} controller @returns {Promise<Outcome>} */
  attempt(item, controller) {
    item.attempts += 1;
    return this.send(item.file, {
      signal: controller.signal,
      onKept: () => {
        item.attempts = 1;
      },
      onUnpacked: (results, done, total) => this.unpacked(item, results, done, total),
      onProgress: (sent) => {
        this.setSent(item, Math.min(sent, item.file.size));
        this.setState(item, sent >= item.file.size ? 'checking' : 'sending');
      },
    });
  }

  /** @param {Item} item @param {Unpacked[]} results @param {number} done @param {number} total */
  unpacked(item, results, done, total) {
    item.attempts = 1;
    item.files = {done, total};
    this.setState(item, 'unpacking');
    const added = results.map(({name, size, status, image_id: imageId, code, message, hint}, index) => ({
      ...this.newItem(item.file, name, this.items.length + index),
      size,
      state: /** @type {State} */ (status),
      outcome: {state: status, code, message, hint, imageId: imageId ?? undefined},
    }));
    this.items.push(...added);
    for (const {state} of added) this.counts[state] += 1;
    this.onAdded(added);
  }

  /** Ends what still waits with the reason that stopped everything. @param {Outcome} outcome */
  stop(outcome) {
    for (const item of this.line.splice(0)) this.end(item, {...outcome, stops: false});
  }

  /** @param {Item} item @param {Outcome} outcome */
  end(item, outcome) {
    item.outcome = outcome;
    const took = outcome.state === 'cancelled' || outcome.state === 'failed' ? 0 : item.file.size;
    this.setSent(item, took);
    this.setState(item, outcome.state);
  }

  /** @param {Item} item @param {number} sent */
  setSent(item, sent) {
    this.bytes.sent += sent - item.sent;
    item.sent = sent;
  }

  /** @param {Item} item @param {State} state */
  setState(item, state) {
    this.counts[item.state] -= 1;
    this.counts[state] += 1;
    item.state = state;
    this.onChange(item);
  }
}

/** @param {number} ms @param {AbortSignal} signal @returns {Promise<void>} */
function pause(ms, signal) {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    }, {once: true});
  });
}
