/** The page's end of the worker that holds cells: questions with answers, and things to be told. */

/** @import {Answers, Asks, Tell} from './work/messages.js' */

export class CellsClient {
  /**
   * @param {string} workerUrl
   * @param {() => Promise<unknown>} renewGrant
   */
  constructor(workerUrl, renewGrant) {
    this.worker = new Worker(workerUrl, {type: 'module'});
    this.renewGrant = renewGrant;
    this.lastId = 0;
    /** @type {Map<number, {resolve: (answer: any) => void, reject: (error: Error) => void}>} */
    this.waiting = new Map();
    this.worker.addEventListener('message', ({data}) => this.#onMessage(data));
  }

  /** @param {Tell} told */
  tell(told) {
    this.worker.postMessage(told);
  }

  /**
   * @template {keyof Asks} Kind
   * @param {Kind} kind @param {Asks[Kind]} asked
   * @returns {Promise<Answers[Kind]>}
   * @throws {Error} when parts of a layer could not be fetched
   */
  ask(kind, asked) {
    this.lastId += 1;
    const id = this.lastId;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, {resolve, reject});
      this.worker.postMessage({...asked, id, ask: kind});
    });
  }

  /** Nothing that was asked is answered any more. */
  stop() {
    this.worker.terminate();
  }

  /** @param {{id: number, answer?: unknown, error?: string} | {needs: 'grant'}} message */
  #onMessage(message) {
    if ('needs' in message) {
      // Whether it came or not: the worker asks once more and then says what is wrong.
      void this.renewGrant().then(
        () => this.tell({tell: 'granted'}),
        () => this.tell({tell: 'granted'}),
      );
      return;
    }
    const entry = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.error === undefined) entry?.resolve(message.answer);
    else entry?.reject(new Error(message.error));
  }
}
