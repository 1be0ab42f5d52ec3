/** Buttons made from action records: icon, tooltip with the key, pressed and disabled as the action says. */

import {el, replaceChildren, setAttributes} from '../lib/dom.js';
import {icon} from './icons.js';
import {keyCaps, keyText, labelOf} from './registry.js';

/** @import {Action, Registry} from './registry.js' */

/** @param {string | undefined} key @returns {HTMLElement | null} the key as caps */
export function keyHint(key) {
  if (!key) return null;
  return el('span', {class: 'keys', attrs: {'aria-hidden': 'true'}}, ...keyCaps(key).map((cap) => el('kbd', {text: cap})));
}

/**
 * The key of an action, also after a person has chosen another one.
 * @param {Registry} registry @param {string} id @returns {HTMLElement} hidden while the action has no key or is not there
 */
export function actionKeyHint(registry, id) {
  const hint = el('span', {class: 'keys', attrs: {'aria-hidden': 'true'}});
  /** @type {string | undefined} */
  let shown;
  const refresh = () => {
    const [key] = registry.actions.get(id)?.keys ?? [];
    hint.hidden = !key;
    if (key === shown) return;
    shown = key;
    replaceChildren(hint, ...(key ? keyCaps(key) : []).map((cap) => el('kbd', {text: cap})));
  };
  refresh();
  registry.observe(refresh);
  return hint;
}

/** @param {Action} action @returns {string | null} its keys as `aria-keyshortcuts` wants them, which knows no two that follow each other */
export const ariaKeys = ({keys = []}) => keys.filter((key) => !key.includes(' ')).map((key) => key.replace('Ctrl', 'Control')).join(' ') || null;

/**
 * @param {Registry} registry
 * @param {string} id
 * @param {{text?: boolean, class?: string, showKey?: boolean, icon?: boolean}} [options] `text` shows the label beside the icon
 * @returns {HTMLButtonElement}
 */
export function actionButton(registry, id, {text = false, class: className = 'tool-button', showKey = false, icon: hasIcon = true} = {}) {
  const action = registry.get(id);
  const button = el('button', {
    class: className,
    attrs: {type: 'button'},
    data: {action: id},
    on: {click: () => registry.run(id)},
  });
  if (action.icon && hasIcon) button.append(icon(action.icon));
  const caption = el('span');
  if (text) button.append(caption);
  if (showKey) button.append(actionKeyHint(registry, id));
  const refresh = () => {
    const label = labelOf(action);
    const [key] = action.keys ?? [];
    const title = key ? `${label} (${keyText(key)})` : label;
    if (text) caption.textContent = label;
    else button.setAttribute('aria-label', label);
    if (button.title !== title) button.title = title;
    setAttributes(button, {'aria-keyshortcuts': ariaKeys(action)});
    button.disabled = !(action.when?.() ?? true);
    if (action.isPressed) button.setAttribute('aria-pressed', String(action.isPressed()));
  };
  refresh();
  registry.observe(refresh);
  return button;
}
