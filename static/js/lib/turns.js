/** Lets one tile be drawn after the other, so that a question that comes meanwhile is answered before the next tile. */

export class Turns {
  constructor() {
    /** @type {(() => void)[]} */
    this.waiting = [];
    this.isRunning = false;
    this.channel = new MessageChannel();
    this.channel.port1.onmessage = () => this.#next();
  }

  /** @returns {Promise<void>} when it is one's turn; it lasts until the next thing is waited for */
  mine() {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      if (!this.isRunning) this.#later();
    });
  }

  #later() {
    this.isRunning = true;
    // A task of its own: messages that wait by then are taken first.
    this.channel.port2.postMessage(null);
  }

  #next() {
    const go = this.waiting.shift();
    this.isRunning = false;
    if (!go) return;
    go();
    this.#later();
  }
}
