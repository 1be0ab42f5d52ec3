/**
 * The channels of a fluorescence image: which are shown, in which colour and range. Ranges are in steps (whole numbers from
 * 0 to the channel's limit); what a reader chose is kept in the browser, for this reader and this image.
 */

/** @import {Channel} from './types.js' */

/** @typedef {{shown: boolean, colour: string, low: number, high: number}} ChannelState colour as #rrggbb */

/** The server adds up so many at once. */
export const MAX_SHOWN = 32;

/** @param {Channel} channel @returns {ChannelState} as it is before anybody chose */
function firstState({shown, colour, low, high}) {
  return {shown, colour, low, high};
}

export class ChannelSet {
  /**
   * @param {object} options
   * @param {Channel[]} options.channels
   * @param {string | null} [options.keptAs] name in the browser's storage; null keeps nothing
   * @param {Storage} [options.storage]
   * @param {() => void} [options.onChange]
   */
  constructor({channels, keptAs = null, storage = globalThis.localStorage, onChange = () => {}}) {
    this.channels = channels;
    this.keptAs = keptAs;
    this.storage = storage;
    this.onChange = onChange;
    /** @type {ChannelState[]} */
    this.states = this.#kept() ?? channels.map(firstState);
  }

  /** @returns {ChannelState[] | null} what was kept, if it is of these channels */
  #kept() {
    if (!this.keptAs) return null;
    try {
      const kept = JSON.parse(this.storage.getItem(this.keptAs) ?? 'null');
      if (!Array.isArray(kept) || kept.length !== this.channels.length) return null;
      const states = kept.map((state, index) => clean(state, this.channels[index]));
      return states.filter(({shown}) => shown).length <= MAX_SHOWN ? states : null;
    } catch {
      return null; // written by something else, or storage is switched off
    }
  }

  #changed() {
    try {
      if (this.keptAs) this.storage.setItem(this.keptAs, JSON.stringify(this.states));
    } catch {
      // A full or forbidden storage loses the choice at the next visit, and nothing else.
    }
    this.onChange();
  }

  /**
   * Changes a channel; a range is brought into order and bounds. More than `MAX_SHOWN` are never shown.
   * @param {number} index
   * @param {Partial<ChannelState>} change
   */
  set(index, change) {
    if (change.shown && !this.states[index].shown && this.shownCount >= MAX_SHOWN) return;
    this.states[index] = clean({...this.states[index], ...change}, this.channels[index]);
    this.#changed();
  }

  /** @param {number} index shows this channel and no other */
  showOnly(index) {
    this.states = this.states.map((state, other) => ({...state, shown: other === index}));
    this.#changed();
  }

  /** Sets the ranges of the shown channels to what was sampled, without the few extreme values. */
  autoRange() {
    this.states = this.states.map((state, index) => {
      const {low, high} = this.channels[index];
      return state.shown ? {...state, low, high} : state;
    });
    this.#changed();
  }

  /** Takes back all that was chosen. */
  reset() {
    this.states = this.channels.map(firstState);
    this.#changed();
  }

  /** @returns {number} */
  get shownCount() {
    return this.states.filter(({shown}) => shown).length;
  }

  /** True while all is as before anybody chose. */
  get isFirst() {
    return this.word === wordOf(this.channels.map(firstState));
  }

  /** The channels' part of a view's word. */
  get word() {
    return wordOf(this.states);
  }
}

/** @param {ChannelState[]} states @returns {string} */
function wordOf(states) {
  return states
    .map(({shown, colour, low, high}, index) => (shown ? `_${index}-${colour.slice(1)}-${low}-${high}` : ''))
    .join('');
}

/**
 * @param {any} state of whatever origin
 * @param {Channel} channel
 * @returns {ChannelState}
 */
function clean(state, channel) {
  const whole = (/** @type {unknown} */ value, /** @type {number} */ fallback) =>
    Number.isFinite(value) ? Math.round(Number(value)) : fallback;
  const low = Math.min(Math.max(0, whole(state?.low, channel.low)), channel.limit - 1);
  const high = Math.min(Math.max(low + 1, whole(state?.high, channel.high)), channel.limit);
  const colour = typeof state?.colour === 'string' && /^#[0-9a-f]{6}$/i.test(state.colour) ? state.colour.toLowerCase() : channel.colour;
  return {shown: Boolean(state?.shown), colour, low, high};
}

/**
 * A step as the value that the file stores, short enough to read.
 * @param {Channel} channel
 * @param {number} step
 * @returns {string}
 */
export function valueOf({offset, step: size}, step) {
  const value = offset + size * step;
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}
