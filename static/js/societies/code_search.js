/** A field that finds codes by Japanese name, kana, English or code: a combobox with a list, for mouse, keys and IME. */

import {api} from '../lib/api.js';
import {el, replaceChildren} from '../lib/dom.js';
import {pickText, t, tn} from '../lib/i18n.js';

/**
 * @typedef {object} FoundCode
 * @property {string} system URI of the code system
 * @property {string} code
 * @property {string} version of the table that it was found in
 * @property {{ja: string, en: string}} display one of them may be empty
 */

/** @typedef {FoundCode & {reading: string, system_name: {ja: string, en: string}}} Answer */

/**
 * @typedef {object} CodeSearchOptions
 * @property {(found: FoundCode) => void} onChoose called with the chosen code; the field is empty afterwards
 * @property {string} [label] what the field is called; "Find a code" by default
 * @property {string} [system] URI of the only system to look in; all by default
 * @property {string} [url] address of the search, `/api/codes/` by default
 * @property {number} [limit] answers listed at once, 20 by default
 */

/** A hand pauses this long between two words, not between two letters. */
const PAUSE_MS = 180;
let made = 0;

export class CodeSearch {
  /** @param {CodeSearchOptions} options */
  constructor({onChoose, label = t('Find a code'), system = '', url = '/api/codes/', limit = 20}) {
    this.onChoose = onChoose;
    this.system = system;
    this.url = url;
    this.limit = limit;
    /** @type {Answer[]} what is listed now */
    this.found = [];
    this.at = -1;
    this.asked = '';
    /** @type {AbortController | null} */
    this.request = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.pause = undefined;
    this.id = `code-search-${++made}`;
    this.list = el('ul', {
      class: 'code-list',
      attrs: {id: `${this.id}-list`, role: 'listbox', 'aria-label': t('Codes found'), hidden: true},
      // The field keeps the focus while the list is clicked.
      on: {mousedown: (event) => event.preventDefault(), click: (event) => this.#onClick(event)},
    });
    this.field = el('input', {
      attrs: {
        id: this.id,
        type: 'search',
        role: 'combobox',
        'aria-autocomplete': 'list',
        'aria-controls': `${this.id}-list`,
        'aria-expanded': 'false',
        'aria-describedby': `${this.id}-status`,
        placeholder: t('Name, kana, English or code'),
        maxlength: 200,
        autocomplete: 'off',
        spellcheck: 'false',
      },
      on: {
        // Half a word in Latin letters finds nothing; the end of its composition does.
        input: (event) => event.isComposing || this.#soon(),
        compositionend: () => this.#soon(),
        keydown: (event) => this.#onKey(event),
        blur: () => this.#close(),
        focus: () => this.found.length > 0 && this.#open(),
      },
    });
    this.status = el('p', {class: 'help', attrs: {id: `${this.id}-status`, role: 'status'}});
    this.element = el('div', {class: 'code-search field'}, el('label', {text: label, attrs: {for: this.id}}), this.field, this.list, this.status);
  }

  focus() {
    this.field.focus();
  }

  /** Empties the field and forgets what was found. */
  clear() {
    this.field.value = '';
    this.#forget();
    this.status.textContent = '';
  }

  /** @param {string} system URI of the only system to look in from now on; empty: all */
  within(system) {
    if (system === this.system) return;
    this.system = system;
    this.asked = '';
    this.#soon();
  }

  #soon() {
    clearTimeout(this.pause);
    this.pause = setTimeout(() => void this.#ask(), PAUSE_MS);
  }

  /** Asks the server; an older question that was not answered yet is dropped. */
  async #ask() {
    const q = this.field.value.trim();
    if (q === this.asked) return;
    this.request?.abort();
    this.asked = q;
    if (!q) {
      this.clear();
      return;
    }
    const request = new AbortController();
    this.request = request;
    const address = `${this.url}?${new URLSearchParams({q, system: this.system, limit: String(this.limit)})}`;
    try {
      const {codes, more} = await api.get(address, {signal: request.signal});
      if (this.request === request) this.#show(codes, more);
    } catch (error) {
      if (this.request !== request || request.signal.aborted) return;
      if (/** @type {any} */ (error)?.name !== 'ApiError') throw error;
      this.#forget();
      this.asked = '';
      const {message, hint} = /** @type {any} */ (error);
      this.status.textContent = [message, hint].filter(Boolean).join(' ');
    }
  }

  /** @param {Answer[]} codes @param {boolean} more */
  #show(codes, more) {
    this.found = codes;
    replaceChildren(this.list, ...codes.map((code, at) => this.#option(code, at)));
    this.#choose(-1);
    this.status.textContent = told(codes.length, more);
    if (codes.length > 0 && document.activeElement === this.field) this.#open();
    else this.#close();
  }

  /** @param {Answer} answer @param {number} at @returns {HTMLLIElement} */
  #option(answer, at) {
    const name = pickText(answer.display) || answer.code;
    const other = [answer.display.ja, answer.display.en].filter((text) => text && text !== name).join(' ');
    return el(
      'li',
      {attrs: {id: `${this.id}-${at}`, role: 'option', 'aria-selected': 'false'}},
      el('span', {class: 'code-name', text: name}),
      el('code', {text: answer.code}),
      el('span', {class: 'muted small', text: [other, `${pickText(answer.system_name)} ${answer.version}`].filter(Boolean).join(' · ')}),
    );
  }

  #open() {
    this.list.hidden = false;
    this.field.setAttribute('aria-expanded', 'true');
  }

  #close() {
    this.list.hidden = true;
    this.field.setAttribute('aria-expanded', 'false');
    this.#choose(-1);
  }

  #forget() {
    clearTimeout(this.pause);
    this.request?.abort();
    this.request = null;
    this.asked = this.field.value.trim();
    this.found = [];
    replaceChildren(this.list);
    this.#close();
  }

  /** @param {number} at -1: none */
  #choose(at) {
    this.list.children[this.at]?.setAttribute('aria-selected', 'false');
    this.at = at;
    const chosen = this.list.children[at];
    if (!chosen) {
      this.field.removeAttribute('aria-activedescendant');
      return;
    }
    chosen.setAttribute('aria-selected', 'true');
    this.field.setAttribute('aria-activedescendant', chosen.id);
    chosen.scrollIntoView({block: 'nearest'});
  }

  #take() {
    const answer = this.found[this.at];
    if (!answer) return;
    const {system, code, version, display} = answer;
    this.clear();
    this.onChoose({system, code, version, display: {ja: display.ja, en: display.en}});
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    // Enter and the arrows belong to the word that is being composed.
    if (event.isComposing || event.keyCode === 229) return;
    const last = this.found.length - 1;
    const isOpen = !this.list.hidden;
    if (event.key === 'Enter') {
      // The field may stand in a form, which is not to be sent by choosing a code.
      event.preventDefault();
      if (isOpen) this.#take();
      else void this.#ask();
      return;
    }
    if (event.key === 'Escape' && isOpen) {
      event.preventDefault();
      event.stopPropagation();
      this.#close();
      return;
    }
    if ((event.key !== 'ArrowDown' && event.key !== 'ArrowUp') || last < 0) return;
    event.preventDefault();
    this.#open();
    const down = event.key === 'ArrowDown';
    this.#choose(down ? (this.at >= last ? 0 : this.at + 1) : this.at <= 0 ? last : this.at - 1);
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const chosen = /** @type {Element} */ (event.target).closest('[role=option]');
    if (!chosen) return;
    this.#choose([...this.list.children].indexOf(chosen));
    this.#take();
  }
}

/** @param {number} count @param {boolean} more @returns {string} */
function told(count, more) {
  if (count === 0) return t('No code is called so.');
  if (more) return t('The first {count} codes; write more to find others.', {count});
  return tn('{count} code', '{count} codes', count);
}
