/** A part of the right panel with a heading that folds it; whether it is folded is remembered. */

import {icon} from '../../actions/icons.js';
import {el} from '../../lib/dom.js';

/**
 * @param {object} options
 * @param {string} options.id
 * @param {string} options.title
 * @param {boolean} [options.isOpen] at first
 * @param {string} [options.class]
 * @param {...(Node | null)} children
 * @returns {{element: HTMLElement, note: (text: string) => void, open: (isOpen: boolean) => void}} `note` shows a figure beside the title
 */
export function section({id, title, isOpen = true, class: className = ''}, ...children) {
  const note = el('span', {class: 'section-note'});
  const body = el('div', {class: 'section-body', attrs: {id: `${id}-body`}});
  for (const child of children) if (child) body.append(child);
  const button = el(
    'button',
    {class: 'section-title', attrs: {type: 'button', 'aria-controls': `${id}-body`}, on: {click: () => open(body.hidden !== false, true)}},
    icon('chevron', 14),
    el('span', {text: title}),
    note,
  );
  const key = `mitate-section-${id}`;
  /** @param {boolean} shown @param {boolean} [remember] */
  const open = (shown, remember = false) => {
    body.hidden = !shown;
    button.setAttribute('aria-expanded', String(shown));
    if (remember) localStorage.setItem(key, shown ? 'open' : 'folded');
  };
  const kept = localStorage.getItem(key);
  open(kept === null ? isOpen : kept === 'open');
  const element = el('section', {class: `panel-section ${className}`, attrs: {id}}, el('h2', {}, button), body);
  return {
    element,
    note: (text) => {
      note.textContent = text;
    },
    open,
  };
}
