/**
 * What is chosen in a list of many, by mouse and keyboard as in a folder of pictures: one, a run, single ones besides. Knows
 * numbers and keys, no page.
 */

/** @typedef {'one' | 'run' | 'besides' | 'keep'} How one: only this; run: from the anchor to here; besides: this one too or no more; keep: only go there */

export class Picking {
  constructor() {
    /** @type {string[]} */
    this.keys = [];
    /** @type {Set<string>} */
    this.chosen = new Set();
    /** Where the keyboard is; -1 in an empty list. */
    this.at = -1;
    /** Where a run begins. */
    this.anchor = -1;
  }

  /** @returns {string | null} the key where the keyboard is */
  get key() {
    return this.keys[this.at] ?? null;
  }

  /**
   * Takes over a list that became shorter or longer. If nothing chosen is left, what took its place is chosen: a list is worked
   * through with one key each.
   * @param {string[]} keys
   */
  show(keys) {
    const had = this.chosen.size > 0;
    const before = this.key;
    const first = this.keys.findIndex((key) => this.chosen.has(key));
    this.keys = keys;
    const there = new Set(keys);
    this.chosen = new Set([...this.chosen].filter((key) => there.has(key)));
    const place = before !== null && there.has(before) ? keys.indexOf(before) : first >= 0 ? first : this.at;
    this.at = Math.min(Math.max(place, 0), keys.length - 1);
    if (had && this.chosen.size === 0 && this.key) this.chosen = new Set([this.key]);
    this.anchor = this.at;
  }

  /** @param {number} at brought into range @param {How} how */
  go(at, how) {
    this.at = Math.min(Math.max(at, 0), this.keys.length - 1);
    if (this.key === null || how === 'keep') return;
    if (how === 'run') {
      const [from, to] = [Math.min(this.anchor, this.at), Math.max(this.anchor, this.at)];
      this.chosen = new Set(this.keys.slice(Math.max(from, 0), to + 1));
      return;
    }
    this.anchor = this.at;
    if (how === 'one') this.chosen = new Set([this.key]);
    else this.toggle();
  }

  /** The one where the keyboard is, chosen or no more. */
  toggle() {
    if (this.key === null) return;
    this.anchor = this.at;
    this.chosen = new Set(this.chosen);
    if (!this.chosen.delete(this.key)) this.chosen.add(this.key);
  }

  all() {
    this.chosen = new Set(this.keys);
  }

  /**
   * @param {Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>} event
   * @param {{columns: number, rows: number}} page how many are in view
   * @returns {boolean} whether the key means something here
   */
  onKey({key, shiftKey, ctrlKey, metaKey, altKey}, {columns, rows}) {
    const withCtrl = ctrlKey || metaKey;
    if (altKey) return false;
    if (key === ' ') {
      this.toggle();
      return true;
    }
    if (withCtrl && key.toLowerCase() === 'a') {
      this.all();
      return true;
    }
    /** @type {Record<string, number>} */
    const steps = {
      ArrowLeft: this.at - 1,
      ArrowRight: this.at + 1,
      ArrowUp: this.at - columns < 0 ? this.at : this.at - columns,
      ArrowDown: this.at + columns,
      PageUp: this.at - columns * rows,
      PageDown: this.at + columns * rows,
      Home: 0,
      End: this.keys.length - 1,
    };
    if (!Object.hasOwn(steps, key)) return false;
    this.go(steps[key], shiftKey ? 'run' : withCtrl ? 'keep' : 'one');
    return true;
  }
}
