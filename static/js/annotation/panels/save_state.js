/** The save state in the header, always visible; a click shows what waits and why, and gives it out as a file. */

import {icon} from '../../actions/icons.js';
import {el, replaceChildren} from '../../lib/dom.js';
import {t, tn} from '../../lib/i18n.js';

/** @import {Sync} from '../sync.js' */
/** @import {Entry} from '../outbox/database.js' */
/** @import {Outbox} from '../outbox/outbox.js' */

/** @typedef {'saved' | 'saving' | 'held' | 'refused' | 'signed-out' | 'unkept'} SaveStateName */

/**
 * One word for where the reader's work is.
 * @param {Outbox} outbox @param {Sync} sync
 * @returns {{name: SaveStateName, text: string}}
 */
export function saveState(outbox, sync) {
  const {pending, refused, conflicts, unwritten} = outbox.counts();
  const problems = refused + conflicts;
  if (sync.connection === 'signed-out') return {name: 'signed-out', text: t('Signed out: {count} held', {count: pending})};
  if (problems > 0) return {name: 'refused', text: tn('{count} not saved', '{count} not saved', problems)};
  if (pending > 0 && sync.connection === 'offline') {
    const isKept = unwritten === 0;
    return {
      name: isKept ? 'held' : 'unkept',
      text: isKept ? tn('{count} held offline', '{count} held offline', pending) : tn('{count} not kept', '{count} not kept', pending),
    };
  }
  if (pending > 0) return {name: 'saving', text: t('Saving…')};
  return {name: 'saved', text: t('Saved')};
}

const ICONS = {saved: 'saved', saving: 'saving', held: 'held', refused: 'warning', 'signed-out': 'warning', unkept: 'warning'};

export class SaveState {
  /**
   * @param {object} parts
   * @param {Outbox} parts.outbox
   * @param {Sync} parts.sync
   * @param {(annotationId: string) => void} parts.openProblem
   * @param {(entry: Entry) => void} parts.discard
   */
  constructor({outbox, sync, openProblem, discard}) {
    this.outbox = outbox;
    this.sync = sync;
    this.openProblem = openProblem;
    this.discard = discard;
    this.text = el('span');
    this.symbol = el('span', {class: 'save-symbol', attrs: {'aria-hidden': 'true'}});
    this.live = el('span', {class: 'visually-hidden', attrs: {role: 'status', 'aria-live': 'polite'}});
    this.button = el(
      'button',
      {
        class: 'save-state',
        attrs: {type: 'button', id: 'save-state', 'aria-haspopup': 'dialog', title: t('What is saved and what is not')},
        on: {click: () => this.open()},
      },
      this.symbol,
      this.text,
    );
    this.element = el('div', {class: 'save-box'}, this.button, this.live);
    this.list = el('ul', {class: 'waiting-list'});
    this.summary = el('p');
    this.dialog = this.#makeDialog();
    document.body.append(this.dialog);
    this.name = '';
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    outbox.observe(() => this.draw());
    sync.observe(() => this.draw());
    this.draw();
  }

  #makeDialog() {
    const actions = el(
      'div',
      {class: 'dialog-actions'},
      el('button', {text: t('Download my unsaved work'), attrs: {type: 'button'}, on: {click: () => this.#download()}}),
      el('span', {class: 'spacer'}),
      el('button', {text: t('Try again now'), attrs: {type: 'button'}, on: {click: () => void this.#retry()}}),
      el('button', {class: 'button-primary', text: t('Close'), attrs: {type: 'button'}, on: {click: () => this.dialog.close()}}),
    );
    return el(
      'dialog',
      {class: 'save-dialog', attrs: {'aria-labelledby': 'save-dialog-title'}},
      el('h2', {text: t('Saving'), attrs: {id: 'save-dialog-title'}}),
      this.summary,
      this.list,
      actions,
    );
  }

  draw() {
    const {name, text} = saveState(this.outbox, this.sync);
    this.text.textContent = text;
    if (this.dialog.open) this.#drawList();
    if (name === this.name) return;
    this.name = name;
    this.button.dataset.state = name;
    replaceChildren(this.symbol, icon(ICONS[/** @type {SaveStateName} */ (name)], 18));
    // Saving takes a moment: only what lasts is read out.
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.live.textContent !== text && name !== 'saving') this.live.textContent = text;
    }, 800);
  }

  open() {
    this.#drawList();
    this.dialog.showModal();
  }

  #drawList() {
    const {entries} = this.outbox;
    const {pending, unwritten} = this.outbox.counts();
    this.summary.textContent =
      entries.length === 0
        ? t('Everything is on the server.')
        : unwritten > 0
          ? t('This browser cannot keep your work. Leave this page open until it is saved.')
          : tn(
              '{count} change waits. It is kept in this browser and sent as soon as the server answers.',
              '{count} changes wait. They are kept in this browser and sent as soon as the server answers.',
              pending,
            );
    replaceChildren(
      this.list,
      ...entries.slice(0, 100).map((entry) => this.#row(entry)),
      entries.length > 100 && el('li', {class: 'muted', text: t('and {count} more', {count: entries.length - 100})}),
    );
  }

  /** @param {Entry} entry */
  #row(entry) {
    const at = new Date(entry.at).toLocaleTimeString();
    const row = el(
      'li',
      {class: `is-${entry.state}`},
      el('span', {class: 'numbers muted', text: at}),
      el('span', {class: 'waiting-name', text: entry.name}),
    );
    if (entry.problem)
      row.append(el('span', {class: 'waiting-reason', text: [entry.problem.message, entry.problem.hint].filter(Boolean).join(' ')}));
    const id = entry.operation.annotation_id;
    if (entry.state !== 'pending' && id) {
      row.append(
        el('button', {
          class: 'button-small',
          text: entry.state === 'conflict' ? t('Choose a version') : t('Show'),
          attrs: {type: 'button'},
          on: {
            click: () => {
              this.dialog.close();
              this.openProblem(id);
            },
          },
        }),
      );
    }
    if (entry.state === 'refused')
      row.append(
        el('button', {
          class: 'button-small button-danger',
          text: t('Discard'),
          attrs: {type: 'button'},
          on: {click: () => this.discard(entry)},
        }),
      );
    return row;
  }

  async #retry() {
    await this.outbox.retryRefused();
    await this.sync.poke();
  }

  /** The last way out: a file with everything that the server does not have. */
  #download() {
    const work = this.outbox.entries.map(({readId, at, name, operation, state, problem}) => ({
      read_id: readId,
      at,
      name,
      state,
      problem,
      operation,
    }));
    const url = URL.createObjectURL(
      new Blob([JSON.stringify({mitate: 'unsaved-work', version: 1, operations: work}, null, 1)], {type: 'application/json'}),
    );
    const link = el('a', {
      attrs: {href: url, download: `mitate-unsaved-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.json`},
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }
}
