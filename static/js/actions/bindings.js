/** Keys that a person has chosen in place of those that actions come with: which count, which collide, which cannot be had. */

/** @import {Action, Context} from './registry.js' */

/** @typedef {Record<string, string[]>} Bindings action id -> its keys; an empty list: no key */
/** @typedef {Pick<Action, 'id' | 'context' | 'keys'>} Keyed an action with the keys that it comes with */

/** @param {{context?: Context}} action @param {string} key @returns {string} what can be held by one action only */
const placeOf = ({context = 'workbench'}, key) => `${context} ${key}`;

/**
 * The keys that each action has. What a person chose comes first: an action loses the key that it comes with where somebody
 * gave that key to another one, also when a later version of the workbench brings the action along.
 * @param {Iterable<Keyed>} actions as they come
 * @param {Bindings} chosen ids that no action has are passed over
 * @returns {Map<string, string[]>}
 */
export function effectiveKeys(actions, chosen) {
  const all = [...actions];
  /** @type {Map<string, string>} */
  const holders = new Map();
  /** @type {Map<string, string[]>} */
  const effective = new Map();
  /** @param {Keyed} action @param {string[]} keys */
  const give = (action, keys) => {
    const free = keys.filter((key) => (holders.get(placeOf(action, key)) ?? action.id) === action.id);
    for (const key of free) holders.set(placeOf(action, key), action.id);
    effective.set(action.id, free);
  };
  for (const action of all) if (Object.hasOwn(chosen, action.id)) give(action, chosen[action.id]);
  for (const action of all) if (!Object.hasOwn(chosen, action.id)) give(action, action.keys ?? []);
  return effective;
}

/**
 * The other actions that have some of these keys in the place where this action is done.
 * @param {Iterable<Keyed>} actions as they come @param {Bindings} chosen
 * @param {Keyed} action @param {string[]} keys
 * @returns {string[]} their ids
 */
export function holdersOf(actions, chosen, action, keys) {
  const all = [...actions];
  const effective = effectiveKeys(all, chosen);
  const wanted = new Set(keys.map((key) => placeOf(action, key)));
  return all
    .filter((other) => other.id !== action.id && effective.get(other.id)?.some((key) => wanted.has(placeOf(other, key))))
    .map(({id}) => id);
}

/**
 * The choices after one action was given keys, taken over from whoever had them; `null` gives back those it comes with.
 * @param {Iterable<Keyed>} actions as they come @param {Bindings} chosen
 * @param {Keyed} action @param {string[] | null} keys
 * @returns {Bindings}
 */
export function withKeys(actions, chosen, action, keys) {
  const all = [...actions];
  const given = keys ?? action.keys ?? [];
  const effective = effectiveKeys(all, chosen);
  const next = {...chosen};
  for (const id of holdersOf(all, chosen, action, given)) next[id] = (effective.get(id) ?? []).filter((key) => !given.includes(key));
  next[action.id] = given;
  for (const {id, keys: own = []} of all) if (next[id] && isSame(next[id], own)) delete next[id];
  return next;
}

/** @param {string[]} a @param {string[]} b @returns {boolean} */
const isSame = (a, b) => a.length === b.length && a.every((key, at) => key === b[at]);

const MODIFIERS = new Set(['Control', 'Shift', 'Alt', 'AltGraph', 'Meta', 'OS', 'CapsLock', 'NumLock', 'ScrollLock', 'Fn', 'FnLock']);
const OF_INPUT_METHODS = new Set([
  ...['Process', 'Dead', 'Compose', 'Convert', 'NonConvert', 'KanaMode', 'KanjiMode', 'HankakuZenkaku', 'Hankaku', 'Zenkaku'],
  ...['ZenkakuHankaku', 'Hiragana', 'Katakana', 'HiraganaKatakana', 'Romaji', 'Eisu', 'Alphanumeric', 'ModeChange', 'Alt+`'],
]);
const OF_BROWSERS = new Set([
  ...['F1', 'F3', 'F5', 'F6', 'F7', 'F10', 'F11', 'F12', 'Shift+F5', 'Shift+F10', 'Ctrl+F4', 'Ctrl+F5', 'Alt+F4'],
  ...['C', 'D', 'F', 'H', 'J', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'T', 'U', 'V', 'W', 'X'].map((letter) => `Ctrl+${letter}`),
  ...['C', 'I', 'J', 'N', 'P', 'Q', 'R', 'T', 'W', 'Delete', 'Tab'].map((name) => `Ctrl+Shift+${name}`),
  ...['Tab', 'PageUp', 'PageDown', '+', '-', '=', ...'0123456789'].map((name) => `Ctrl+${name}`),
  ...['ArrowLeft', 'ArrowRight', 'Home', 'D', 'E', 'F', 'Tab', 'Space'].map((name) => `Alt+${name}`),
  ...['ContextMenu', 'PrintScreen', 'Pause'],
]);
const NAMED = /^(Enter|Backspace|Delete|Insert|Home|End|PageUp|PageDown|Arrow(Up|Down|Left|Right)|F([1-9]|1\d|2[0-4]))$/;

/**
 * @typedef {'modifier' | 'browser' | 'input-method' | 'focus' | 'leave' | 'pan' | 'unknown'} Refusal
 *   why a key cannot be given to an action; `modifier` alone is no stroke yet
 */

/**
 * Whether an action can have a key.
 * @param {string} key as `keyOf` writes it
 * @returns {Refusal | null} null: it can
 */
export function refusalOf(key) {
  const name = key.replace(/^(Ctrl\+)?(Alt\+)?(Shift\+)?(?=.)/, '');
  if (MODIFIERS.has(name)) return 'modifier';
  if (OF_INPUT_METHODS.has(name) || OF_INPUT_METHODS.has(key)) return 'input-method';
  if (OF_BROWSERS.has(key)) return 'browser';
  if (name === 'Tab') return 'focus';
  if (name === 'Escape') return 'leave';
  if (name === 'Space') return 'pan';
  return [...name].length === 1 || NAMED.test(name) ? null : 'unknown';
}

const EDITING = new Set(['Ctrl+A', 'Ctrl+Y', 'Ctrl+Z', 'Ctrl+Shift+Z']);

/**
 * Whether a key changes or leaves a text while one is written, so that no action may have it there.
 * @param {string} key
 * @returns {boolean}
 */
export function writesText(key) {
  return EDITING.has(key) || !(/^(Ctrl|Alt)\+./.test(key) || /^(Shift\+)?F\d+$/.test(key));
}
