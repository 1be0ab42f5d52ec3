/** The list of an upload page: a row a file. Changes are drawn once a display frame, however many there are. */

import {el, replaceChildren} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {bytes} from './bytes.js';

/** @import {Item, State, UploadQueue} from './queue.js' */

/** @returns {Record<State, string>} what each state is called */
export const labels = () => ({
  waiting: t('waiting'),
  sending: t('sending'),
  checking: t('being checked'),
  unpacking: t('being unpacked'),
  paused: t('paused'),
  accepted: t('accepted'),
  duplicate: t('already there'),
  refused: t('refused'),
  skipped: t('skipped'),
  unpacked: t('unpacked'),
  failed: t('failed'),
  cancelled: t('cancelled'),
});

/** @type {Partial<Record<State, string>>} */
const BADGES = {accepted: 'badge-ok', duplicate: 'badge-accent', refused: 'badge-danger', failed: 'badge-warn', paused: 'badge-warn'};
const CHUNK = 100;

/**
 * @typedef {object} Row
 * @property {HTMLElement} element
 * @property {HTMLProgressElement} bar
 * @property {HTMLElement} state
 * @property {HTMLElement} detail
 * @property {HTMLElement} actions
 * @property {State | null} drawn the state that the row shows
 */

export class UploadList {
  /**
   * @param {object} options
   * @param {HTMLElement} options.target an empty list element
   * @param {string} options.imageUrl with {id}
   * @param {UploadQueue} options.queue
   * @param {() => void} options.onDrawn called after changes were drawn
   */
  constructor({target, imageUrl, queue, onDrawn}) {
    this.target = target;
    this.imageUrl = imageUrl;
    this.queue = queue;
    this.onDrawn = onDrawn;
    this.labels = labels();
    /** @type {Map<Item, Row>} */
    this.rows = new Map();
    /** @type {Set<Item>} */
    this.changed = new Set();
    /** @type {Item[]} */
    this.unborn = [];
    this.scheduled = false;
  }

  /** @param {Item[]} items */
  add(items) {
    this.unborn.push(...items);
    this.schedule();
  }

  /** @param {Item} item */
  touch(item) {
    this.changed.add(item);
    this.schedule();
  }

  schedule() {
    if (this.scheduled) return;
    this.scheduled = true;
    // A hidden tab gets no display frames, but its uploads go on: a timer then draws what there is.
    if (document.hidden) setTimeout(() => this.draw(), 500);
    else requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.scheduled = false;
    const born = this.unborn.splice(0, CHUNK);
    const fragment = document.createDocumentFragment();
    for (const item of born) {
      const row = this.build(item);
      this.rows.set(item, row);
      this.update(item, row);
      fragment.append(row.element);
    }
    this.target.append(fragment);
    for (const item of this.changed) {
      const row = this.rows.get(item);
      if (row) this.update(item, row);
    }
    this.changed.clear();
    this.onDrawn();
    if (this.unborn.length > 0) this.schedule();
  }

  /** @param {Item} item @returns {Row} */
  build(item) {
    const bar = el('progress', {attrs: {max: Math.max(1, item.size), 'aria-label': item.name}});
    const state = el('span', {class: 'badge'});
    const detail = el('div', {class: 'upload-detail'});
    const actions = el('div', {class: 'upload-actions'});
    const element = el('li', {class: 'upload-row'},
      el('div', {class: 'upload-name', attrs: {title: item.name}}, item.name),
      el('div', {class: 'upload-progress'}, bar),
      el('div', {class: 'upload-size small muted numbers'}, bytes(item.size)),
      el('div', {class: 'upload-state'}, state),
      actions,
      detail,
    );
    return {element, bar, state, detail, actions, drawn: null};
  }

  /** @param {Item} item @param {Row} row */
  update(item, row) {
    row.bar.max = Math.max(1, item.files?.total ?? item.size);
    row.bar.value = item.files?.done ?? (item.size === 0 ? 1 : item.sent);
    if (row.drawn === item.state) return;
    row.drawn = item.state;
    row.element.dataset.state = item.state;
    row.state.className = `badge ${BADGES[item.state] ?? ''}`;
    row.state.textContent = this.labels[item.state];
    row.bar.hidden = item.outcome !== null;
    this.drawDetail(item, row);
    replaceChildren(row.actions, ...this.actions(item));
  }

  /** @param {Item} item @param {Row} row */
  drawDetail(item, row) {
    const outcome = item.outcome;
    row.detail.hidden = !outcome?.message;
    if (!outcome?.message) return;
    replaceChildren(row.detail,
      el('span', {text: outcome.message}), ' ',
      outcome.hint ? el('span', {class: 'muted', text: outcome.hint}) : null, ' ',
      outcome.code ? el('code', {class: 'muted', text: outcome.code}) : null,
    );
  }

  /** @param {Item} item @returns {HTMLElement[]} */
  actions(item) {
    const {name} = item;
    if (item.outcome?.imageId) {
      const href = this.imageUrl.replace('{id}', item.outcome.imageId);
      return [el('a', {class: 'small', text: t('Open'), attrs: {href, target: '_blank', 'aria-label': t('Open {name}', {name})}})];
    }
    if (item.state === 'failed' || item.state === 'cancelled') {
      return [this.button(t('Retry'), t('Retry {name}', {name}), () => this.queue.retry(item))];
    }
    if (item.outcome) return [];
    const cancel = this.button(t('Cancel'), t('Cancel {name}', {name}), () => this.queue.cancel(item));
    if (item.state === 'paused') return [this.button(t('Go on'), t('Go on with {name}', {name}), () => this.queue.resume(item)), cancel];
    if (item.state === 'checking') return [cancel];
    return [this.button(t('Pause'), t('Pause {name}', {name}), () => this.queue.pause(item)), cancel];
  }

  /** @param {string} text @param {string} label @param {() => void} run */
  button(text, label, run) {
    return el('button', {class: 'button-quiet button-small', text, attrs: {type: 'button', 'aria-label': label}, on: {click: run}});
  }
}
