/**
 * Counts the seconds in which a person works: from a sign of life until 30 s after it, while the page is in view. Counts the
 * actions as well: presses of keys and of the pointer.
 */

const IDLE_AFTER_MS = 30_000;
const SIGNS = ['pointerdown', 'pointermove', 'wheel', 'keydown', 'touchstart'];
/** Held beside another key, they are no action of their own. */
const MODIFIERS = new Set(['Shift', 'Control', 'Alt', 'Meta', 'AltGraph']);

export class ActivityClock {
  /**
   * @param {object} [options]
   * @param {number} [options.initial] seconds counted before
   * @param {number} [options.actions] actions counted before
   * @param {() => number} [options.now] ms
   */
  constructor({initial = 0, actions = 0, now = () => performance.now()} = {}) {
    this.actions = actions;
    this.now = now;
    this.countedMs = initial * 1000;
    /** @type {number | null} since when time runs; null: nobody is there */
    this.since = null;
    this.lastSign = -Infinity;
    /** @type {Map<string, number>} seconds at which something was begun */
    this.marks = new Map();
  }

  /** A person did something. */
  sign() {
    const now = this.now();
    this.#settle(now);
    if (this.since === null) this.since = now;
    this.lastSign = now;
  }

  /** @param {Pick<Event, 'type'> & Partial<KeyboardEvent>} event a key that is held, or a modifier, is no action */
  count({type, key, repeat}) {
    if (type === 'pointerdown' || (type === 'keydown' && !repeat && !MODIFIERS.has(key ?? ''))) this.actions += 1;
  }

  /** The page went out of view. */
  pause() {
    this.#settle(this.now());
    if (this.since !== null) this.countedMs += Math.min(this.now(), this.lastSign + IDLE_AFTER_MS) - this.since;
    this.since = null;
  }

  /** @param {number} now ends a stretch that ran out */
  #settle(now) {
    const end = this.lastSign + IDLE_AFTER_MS;
    if (this.since === null || now <= end) return;
    this.countedMs += end - this.since;
    this.since = null;
  }

  /** @returns {number} */
  get seconds() {
    const now = this.now();
    this.#settle(now);
    return (this.countedMs + (this.since === null ? 0 : now - this.since)) / 1000;
  }

  /** @param {string} key begins to count for something */
  begin(key) {
    this.marks.set(key, this.seconds);
  }

  /** @param {string} key @returns {number} active seconds since it was begun; 0 if it was not */
  take(key) {
    const from = this.marks.get(key);
    this.marks.delete(key);
    return from === undefined ? 0 : this.seconds - from;
  }

  /** Listens to the page. @returns {() => void} stops */
  listen() {
    const onSign = (/** @type {Event} */ event) => {
      this.sign();
      this.count(event);
    };
    const onVisibility = () => {
      if (document.visibilityState === 'hidden') this.pause();
    };
    for (const name of SIGNS) document.addEventListener(name, onSign, {passive: true, capture: true});
    document.addEventListener('visibilitychange', onVisibility);
    return () => {
      for (const name of SIGNS) document.removeEventListener(name, onSign, {capture: true});
      document.removeEventListener('visibilitychange', onVisibility);
    };
  }
}
