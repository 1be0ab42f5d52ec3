/** One diagnosis that waits for its result: what was said, by what it became known, and an answer by one key. */

import {basisMethods, basisStatuses} from '../../annotation/words.js';
import {newId} from '../../annotation/ids.js';
import {api} from '../../lib/api.js';
import {el, replaceChildren} from '../../lib/dom.js';
import {pickText, t, tn} from '../../lib/i18n.js';

/** @import {PendingCampaign, PendingData, Told} from './types.js' */

/** The answers in the order of their keys. @returns {{key: string, status: string, label: string}[]} */
export const ANSWERS = () => {
  const words = basisStatuses();
  const order = ['confirmed', 'supports', 'contradicts', 'not-confirmable'];
  const answers = order.map((status, at) => ({key: String(at + 1), status, label: words.get(status) ?? status}));
  return [...answers, {key: '5', status: 'pending', label: t('Ask me later')}];
};

/** Granularities of what is said of no place of the image: any label goes with them. */
const OFF_IMAGE = ['report', 'exam'];

/** @returns {Record<string, string>} of what it is, where it is not of the image */
const granularities = () => ({report: t('diagnosis of the report'), exam: t('finding of the examination')});

export class PendingRow {
  /** The request that was not answered yet: sent again it keeps its key, so that it is stored once. @type {{key: string, text: string} | null} */
  #unsent = null;
  #isBusy = false;
  #waited = false;
  /** @type {Told | null} */
  #told = null;

  /**
   * @param {PendingData} data
   * @param {PendingCampaign} campaign
   * @param {{day: string, today: string}} shared the day of the result, shared by all rows until one is changed
   * @param {{onTold: (change: 1 | -1, isPending: boolean) => void, onChosen: () => void, onStale: () => void}} listeners
   */
  constructor(data, campaign, shared, listeners) {
    this.data = data;
    this.campaign = campaign;
    this.shared = shared;
    this.listeners = listeners;
    /** Whether it was overdue when the page was opened. */
    this.wasLate = data.days_overdue > 0;
    this.element = el('article', {class: 'pending-row', attrs: {tabindex: -1}, on: {focusin: () => listeners.onChosen(), click: () => listeners.onChosen()}});
    this.method = el('select');
    this.day = el('input');
    /** Null where somebody else's diagnosis is looked at. @type {HTMLSelectElement | null} */
    this.diagnosis = null;
    this.error = el('p', {class: 'pending-error small', attrs: {role: 'alert', hidden: true}});
    this.draw();
  }

  get isTold() {
    return this.#told !== null;
  }

  get isUnsent() {
    return this.#unsent !== null;
  }

  /** The method that is awaited. */
  get awaited() {
    return this.data.basis.find(({status}) => status === 'pending')?.method ?? this.data.basis[0]?.method ?? '';
  }

  /** @param {boolean} isCurrent */
  setCurrent(isCurrent) {
    if (isCurrent) this.element.setAttribute('aria-current', 'true');
    else this.element.removeAttribute('aria-current');
  }

  /** Stores an answer. @param {string} status */
  tell(status) {
    if (this.isTold) return;
    const label = this.diagnosis?.value;
    const isLater = status === 'pending';
    if (!isLater && status !== 'not-confirmable' && !this.day.value) {
      this.#say(t('Give the day of the result.'));
      this.day.focus();
      return;
    }
    if (this.day.value) this.shared.day = this.day.value;
    void this.#send({
      awaited: this.awaited,
      method: isLater ? this.awaited : this.method.value,
      status,
      ...(isLater || !this.day.value ? {} : {known_on: this.day.value}),
      ...(isLater || !label || label === this.data.labels[0] ? {} : {labels: [label, ...this.data.labels.slice(1).filter((code) => code !== label)]}),
    });
  }

  /** Puts it back on the list, as it was before. */
  takeBack() {
    const told = this.#told;
    if (!told) return;
    const labels = told.after.labels.join() === told.before.labels.join() ? {} : {labels: told.before.labels};
    void this.#send({awaited: told.method, method: told.awaited, status: 'pending', ...(told.due_before ? {due_on: told.due_before} : {}), ...labels}, true);
  }

  /** @param {Record<string, unknown>} body @param {boolean} [isUndo] */
  async #send(body, isUndo = false) {
    if (this.#isBusy) return;
    const text = JSON.stringify([body, this.data.revision]);
    if (this.#unsent?.text !== text) this.#unsent = {key: newId(), text};
    this.#isBusy = true;
    this.element.setAttribute('aria-busy', 'true');
    try {
      const url = `/api/reads/${this.data.read_id}/annotations/${this.data.annotation_id}/confirmations/`;
      const told = await api.post(url, body, {ifMatch: this.data.revision, idempotencyKey: this.#unsent.key});
      this.#unsent = null;
      this.#stored(told, isUndo);
    } catch (error) {
      this.#refused(error);
    } finally {
      this.#isBusy = false;
      this.element.removeAttribute('aria-busy');
    }
  }

  /** @param {Told} told @param {boolean} isUndo */
  #stored(told, isUndo) {
    const wasTold = this.isTold;
    Object.assign(this.data, {revision: told.revision, labels: told.after.labels, basis: told.after.basis, due_on: told.due_on ?? this.data.due_on});
    const waits = told.after.basis.some(({status}) => status === 'pending');
    const isLater = !isUndo && told.status === 'pending';
    this.#told = isUndo || (waits && !isLater) ? null : told;
    this.error.hidden = true;
    this.draw();
    // "Later" waits on, but no longer on this list of today.
    if (isUndo && wasTold) this.listeners.onTold(1, this.#waited);
    else if (this.isTold) this.listeners.onTold(-1, isLater);
    this.#waited = isLater;
  }

  /** @param {any} error */
  #refused(error) {
    if (error?.name !== 'ApiError') throw error;
    if (error.isUnreached) {
      this.#say(t('Not saved: the server was not reached. Press the same key again.'));
      return;
    }
    this.#unsent = null;
    this.#say(`${error.message} ${error.hint}`);
    if (error.status === 412) this.listeners.onStale();
  }

  /** @param {string} text */
  #say(text) {
    this.error.textContent = text;
    this.error.hidden = false;
  }

  draw() {
    this.element.classList.toggle('is-told', this.isTold);
    if (this.#told) this.#drawTold(this.#told);
    else replaceChildren(this.element, this.#picture(), this.#what(), this.#answers());
  }

  /** @param {Told} told */
  #drawTold(told) {
    const method = basisMethods().get(told.method) ?? told.method;
    const status = basisStatuses().get(told.status) ?? told.status;
    const said = told.status === 'pending' ? t('ask again on {day}', {day: told.due_on ?? ''}) : `${status} · ${method}${told.known_on ? ` · ${told.known_on}` : ''}`;
    const changed = told.before.labels[0] === told.after.labels[0] ? '' : ` · ${this.#name(told.before.labels[0])} → ${this.#name(told.after.labels[0])}`;
    const back = el('button', {class: 'button-small', attrs: {type: 'button'}, on: {click: () => this.takeBack()}}, t('Take back'), el('kbd', {text: 'Z'}));
    replaceChildren(this.element, el('div', {}, el('strong', {text: this.data.image.name}), el('p', {class: 'small', text: said + changed}), this.error), back);
  }

  #picture() {
    const {image, read_url} = this.data;
    const picture = el('img', {attrs: {src: image.thumbnail_url, alt: '', loading: 'lazy', width: 96, height: 72}});
    return el('a', {class: 'pending-picture', attrs: {href: read_url, 'aria-label': t('Open {name}', {name: image.name})}}, picture);
  }

  #what() {
    const {data} = this;
    const late = data.days_overdue;
    const due = late > 0 ? el('span', {class: 'badge badge-warn', text: tn('{count} day overdue', '{count} days overdue', late)}) : el('span', {class: 'badge', text: t('reminded on {day}', {day: data.due_on})});
    const coded = data.coding ? [data.coding.display, data.coding.code].filter(Boolean).join(' ') : '';
    const said = data.labels.map((code) => this.#name(code)).join('、') || coded || t('no diagnosis');
    const what = granularities()[data.granularity];
    const where = [pickText(this.campaign.name), data.reader, data.submitted_at.slice(0, 10)].filter(Boolean).join(' · ');
    return el('div', {}, el('h2', {text: said}), el('p', {class: 'small', text: [data.image.name, what].filter(Boolean).join(' · ')}), el('p', {class: 'small muted', text: where}), el('p', {}, due));
  }

  #answers() {
    const {methods} = this.campaign;
    const words = [...basisMethods()].filter(([code]) => !methods.length || methods.includes(code) || code === this.awaited);
    this.method = select(words, this.awaited);
    this.day = el('input', {attrs: {type: 'date', max: this.shared.today, value: this.shared.day}});
    this.day.value = this.shared.day;
    this.diagnosis = this.data.reader === null ? select([...this.#unlabelled(), ...this.#diagnoses()], this.data.labels[0] ?? '') : null;
    const buttons = ANSWERS().map(({key, status, label}) =>
      el('button', {class: `button-small${status === 'confirmed' ? ' button-primary' : ''}`, attrs: {type: 'button'}, on: {click: () => this.tell(status)}}, label, el('kbd', {text: key})),
    );
    return el(
      'div',
      {class: 'pending-say'},
      el('div', {class: 'pending-fields'}, labelled(t('Known by'), this.method), labelled(t('Day of the result'), this.day), this.diagnosis && labelled(t('Diagnosis'), this.diagnosis)),
      el('div', {class: 'pending-answers', attrs: {role: 'group', 'aria-label': t('Result')}}, ...buttons),
      this.error,
    );
  }

  /** @returns {[string, string][]} what stands for a diagnosis without a label: it stays */
  #unlabelled() {
    const {labels, coding} = this.data;
    return labels.length ? [] : [['', coding ? [coding.display, coding.code].filter(Boolean).join(' ') : t('no diagnosis')]];
  }

  /** @returns {[string, string][]} what the diagnosis may become */
  #diagnoses() {
    const {label_roles: roles, labels} = this.campaign;
    const {granularity} = this.data;
    const own = this.data.labels[0];
    const fits = labels.filter((label) => label.code === own || ((!roles.length || roles.includes(label.role)) && (OFF_IMAGE.includes(granularity) || !label.granularities.length || label.granularities.includes(granularity))));
    return fits.map((label) => [label.code, pickText(label.display) || label.code]);
  }

  /** @param {string} code */
  #name(code) {
    const label = this.campaign.labels.find((one) => one.code === code);
    return (label && pickText(label.display)) || code;
  }
}

/** @param {[string, string][]} options @param {string} value */
function select(options, value) {
  const element = el('select', {}, ...options.map(([code, text]) => el('option', {text, attrs: {value: code}})));
  element.value = value;
  return element;
}

/** @param {string} text @param {HTMLElement} control */
function labelled(text, control) {
  return el('label', {}, text, control);
}
