/** The command palette: everything that can be done now, found by typing and done by Enter. */

import {el, replaceChildren} from '../lib/dom.js';
import {t, tn} from '../lib/i18n.js';
import {ariaKeys, keyHint} from './buttons.js';
import {groupName} from './help.js';
import {matching} from './matching.js';
import {keyOf, labelOf} from './registry.js';

/** @import {Action, Registry} from './registry.js' */

const PALETTE = 'read.palette';
const RECENT = 'mitate-palette-recent';
const KEPT_RECENT = 8;

/** Which actions this browser's reader chose last; a browser that keeps nothing only forgets. */
class Recent {
  /** @param {string} reader */
  constructor(reader) {
    this.key = `${RECENT}-${reader}`;
  }

  /** @returns {string[]} ids, the last one first */
  get ids() {
    const kept = localStorage.getItem(this.key);
    return kept ? kept.split('\n') : [];
  }

  /** @param {string} id */
  add(id) {
    localStorage.setItem(this.key, [id, ...this.ids.filter((other) => other !== id)].slice(0, KEPT_RECENT).join('\n'));
  }
}

export class Palette {
  /** @param {Registry} registry @param {string} reader whose last used actions come first */
  constructor(registry, reader) {
    this.registry = registry;
    this.recent = new Recent(reader);
    /** @type {Action[]} what is listed now */
    this.found = [];
    this.at = 0;
    this.list = el('ul', {
      class: 'palette-list',
      attrs: {id: 'palette-list', role: 'listbox', 'aria-label': t('Actions')},
      on: {mousedown: (event) => event.preventDefault(), click: (event) => this.#onClick(event)},
    });
    this.field = el('input', {
      attrs: {
        type: 'search',
        role: 'combobox',
        'aria-label': t('Find and do anything'),
        'aria-autocomplete': 'list',
        'aria-controls': 'palette-list',
        'aria-expanded': 'true',
        placeholder: t('What do you want to do?'),
        autocomplete: 'off',
        spellcheck: 'false',
      },
      on: {input: () => this.#search()},
    });
    this.count = el('span', {attrs: {role: 'status'}});
    this.dialog = el(
      'dialog',
      {
        class: 'palette',
        attrs: {'aria-label': t('Find and do anything')},
        on: {keydown: (event) => this.#onKey(event), click: (event) => event.target === this.dialog && this.dialog.close()},
      },
      this.field,
      this.list,
      el('p', {class: 'palette-foot muted small'}, this.count, el('span', {text: t('↑ ↓ choose · Enter do · Esc close')})),
    );
    document.body.append(this.dialog);
  }

  open() {
    this.field.value = '';
    this.dialog.showModal();
    this.#search();
    this.field.focus();
  }

  /** What a key must be held for cannot be chosen from a list. @returns {Action[]} */
  get #possible() {
    const actions = [...this.registry.actions.values()];
    return actions.filter((action) => action.id !== PALETTE && !action.release && (action.when?.() ?? true));
  }

  #search() {
    const entries = this.#possible.map((action) => ({id: action.id, label: labelOf(action), action}));
    this.found = matching(this.field.value, entries, this.recent.ids).map(({action}) => action);
    replaceChildren(this.list, ...this.found.map(option));
    this.count.textContent =
      this.found.length > 0 ? tn('{count} action', '{count} actions', this.found.length) : t('Nothing that can be done now is called so.');
    this.#choose(0);
  }

  /** @param {number} at */
  #choose(at) {
    this.list.children[this.at]?.setAttribute('aria-selected', 'false');
    this.at = Math.max(0, Math.min(at, this.found.length - 1));
    const chosen = this.list.children[this.at];
    if (!chosen) {
      this.field.removeAttribute('aria-activedescendant');
      return;
    }
    chosen.setAttribute('aria-selected', 'true');
    this.field.setAttribute('aria-activedescendant', chosen.id);
    chosen.scrollIntoView({block: 'nearest'});
  }

  /** The focus is back where it was before the action begins. */
  #do() {
    const action = this.found[this.at];
    if (!action) return;
    this.recent.add(action.id);
    this.dialog.close();
    this.registry.run(action.id);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    // Closed a moment ago, it still gets the next key: that one is for the page.
    if (!this.dialog.open) return;
    // Enter and the arrows belong to the word that is being composed.
    if (event.isComposing || event.keyCode === 229) return;
    const key = keyOf(event);
    const last = this.found.length - 1;
    const doing = new Map([
      ['ArrowDown', () => this.#choose(this.at === last ? 0 : this.at + 1)],
      ['ArrowUp', () => this.#choose(this.at === 0 ? last : this.at - 1)],
      ['Home', () => this.#choose(0)],
      ['End', () => this.#choose(last)],
      ['Enter', () => this.#do()],
      ['Escape', () => this.dialog.close()],
    ]).get(key);
    const closes = this.registry.get(PALETTE).keys?.includes(key);
    if (!doing && !closes) return;
    event.preventDefault();
    if (doing) doing();
    else this.dialog.close();
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const chosen = /** @type {Element} */ (event.target).closest('[role=option]');
    if (!chosen) return;
    this.#choose([...this.list.children].indexOf(chosen));
    this.#do();
  }
}

/** @param {Action} action @param {number} at @returns {HTMLElement} */
function option(action, at) {
  const [key] = action.keys ?? [];
  return el(
    'li',
    {
      attrs: {id: `palette-option-${at}`, role: 'option', 'aria-selected': 'false', 'aria-keyshortcuts': ariaKeys(action)},
      data: {choice: action.id},
    },
    el('span', {class: 'palette-label', text: labelOf(action)}),
    el('span', {class: 'muted small', text: groupName(action.group)}),
    keyHint(key),
  );
}
