/** The socket to those who look at the same image. What is shown goes out whole, the newest only, ten times a second at most. */

const EVERY_MS = 100;
const SIGN_OF_LIFE_MS = 3000;
const RECONNECT_MS = 5000;
/** Close code for whom the server keeps apart from others as long as they read. */
export const READING_BLIND = 4423;
/** Close codes after which it makes no sense to come again: not signed in, no longer allowed, nothing here, kept apart. */
const FINAL = new Set([4401, 4403, 4404, READING_BLIND]);

/**
 * @typedef {{view: {x: number, y: number, resolution: number, rotation: number, frame: number | null}, pointer: [number, number] | null, following: number | null}} Shown
 *
 * @typedef {{type: 'presence.welcome', version: number, person: number}
 *   | {type: 'presence.present', version: number, person: number, name: string, shown: Shown}
 *   | {type: 'presence.left', version: number, person: number}} Told
 */

export class Line {
  /**
   * @param {object} parts
   * @param {string} parts.path of the socket
   * @param {() => Shown} parts.shown what is shown now
   * @param {(told: Told) => void} parts.onTold
   * @param {(isFinal: boolean, code: number) => void} parts.onBroken nobody is known any more; the code of the socket
   */
  constructor({path, shown, onTold, onBroken}) {
    this.path = path;
    this.shown = shown;
    this.onTold = onTold;
    this.onBroken = onBroken;
    this.isClosed = false;
    this.isWelcome = false;
    this.sentAt = -Infinity;
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.sending = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.coming = undefined;
    this.living = setInterval(() => this.#say({type: 'here'}), SIGN_OF_LIFE_MS);
    this.#connect();
  }

  #connect() {
    const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(`${scheme}//${location.host}${this.path}`);
    this.socket = socket;
    socket.addEventListener('message', (event) => this.#receive(event));
    socket.addEventListener('close', ({code}) => this.#broken(code));
  }

  /** @param {MessageEvent<string>} event */
  #receive(event) {
    /** @type {Told} */
    const told = JSON.parse(event.data);
    if (told.version !== 1 || this.isClosed) return;
    if (told.type === 'presence.welcome') {
      this.isWelcome = true;
      this.tell();
    }
    this.onTold(told);
  }

  /** @param {number} code */
  #broken(code) {
    const isFinal = FINAL.has(code);
    this.isWelcome = false;
    if (this.isClosed) return;
    if (!isFinal) this.coming = setTimeout(() => this.#connect(), RECONNECT_MS);
    this.onBroken(isFinal, code);
  }

  /** Something that is shown has changed. */
  tell() {
    if (this.sending !== undefined) return;
    const wait = Math.max(0, this.sentAt + EVERY_MS - performance.now());
    this.sending = setTimeout(() => {
      this.sending = undefined;
      this.sentAt = performance.now();
      this.#say({type: 'shown', ...this.shown()});
    }, wait);
  }

  /** @param {object} said */
  #say(said) {
    if (this.isWelcome && this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(said));
  }

  close() {
    this.isClosed = true;
    clearInterval(this.living);
    clearTimeout(this.sending);
    clearTimeout(this.coming);
    this.socket?.close();
  }
}
