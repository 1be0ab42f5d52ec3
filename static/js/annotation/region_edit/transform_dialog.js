/** Turns, sizes and mirrors the selected marks; what comes of it is seen on the image before it is done. */

import {el} from '../../lib/dom.js';
import {t, tn} from '../../lib/i18n.js';
import {reshapeMarks} from '../commands/marks.js';
import {transformed} from './transform.js';

/** @import {MarksLayer} from '../render/marks_layer.js' */
/** @import {Store} from '../store.js' */
/** @import {SeenMark} from '../types.js' */
/** @import {Surroundings, Transformed} from './transform.js' */

const LEAST_PERCENT = 25;
const MOST_PERCENT = 400;

export class TransformDialog {
  /** @param {{store: Store, work: SeenMark[], marks: MarksLayer, around: Surroundings}} parts */
  constructor({store, work, marks, around}) {
    this.store = store;
    this.work = work;
    this.marks = marks;
    this.around = around;
    this.turn = pair({label: t('Turn'), unit: '°', min: -180, max: 180, value: 0, change: () => this.#show()});
    this.size = pair({label: t('Size'), unit: '%', min: LEAST_PERCENT, max: MOST_PERCENT, value: 100, change: () => this.#show()});
    this.mirror = el('input', {attrs: {type: 'checkbox'}, on: {change: () => this.#show()}});
    this.told = el('p', {class: 'transform-told', attrs: {role: 'status'}});
    this.apply = el('button', {class: 'button-primary', text: t('Apply'), attrs: {type: 'submit'}});
    const leave = el('button', {text: t('Cancel'), attrs: {type: 'button'}, on: {click: () => this.dialog.close()}});
    const form = el(
      'form',
      {on: {submit: (event) => this.#apply(event)}, attrs: {novalidate: true}},
      el('h2', {text: t('Turn, size and mirror'), attrs: {id: 'transform-title'}}),
      this.turn.element,
      this.size.element,
      el('label', {class: 'transform-mirror'}, this.mirror, el('span', {text: t('Mirror left and right')})),
      this.told,
      el('div', {class: 'dialog-actions'}, el('span', {class: 'spacer'}), leave, this.apply),
    );
    this.dialog = el('dialog', {class: 'simplify-dialog', attrs: {'aria-labelledby': 'transform-title'}, on: {close: () => this.#close()}}, form);
    document.body.append(this.dialog);
    this.#show();
    this.dialog.showModal();
    this.turn.slider.focus();
  }

  /** @returns {Transformed} */
  #result() {
    const change = {degrees: this.turn.value(), percent: this.size.value(), isMirrored: this.mirror.checked};
    return transformed(this.work, change, this.around);
  }

  #show() {
    const {shapes, left, problem} = this.#result();
    const changed = new Set(shapes.map(({id}) => id));
    for (const {id, geometry} of shapes) this.marks.preview(id, geometry);
    for (const {id} of this.work) if (!changed.has(id)) this.marks.refresh(id);
    this.told.textContent = textOf(problem) ?? (left > 0 ? tn('{count} stays as it is: masks, and boxes that have to stay upright.', '{count} stay as they are: masks, and boxes that have to stay upright.', left) : '');
    this.told.classList.toggle('is-problem', problem !== null);
    this.apply.disabled = problem !== null || shapes.length === 0;
  }

  /** @param {SubmitEvent} event */
  #apply(event) {
    event.preventDefault();
    if (this.apply.disabled) return;
    reshapeMarks(this.store, this.#result().shapes, t('Turn, size and mirror'));
    this.dialog.close();
  }

  /** What was only looked at is drawn as it is stored. */
  #close() {
    for (const {id} of this.work) this.marks.refresh(id);
    this.dialog.remove();
  }
}

/** @param {Transformed['problem']} problem @returns {string | null} */
function textOf(problem) {
  if (problem === 'beyond') return t('It would reach beyond the image.');
  if (problem === 'crossing') return t('An outline would cross itself.');
  return null;
}

/**
 * A slider for the eye and a number for who knows it.
 * @param {{label: string, unit: string, min: number, max: number, value: number, change: () => void}} parts
 */
function pair({label, unit, min, max, value, change}) {
  const range = {min, max, step: 1, value};
  const slider = el('input', {
    attrs: {type: 'range', ...range, 'aria-label': label},
    on: {
      input: () => {
        number.value = slider.value;
        change();
      },
    },
  });
  const number = el('input', {
    attrs: {type: 'number', ...range, step: 'any', 'aria-label': `${label} (${unit})`},
    on: {
      input: () => {
        slider.value = number.value;
        change();
      },
    },
  });
  const inside = (/** @type {number} */ asked) => Math.min(Math.max(asked, min), max);
  return {
    element: el('div', {class: 'transform-row'}, el('span', {text: label, attrs: {'aria-hidden': 'true'}}), slider, number, el('span', {text: unit, attrs: {'aria-hidden': 'true'}})),
    slider,
    /** @returns {number} what is not a number changes nothing */
    value: () => (Number.isFinite(number.valueAsNumber) ? inside(number.valueAsNumber) : value),
  };
}
