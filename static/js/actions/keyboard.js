/** Listens to the keyboard and does what the registry says, without getting between people and their text. */

import {writesText} from './bindings.js';
import {keyOf} from './registry.js';

/** @import {Action, Registry} from './registry.js' */

const TEXT_INPUTS = new Set([
  'text',
  'search',
  'number',
  'email',
  'url',
  'tel',
  'password',
  'date',
  'time',
  'datetime-local',
  'month',
  'week',
]);
/** Pressed on the way to another key, they are none themselves. */
const MODIFIERS = new Set(['Shift', 'Control', 'Alt', 'Meta', 'AltGraph', 'CapsLock']);
/** After so long the first key of two is forgotten: longer than a look at the list takes. */
const PATIENCE_MS = 4000;
/** What a focused control does with a key itself. */
const CONTROL_KEYS = new Set([
  'Enter',
  'Space',
  'ArrowUp',
  'ArrowDown',
  'ArrowLeft',
  'ArrowRight',
  'Tab',
  'Shift+Tab',
  'Home',
  'End',
  'PageUp',
  'PageDown',
]);

/**
 * A dialog that was closed a moment ago: until the next frame the browser sends keys to the field that had the focus there.
 * @param {Element} element
 * @returns {boolean}
 */
const isPutAway = (element) => element.closest('dialog:not([open])') !== null;

/** @param {EventTarget | null} target @returns {boolean} whether keys go into a text there */
export function isTextField(target) {
  if (!(target instanceof HTMLElement) || isPutAway(target)) return false;
  if (target instanceof HTMLInputElement) return TEXT_INPUTS.has(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable;
}

/** @param {EventTarget | null} target @returns {boolean} */
function isControl(target) {
  if (!(target instanceof Element) || isPutAway(target)) return false;
  return target.matches('button, a[href], summary, input, select, [role="slider"], [role="option"]');
}

/**
 * Only the key that an action comes with takes precedence over the control in focus; one that a person chose does not.
 * @param {Registry} registry @param {Action} action @param {string} key
 * @returns {boolean}
 */
function isForControls(registry, {id, onControls}, key) {
  return Boolean(onControls && registry.originals.get(id)?.keys?.includes(key));
}

/**
 * @param {Registry} registry
 * @param {HTMLElement | Document} [root]
 * @returns {() => void} stops listening
 */
export function listenToKeys(registry, root = document) {
  /** @type {Map<string, Action>} actions that last as long as their key */
  const held = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  /** @param {string | null} key the first of two */
  const wait = (key) => {
    clearTimeout(waiting);
    if (key !== null) waiting = setTimeout(() => registry.begin(null), PATIENCE_MS);
    registry.begin(key);
  };
  /** @param {KeyboardEvent} event */
  const onKeydown = (event) => {
    // While a Japanese word is being composed, keys belong to the input method (229: browsers that say so late).
    if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
    if (document.querySelector('dialog[open]')) return;
    if (MODIFIERS.has(event.key)) return;
    const begun = registry.begun;
    const key = begun === null ? keyOf(event) : `${begun} ${keyOf(event)}`;
    if (begun !== null) {
      wait(null);
      event.preventDefault();
    }
    if (registry.isBeginning(key)) {
      if (isTextField(event.target)) return;
      event.preventDefault();
      wait(key);
      return;
    }
    const action = registry.find(key);
    if (!action || (isTextField(event.target) && !(action.inFields && !writesText(key)))) return;
    if (isControl(event.target) && CONTROL_KEYS.has(key) && !isForControls(registry, action, key)) return;
    event.preventDefault();
    if (event.repeat && (action.release || action.isPressed)) return;
    if (action.release) held.set(event.code, action);
    action.run(event);
  };
  /** @param {KeyboardEvent} event */
  const onKeyup = (event) => {
    held.get(event.code)?.release?.();
    held.delete(event.code);
  };
  const onBlur = () => {
    for (const action of held.values()) action.release?.();
    held.clear();
    wait(null);
  };
  root.addEventListener('keydown', /** @type {EventListener} */ (onKeydown));
  root.addEventListener('keyup', /** @type {EventListener} */ (onKeyup));
  globalThis.addEventListener('blur', onBlur);
  return () => {
    root.removeEventListener('keydown', /** @type {EventListener} */ (onKeydown));
    root.removeEventListener('keyup', /** @type {EventListener} */ (onKeyup));
    globalThis.removeEventListener('blur', onBlur);
  };
}

/**
 * Lets a click on a button leave the focus where it was: after choosing a diagnosis with the mouse, Enter means "submit"
 * and not "press that button once more". Reaching the button with Tab works as ever.
 * @param {HTMLElement} container
 */
export function keepFocusOnClick(container) {
  container.addEventListener('mousedown', (event) => {
    const target = /** @type {Element} */ (event.target);
    if (target.closest('button, summary, label') && !target.closest('input, select, textarea, dialog')) event.preventDefault();
  });
}
