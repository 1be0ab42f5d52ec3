/** Everything in view above or below a score, accepted or rejected at once; how many that are is said before. */

import {actionKeyHint} from '../../actions/buttons.js';
import {el, replaceChildren} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {isMeant} from './batches.js';
import {tooSmallText} from './lasso.js';

/** @import {Suggestion} from '../types.js' */
/** @import {Threshold} from './batches.js' */
/** @import {SuggestionDesk} from './desk.js' */

export class ManyBar {
  /** @param {SuggestionDesk} desk */
  constructor(desk) {
    this.desk = desk;
    /** @type {Threshold} as it was set last */
    this.last = {score: 0.5, side: 'above'};
    const {workspace, viewer, store} = desk.parts;
    this.side = this.#makeSide();
    this.slider = this.#makeField('range', 'viewer-slider', t('Score in percent, slider'));
    this.number = this.#makeField('number', 'viewer-number', t('Score in percent'));
    this.accept = this.#makeButton('Enter', () => this.#decide('accept'));
    this.reject = this.#makeButton('Shift+Enter', () => this.#decide('reject'));
    this.note = el('span', {class: 'many-note', attrs: {role: 'status'}});
    this.element = this.#makeFrame();
    viewer.addPanel(this.element, 'bottom');
    this.element.hidden = true;
    this.isStale = false;
    workspace.observe((changed) => {
      if (changed.has('threshold')) this.#follow();
    });
    viewer.onChange(() => this.#later());
    store.observe(() => this.#later());
  }

  #makeSide() {
    return el(
      'select',
      {class: 'viewer-select', attrs: {'aria-label': t('Which scores')}, on: {change: () => this.#set({side: this.#sideChosen()})}},
      el('option', {text: t('Score from'), attrs: {value: 'above'}}),
      el('option', {text: t('Score below'), attrs: {value: 'below'}}),
    );
  }

  /** @param {string} type @param {string} className @param {string} label @returns {HTMLInputElement} */
  #makeField(type, className, label) {
    const onInput = (/** @type {Event} */ event) => {
      const percent = /** @type {HTMLInputElement} */ (event.target).valueAsNumber;
      if (Number.isFinite(percent)) this.#set({score: Math.min(Math.max(percent, 0), 100) / 100});
    };
    return el('input', {class: className, attrs: {type, min: 0, max: 100, step: 1, 'aria-label': label}, on: {input: onInput}});
  }

  /** @param {string} key @param {() => void} onClick @returns {HTMLButtonElement} */
  #makeButton(key, onClick) {
    return el('button', {class: 'viewer-button many-decide', attrs: {type: 'button', 'aria-keyshortcuts': key}, on: {click: onClick}});
  }

  #makeFrame() {
    const close = el('button', {class: 'viewer-button', text: t('Close'), attrs: {type: 'button'}, on: {click: () => this.#close()}});
    close.append(actionKeyHint(this.desk.parts.registry, 'suggestion.many'));
    return el(
      'div',
      {class: 'viewer-group many-bar', attrs: {role: 'group', 'aria-label': t('All suggestions in view')}, on: {keydown: (event) => this.#onKey(event)}},
      this.side,
      this.slider,
      el('span', {class: 'viewer-field'}, this.number, el('span', {text: '%', attrs: {'aria-hidden': 'true'}})),
      this.accept,
      this.reject,
      this.note,
      close,
    );
  }

  open() {
    this.desk.parts.workspace.set({threshold: this.last, showsSuggestions: true, isLassoing: false});
    this.number.focus();
    this.number.select();
  }

  #close() {
    this.desk.parts.workspace.set({threshold: null});
  }

  /** @returns {Threshold['side']} */
  #sideChosen() {
    return this.side.value === 'below' ? 'below' : 'above';
  }

  /** @param {Partial<Threshold>} part */
  #set(part) {
    this.last = {...this.last, ...part};
    this.desk.parts.workspace.set({threshold: this.last});
  }

  #follow() {
    const {threshold} = this.desk.parts.workspace.state;
    const {element, number} = this;
    if (!threshold && element.contains(document.activeElement)) this.desk.parts.viewer.canvas.focus();
    element.hidden = threshold === null;
    if (!threshold) return;
    const percent = String(Math.round(threshold.score * 100));
    if (number.valueAsNumber !== Number(percent)) number.value = percent;
    this.slider.value = percent;
    this.side.value = threshold.side;
    this.#draw();
  }

  #later() {
    if (this.isStale || this.element.hidden) return;
    this.isStale = true;
    requestAnimationFrame(() => {
      this.isStale = false;
      this.#draw();
    });
  }

  /** @returns {Suggestion[]} */
  #meant() {
    const {threshold} = this.desk.parts.workspace.state;
    return threshold ? this.desk.inView.filter((suggestion) => isMeant(suggestion, threshold)) : [];
  }

  #draw() {
    const count = this.#meant().length;
    const {suggestions} = this.desk.parts;
    const shown = suggestions.source.getFeaturesInExtent(this.desk.parts.viewer.view.calculateExtent()).length;
    const tooSmall = shown - this.desk.inView.length;
    replaceChildren(this.accept, el('span', {text: t('Accept {count} in view', {count})}), keyCap('⏎'));
    replaceChildren(this.reject, el('span', {text: t('Reject {count} in view', {count})}), keyCap('⇧ ⏎'));
    this.accept.disabled = this.reject.disabled = count === 0;
    this.note.textContent = tooSmall > 0 ? tooSmallText(tooSmall) : '';
  }

  /** @param {'accept' | 'reject'} verdict */
  #decide(verdict) {
    const meant = this.#meant();
    this.desk.noteSeen(meant);
    this.desk.decide(meant, verdict);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const {key, shiftKey, ctrlKey, metaKey, altKey, isComposing} = event;
    if (isComposing || ctrlKey || metaKey || altKey) return;
    if (key === 'Escape') this.#close();
    else if (key === 'Enter' && event.target instanceof HTMLInputElement) this.#decide(shiftKey ? 'reject' : 'accept');
    else return;
    event.preventDefault();
  }
}

/** @param {string} text @returns {HTMLElement} */
const keyCap = (text) => el('span', {class: 'keys', attrs: {'aria-hidden': 'true'}}, el('kbd', {text}));
