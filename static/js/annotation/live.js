/**
 * Keeps the page up to date. The socket only says that something changed; the truth is pulled. Every ten seconds it is
 * pulled anyway, for a socket may be shut off by a proxy without a word.
 */

const POLL_MS = 10_000;
const RECONNECT_MS = 5_000;

/**
 * @typedef {'annotations.changed' | 'suggestions.changed' | 'read.submitted'} HintType
 * @typedef {{type: HintType, version: number, read_id: string, sequence?: number}} Hint
 */

export class Live {
  /**
   * @param {object} parts
   * @param {string} parts.path of the socket
   * @param {(hint: Hint) => void} parts.onHint
   * @param {() => void} parts.onPoll
   */
  constructor({path, onHint, onPoll}) {
    this.path = path;
    this.onHint = onHint;
    this.onPoll = onPoll;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.isClosed = false;
    this.timer = setInterval(() => {
      if (document.visibilityState === 'visible') onPoll();
    }, POLL_MS);
    document.addEventListener('visibilitychange', this.#onVisible);
    this.#connect();
  }

  #onVisible = () => {
    if (document.visibilityState === 'visible') this.onPoll();
  };

  #connect() {
    const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(`${scheme}//${location.host}${this.path}`);
    this.socket = socket;
    // What changed while there was no socket sent its hint to nobody.
    socket.addEventListener('open', () => this.onPoll());
    socket.addEventListener('message', (event) => this.#receive(event));
    socket.addEventListener('close', () => {
      if (!this.isClosed) setTimeout(() => this.#connect(), RECONNECT_MS);
    });
  }

  /** @param {MessageEvent<string>} event */
  #receive(event) {
    /** @type {Hint} */
    const hint = JSON.parse(event.data);
    // A page that is older than the server does not guess at what a new kind of message means; it polls.
    if (hint.version === 1) this.onHint(hint);
  }

  close() {
    this.isClosed = true;
    clearInterval(this.timer);
    document.removeEventListener('visibilitychange', this.#onVisible);
    this.socket?.close();
  }
}
