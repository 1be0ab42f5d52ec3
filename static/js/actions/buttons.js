/** Buttons made from action records: icon, tooltip with the key, pressed and disabled as the action says. */

import {el} from '../lib/dom.js';
import {icon} from './icons.js';
import {keyCaps, labelOf} from './registry.js';

/** @import {Action, Registry} from './registry.js' */

/** @param {string | undefined} key @returns {HTMLElement | null} the key as caps */
export function keyHint(key) {
  if (!key) return null;
  return el('span', {class: 'keys', attrs: {'aria-hidden': 'true'}}, ...keyCaps(key).map((cap) => el('kbd', {text: cap})));
}

/** @param {Action} action @returns {string | null} its keys as `aria-keyshortcuts` wants them */
export const ariaKeys = ({keys = []}) => keys.map((key) => key.replace('Ctrl', 'Control')).join(' ') || null;

/**
 * @param {Registry} registry
 * @param {string} id
 * @param {{text?: boolean, class?: string, showKey?: boolean, icon?: boolean}} [options] `text` shows the label beside the icon
 * @returns {HTMLButtonElement}
 */
export function actionButton(registry, id, {text = false, class: className = 'tool-button', showKey = false, icon: hasIcon = true} = {}) {
  const action = registry.get(id);
  const [key] = action.keys ?? [];
  const button = el('button', {
    class: className,
    attrs: {type: 'button', 'aria-keyshortcuts': ariaKeys(action)},
    data: {action: id},
    on: {click: () => registry.run(id)},
  });
  if (action.icon && hasIcon) button.append(icon(action.icon));
  const caption = el('span');
  if (text) button.append(caption);
  const hint = showKey ? keyHint(key) : null;
  if (hint) button.append(hint);
  const refresh = () => {
    const label = labelOf(action);
    const title = key ? `${label} (${keyCaps(key).join(' + ')})` : label;
    if (text) caption.textContent = label;
    else button.setAttribute('aria-label', label);
    if (button.title !== title) button.title = title;
    button.disabled = !(action.when?.() ?? true);
    if (action.isPressed) button.setAttribute('aria-pressed', String(action.isPressed()));
  };
  refresh();
  registry.observe(refresh);
  return button;
}
