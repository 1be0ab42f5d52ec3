/** One file: drawn anew when its step changes, so that what is being chosen stays chosen. */

import {api} from '../../lib/api.js';
import {el, replaceChildren} from '../../lib/dom.js';
import {t, tn} from '../../lib/i18n.js';
import {busy, notify} from '../../societies/page.js';
import {choices} from './choices.js';
import {LabelTable} from './labels.js';
import {placement} from './placement.js';
import {problem, told} from './told.js';

/** @import {Import, ImportPage, ImportRow} from './types.js' */

/** Ten thousand marks are a matter of seconds, on a busy machine of many. */
const UNDO_MS = 120_000;
/** @type {Record<string, string>} */
const BADGES = {read: 'badge badge-warn', done: 'badge badge-ok', failed: 'badge badge-danger'};
const AT_WORK = new Set(['waiting', 'reading', 'confirmed', 'storing']);

export class ImportCard {
  /**
   * @param {ImportPage} page
   * @param {string} id
   * @param {{onChange: () => void, onSettled: () => void}} events
   */
  constructor(page, id, {onChange, onSettled}) {
    this.page = page;
    this.url = `/api/imports/${id}/`;
    this.onChange = onChange;
    this.onSettled = onSettled;
    this.element = el('article', {class: 'card import-card', data: {import: id}});
    this.shown = '';
    /** @type {LabelTable | null} */
    this.labels = null;
    /** @type {ImportRow | null} */
    this.row = null;
  }

  /** Whether a press of the button is all that is missing. */
  get isReady() {
    return this.row?.state === 'read' && (this.labels?.isComplete ?? false) && (this.labels?.mapped ?? 0) > 0 && this.isPlaced;
  }

  /** @param {ImportRow} row */
  async show(row) {
    const text = JSON.stringify(row);
    if (text === this.shown) return;
    this.shown = text;
    this.row = row;
    this.labels = null;
    this.isPlaced = false;
    const head = this.#head(row);
    if (AT_WORK.has(row.state)) {
      replaceChildren(this.element, head, this.#progress(row));
      return;
    }
    const detail = /** @type {Import} */ (await api.get(this.url));
    /** @type {Record<string, () => HTMLElement[]>} */
    const bodies = {read: () => this.#preview(detail), failed: () => this.#failed(detail), done: () => this.#done(detail), undone: () => this.#undone(detail)};
    replaceChildren(this.element, head, ...(bodies[row.state]?.() ?? []));
  }

  /** Imports what was looked at, with the labels that are chosen. */
  async confirm() {
    if (this.labels) await api.post(`${this.url}confirm/`, {labels: this.labels.chosen});
  }

  /** @param {ImportRow} row @returns {HTMLElement} */
  #head(row) {
    const count = row.marks > 0 ? tn('{number} mark', '{number} marks', row.marks, {number: row.marks.toLocaleString()}) : '';
    return el(
      'div',
      {class: 'import-head'},
      el('h2', {text: row.file_name}),
      el('span', {class: 'import-format small', text: [row.format_title, count].filter(Boolean).join(' · ')}),
      el('span', {class: BADGES[row.state] ?? 'badge', text: stateName(row.state)}),
    );
  }

  /** @param {ImportRow} row @returns {HTMLElement} */
  #progress(row) {
    const known = row.state === 'storing' && row.marks > 0;
    const attrs = known ? {value: row.done, max: row.marks} : {};
    return el('p', {}, el('progress', {attrs: {...attrs, 'aria-label': stateName(row.state)}}));
  }

  /** @param {Import} detail @returns {HTMLElement[]} */
  #preview(detail) {
    this.isPlaced = detail.images.some(({target, marks}) => target !== null && marks > 0);
    this.labels = new LabelTable(this.page.labels, detail, () => {
      notify('');
      draw();
      this.onSettled();
    });
    const start = el('button', {class: 'button-primary', attrs: {type: 'button'}});
    const draw = () => {
      const count = this.labels?.mapped ?? 0;
      start.textContent = tn('Import {number} mark', 'Import {number} marks', count, {number: count.toLocaleString()});
    };
    draw();
    start.addEventListener('click', () => void this.#start(start));
    const left = el('div', {}, ...choices(this.page, detail, (options) => this.#choose(options)), this.labels.element, ...told(detail));
    const picture = placement(this.page, detail, (key) => this.labels?.colourOf(key) ?? '#0c6b67');
    this.labels.onColour = picture.draw;
    const actions = el('div', {class: 'row import-actions'}, start, this.#discard());
    return [el('div', {class: 'import-body'}, left, picture.element), actions];
  }

  /** @param {HTMLButtonElement} button */
  async #start(button) {
    if (!this.isPlaced) {
      notify(t('Choose the image that the marks belong to.'), {kind: 'warning'});
      this.element.querySelector('select')?.focus();
      return;
    }
    if (!this.labels?.isComplete) {
      notify(t('Choose a label for each class, or leave it out.'), {kind: 'warning'});
      this.labels?.focusOpen();
      return;
    }
    await busy(button, async () => {
      await this.confirm();
      notify('');
      this.onChange();
    });
  }

  /** Has the file read once more. @param {Record<string, unknown>} options */
  async #choose(options) {
    await api.put(`${this.url}options/`, options);
    this.onChange();
  }

  /** @returns {HTMLElement} */
  #discard() {
    const button = el('button', {class: 'button-quiet', text: t('Throw the file away'), attrs: {type: 'button'}});
    button.addEventListener('click', () =>
      void busy(button, async () => {
        await api.delete(this.url);
        this.onChange();
      }),
    );
    return button;
  }

  /** @param {Import} detail @returns {HTMLElement[]} */
  #failed(detail) {
    return [detail.error ? problem(detail.error) : el('p'), el('div', {class: 'row import-actions'}, this.#discard())];
  }

  /** @param {Import} detail @returns {HTMLElement[]} */
  #done(detail) {
    const result = detail.result;
    if (!result) return [];
    const made = result.created + result.restored;
    const lines = [tn('{number} mark was imported.', '{number} marks were imported.', made, {number: made.toLocaleString()})];
    if (result.already_there > 0) {
      const there = {number: result.already_there.toLocaleString()};
      lines.push(tn('{number} was there already.', '{number} were there already.', result.already_there, there));
    }
    const links = result.reads.map(({read, name}) => el('a', {class: 'button', text: t('Open {name}', {name}), attrs: {href: `/reads/${read}/`}}));
    const undo = el('button', {text: t('Undo the import'), attrs: {type: 'button'}});
    undo.addEventListener('click', () =>
      void busy(undo, async () => {
        await api.post(`${this.url}undo/`, undefined, {timeoutMs: UNDO_MS});
        this.onChange();
      }),
    );
    return [
      el('p', {text: lines.join(' ')}),
      ...counted([...result.left_out, ...result.changed]),
      el('div', {class: 'row import-actions'}, ...links.slice(0, 12), made > 0 ? undo : null),
    ];
  }

  /** @param {Import} detail @returns {HTMLElement[]} */
  #undone(detail) {
    const {undone = 0, kept = []} = detail.result ?? {};
    const lines = [tn('{number} mark was taken back.', '{number} marks were taken back.', undone, {number: undone.toLocaleString()})];
    if (kept.length > 0) {
      const number = kept.length.toLocaleString();
      lines.push(tn('{number} stays, because you changed it since.', '{number} stay, because you changed them since.', kept.length, {number}));
    }
    return [el('p', {text: lines.join(' ')})];
  }
}

/** @param {{message: string, hint?: string, count: number}[]} rows @returns {HTMLElement[]} */
function counted(rows) {
  if (rows.length === 0) return [];
  const items = rows.map(({message, hint = '', count}) => el('li', {}, el('span', {class: 'numbers', text: `${count.toLocaleString()} × `}), `${message} ${hint}`));
  return [el('ul', {class: 'import-told small'}, ...items)];
}

/** @param {string} state @returns {string} */
function stateName(state) {
  /** @type {Record<string, string>} */
  const names = {
    waiting: t('waiting'),
    reading: t('being read'),
    read: t('to be confirmed'),
    confirmed: t('waiting'),
    storing: t('being imported'),
    done: t('imported'),
    failed: t('not imported'),
    undone: t('taken back'),
  };
  return names[state] ?? state;
}
