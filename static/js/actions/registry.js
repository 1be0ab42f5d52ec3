/**
 * Everything a person can do on a page, one record each. Toolbar, keyboard and help sheet are made from these records,
 * so that none of them can know a key that the others do not. A person may have chosen other keys than an action comes with.
 */

import {NotFetched} from '../lib/later.js';
import {effectiveKeys} from './bindings.js';

/** @import {Bindings} from './bindings.js' */

/**
 * @typedef {'drawing' | 'suggestions' | 'labels' | 'workbench'} Context
 *   where a key means this action. Inner contexts come first: while an outline is drawn, Enter closes it and does not submit.
 *
 * @typedef {'image' | 'tools' | 'marks' | 'labels' | 'suggestions' | 'read' | 'drawing'} Group heading on the help sheet
 *
 * @typedef {object} Action
 * @property {string} id
 * @property {string | (() => string)} label in the reader's language
 * @property {Group} group
 * @property {Context} [context] default: workbench
 * @property {string[]} [keys] as `keyOf` writes them: `b`, `Ctrl+Z`, `Shift+Tab`, `?`; two that follow each other: `0 1`; the first
 *   one is shown
 * @property {(event?: KeyboardEvent) => unknown} run
 * @property {() => unknown} [release] when the key is let go: the action lasts as long as the key is held
 * @property {() => boolean} [when] whether it can be done now; default: always
 * @property {() => boolean} [isPressed] for buttons that stay down
 * @property {string} [icon]
 * @property {boolean} [inFields] works while a text field has the focus as well
 * @property {boolean} [onControls] works while a button has the focus as well, although the key may mean something to it
 */

/** Innermost first. @type {Context[]} */
export const CONTEXTS = ['drawing', 'suggestions', 'labels', 'workbench'];

export class KeyConflict extends Error {
  /** @param {string} key @param {Action} first @param {Action} second */
  constructor(key, first, second) {
    super(`${key} belongs to ${first.id} already and cannot be given to ${second.id}`);
    this.name = 'KeyConflict';
  }
}

export class Registry {
  /** @param {Bindings} [chosen] the keys that this person has chosen @param {() => void} [onNotFetched] tells it */
  constructor(chosen = {}, onNotFetched = () => {}) {
    this.chosen = chosen;
    this.onNotFetched = onNotFetched;
    /** @type {Map<string, Action>} with the keys that they have for this person */
    this.actions = new Map();
    /** @type {Map<string, Action>} with the keys that they come with */
    this.originals = new Map();
    /** @type {string | null} the first key of two, pressed and waiting for the second */
    this.begun = null;
    /** @type {Set<() => void>} */
    this.listeners = new Set();
  }

  /**
   * @param {...Action} actions
   * @throws {KeyConflict} when a key that an action comes with has another meaning in the same context
   */
  add(...actions) {
    for (const action of actions) {
      for (const key of action.keys ?? []) {
        const other = holder(this.originals, key, action.context ?? 'workbench');
        if (other && other.id !== action.id) throw new KeyConflict(key, other, action);
      }
      this.originals.set(action.id, action);
      this.actions.set(action.id, {...action});
    }
    this.#giveKeys();
  }

  /** @param {Bindings} chosen the keys that this person has chosen from now on */
  rebind(chosen) {
    this.chosen = chosen;
    this.#giveKeys();
    this.refresh();
  }

  #giveKeys() {
    for (const [id, keys] of effectiveKeys(this.originals.values(), this.chosen)) this.get(id).keys = keys;
  }

  /** @param {string} key @param {Context} context @returns {boolean} whether an action comes with this key */
  isTaken(key, context) {
    return holder(this.originals, key, context) !== undefined;
  }

  /**
   * What a key means now.
   * @param {string} key
   * @returns {Action | null} null also where another key has to follow
   */
  find(key) {
    for (const context of CONTEXTS) {
      const action = holder(this.actions, key, context);
      if (action && (action.when?.() ?? true)) return action;
      if (this.following(key).some(({action: next}) => (next.context ?? 'workbench') === context)) return null;
    }
    return null;
  }

  /** @param {string} key @returns {{action: Action, key: string}[]} what can be done now by this key and a second one, and that one */
  following(key) {
    return [...this.actions.values()].flatMap((action) =>
      (action.keys ?? [])
        .filter((one) => one.startsWith(`${key} `) && (action.when?.() ?? true))
        .map((one) => ({action, key: one.slice(key.length + 1)})),
    );
  }

  /** @param {string} key @returns {boolean} whether another key has to follow */
  isBeginning(key) {
    return this.find(key) === null && this.following(key).length > 0;
  }

  /** @param {string | null} key the first of two; null: it leads nowhere any more */
  begin(key) {
    if (this.begun === key) return;
    this.begun = key;
    this.refresh();
  }

  /** @param {string} id @returns {Action} */
  get(id) {
    const action = this.actions.get(id);
    if (!action) throw new Error(`no action ${id}`);
    return action;
  }

  /** @param {string} id @param {KeyboardEvent} [event] */
  run(id, event) {
    const action = this.get(id);
    if (!(action.when?.() ?? true)) return;
    const done = action.run(event);
    if (done instanceof Promise) done.catch((error) => this.failed(error));
  }

  /** A part of the page that the server did not send is told; all else is a mistake, and shows as one. @param {unknown} error */
  failed(error) {
    if (!(error instanceof NotFetched)) throw error;
    this.onNotFetched();
  }

  /** @param {() => void} listener @returns {() => void} */
  observe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Tells buttons that what can be done may have changed. */
  refresh() {
    for (const listener of this.listeners) listener();
  }
}

/** @param {Map<string, Action>} actions @param {string} key @param {Context} context @returns {Action | undefined} */
function holder(actions, key, context) {
  return [...actions.values()].find((action) => (action.context ?? 'workbench') === context && action.keys?.includes(key));
}

/** @param {Action} action @returns {string} */
export const labelOf = (action) => (typeof action.label === 'function' ? action.label() : action.label);

const NAMES = new Map([
  [' ', 'Space'],
  ['Esc', 'Escape'],
  ['Del', 'Delete'],
]);

/**
 * Writes a key stroke: modifiers, then the key as it is labelled. Letters are lower case alone and upper case with
 * modifiers; signs that need Shift (`?`, `+`) are written as the sign.
 * @param {Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>} event
 * @returns {string}
 */
export function keyOf({key, ctrlKey, metaKey, altKey, shiftKey}) {
  const isSign = [...key].length === 1 && key !== ' ';
  const isLetter = /^[a-z]$/i.test(key);
  const hasModifier = ctrlKey || metaKey || altKey || (shiftKey && (isLetter || !isSign));
  const name = NAMES.get(key) ?? (isLetter ? (hasModifier ? key.toUpperCase() : key.toLowerCase()) : key);
  return [ctrlKey || metaKey ? 'Ctrl' : '', altKey ? 'Alt' : '', shiftKey && (isLetter || !isSign) ? 'Shift' : '', name]
    .filter(Boolean)
    .join('+');
}

const SYMBOLS = new Map([
  ['ArrowUp', '↑'],
  ['ArrowDown', '↓'],
  ['ArrowLeft', '←'],
  ['ArrowRight', '→'],
  ['Escape', 'Esc'],
  ['Backspace', '⌫'],
  ['Delete', 'Del'],
  ['PageUp', 'PgUp'],
  ['PageDown', 'PgDn'],
]);

/** @param {string} key @returns {string[]} one text for each key cap */
export function keyCaps(key) {
  const parts = key.split(' ').flatMap((stroke) => (stroke === '+' ? ['+'] : stroke.split(/\+(?=.)/)));
  return parts.map((part) => SYMBOLS.get(part) ?? (part.length === 1 ? part.toUpperCase() : part));
}

/** @param {string} key @returns {string} as it is spoken of: `Ctrl + Z`, `0 1` */
export const keyText = (key) => key.split(' ').map((stroke) => keyCaps(stroke).join(' + ')).join(' ');
