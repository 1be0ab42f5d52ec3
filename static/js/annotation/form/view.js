/** Shows a form and hands each change on by itself. Values that are wrong stay on screen with the reason and are not saved. */

import {actionKeyHint} from '../../actions/buttons.js';
import {el, setAttributes} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {LONG_TEXT, parseValue, problemOf, withValue} from './model.js';

/** @import {Registry} from '../../actions/registry.js' */
/** @import {Field, FormData} from './model.js' */

/**
 * @typedef {object} FieldView
 * @property {HTMLElement} element
 * @property {(value: unknown, isWritable: boolean) => void} show
 */

/** @type {number} */
let made = 0;

export class FormView {
  /** @param {{fields: Field[], registry: Registry, onChange: (data: FormData) => void}} parts */
  constructor({fields, registry, onChange}) {
    this.fields = fields;
    this.onChange = onChange;
    /** @type {FormData} */
    this.data = {};
    /** @type {Map<string, FieldView>} */
    this.views = new Map(fields.map((field) => [field.name, makeField(field, registry, (value) => this.#set(field, value))]));
    this.element = el('div', {class: 'form'}, ...[...this.views.values()].map((view) => view.element));
  }

  /** @param {FormData} data @param {boolean} isWritable */
  show(data, isWritable) {
    this.data = data;
    for (const [name, view] of this.views) view.show(data[name], isWritable);
  }

  /** @param {Field} field @param {unknown} value */
  #set(field, value) {
    this.data = withValue(this.data, field.name, value);
    this.onChange(this.data);
  }

  /** @returns {Field | null} a field whose text on screen cannot be saved */
  wrongField() {
    return this.fields.find(({name}) => this.views.get(name)?.element.querySelector('[aria-invalid]')) ?? null;
  }

  /** @param {string} name brings a field to the reader's eyes */
  focus(name) {
    const view = this.views.get(name);
    view?.element.scrollIntoView({block: 'nearest'});
    /** @type {HTMLElement | null | undefined} */ (view?.element.querySelector('input, select, textarea, button'))?.focus();
  }
}

/** @param {Field} field @param {Registry} registry @param {(value: unknown) => void} set @returns {FieldView} */
function makeField(field, registry, set) {
  switch (field.kind) {
    case 'segments':
      return segments(field, registry, set);
    case 'boolean':
      return yesNo(field, registry, set);
    case 'chips':
      return chips(field, set);
    case 'select':
      return selectField(field, set);
    default:
      return textField(field, set);
  }
}

/**
 * @param {Field} field @param {string} id of the title; with `control` of what it is the label of
 * @param {{control?: boolean}} [options]
 * @returns {HTMLElement}
 */
function caption(field, id, {control = false} = {}) {
  const star = field.isRequired ? el('span', {class: 'required', text: '*', attrs: {title: t('Required'), 'aria-hidden': 'true'}}) : null;
  return control
    ? el('label', {class: 'form-title', text: field.title, attrs: {for: id}}, star)
    : el('span', {class: 'form-title', text: field.title, attrs: {id}}, star);
}

/** @param {Field} field @returns {HTMLElement | null} */
const helpText = (field) => (field.help ? el('span', {class: 'form-help', text: field.help}) : null);

/**
 * Options side by side; the chosen one is taken back by a second click.
 * @param {Field} field @param {Registry} registry @param {(value: unknown) => void} set @param {(value: unknown) => unknown} [toOption]
 * @returns {FieldView}
 */
function segments(field, registry, set, toOption = (value) => value) {
  const id = `field-${(made += 1)}`;
  const buttons = field.options.map((option) =>
    el(
      'button',
      {
        attrs: {type: 'button', 'aria-pressed': 'false'},
        on: {click: (event) => set(event.currentTarget.getAttribute('aria-pressed') === 'true' ? null : option.value)},
      },
      option.label,
      actionKeyHint(registry, `form.${field.name}.${option.value}`),
    ),
  );
  const row = el('div', {class: 'segments', attrs: {role: 'group', 'aria-labelledby': id}}, ...buttons);
  return {
    element: el('div', {class: 'form-field'}, caption(field, id), row, helpText(field)),
    show: (value, isWritable) => {
      const chosen = toOption(value);
      buttons.forEach((button, i) => {
        button.disabled = !isWritable;
        button.setAttribute('aria-pressed', String(field.options[i].value === chosen));
      });
    },
  };
}

/** @param {Field} field @param {Registry} registry @param {(value: unknown) => void} set @returns {FieldView} */
function yesNo(field, registry, set) {
  const options = [
    {value: 1, label: t('Yes'), key: null},
    {value: 0, label: t('No'), key: null},
  ];
  const view = segments(
    {...field, options},
    registry,
    (value) => set(value === null ? null : value === 1),
    (value) => (typeof value === 'boolean' ? Number(value) : value),
  );
  view.element.classList.add('is-short');
  return view;
}

/** @param {Field} field @param {(value: unknown) => void} set @returns {FieldView} */
function chips(field, set) {
  const id = `field-${(made += 1)}`;
  const boxes = field.options.map(() =>
    el('input', {
      attrs: {type: 'checkbox'},
      on: {change: () => set(field.options.filter((_, i) => boxes[i].checked).map(({value}) => value))},
    }),
  );
  const row = el(
    'div',
    {class: 'chips', attrs: {role: 'group', 'aria-labelledby': id}},
    ...boxes.map((box, i) => el('label', {class: 'chip'}, box, el('span', {text: field.options[i].label}))),
  );
  return {
    element: el('div', {class: 'form-field'}, caption(field, id), row, helpText(field)),
    show: (value, isWritable) => {
      boxes.forEach((box, i) => {
        box.disabled = !isWritable;
        box.checked = Array.isArray(value) && value.includes(field.options[i].value);
      });
    },
  };
}

/** @param {Field} field @param {(value: unknown) => void} set @returns {FieldView} */
function selectField(field, set) {
  const id = `field-${(made += 1)}`;
  const select = el(
    'select',
    {attrs: {id}, on: {change: () => set(select.selectedIndex === 0 ? null : field.options[select.selectedIndex - 1].value)}},
    el('option', {text: '–', attrs: {value: ''}}),
    ...field.options.map((option) => el('option', {text: option.label})),
  );
  return {
    element: el('div', {class: 'form-field'}, caption(field, id, {control: true}), select, helpText(field)),
    show: (value, isWritable) => {
      select.disabled = !isWritable;
      select.selectedIndex = field.options.findIndex((option) => option.value === value) + 1;
    },
  };
}

/** @param {Field} field @returns {Record<string, string>} */
function inputAttributes(field) {
  return field.kind === 'string'
    ? {type: 'text', autocomplete: 'off'}
    : {type: 'text', inputmode: field.kind === 'integer' ? 'numeric' : 'decimal', autocomplete: 'off'};
}

/** @param {Field} field @param {(value: unknown) => void} set @returns {FieldView} */
function textField(field, set) {
  const id = `field-${(made += 1)}`;
  const isLong = field.kind === 'string' && (field.maxLength ?? 0) > LONG_TEXT;
  const attrs = {id, 'aria-describedby': `${id}-problem`, 'aria-required': field.isRequired ? 'true' : null};
  const input = isLong ? el('textarea', {attrs: {...attrs, rows: 3}}) : el('input', {attrs: {...attrs, ...inputAttributes(field)}});
  const problem = el('span', {class: 'form-problem', attrs: {id: `${id}-problem`, 'aria-live': 'polite'}});
  let saved = '';
  const check = () => {
    const text = problemOf(field, parseValue(field, input.value));
    problem.textContent = text ?? '';
    setAttributes(input, {'aria-invalid': text ? 'true' : null});
    return text === null;
  };
  const save = () => {
    if (!check() || input.value === saved) return;
    saved = input.value;
    set(parseValue(field, input.value));
  };
  input.addEventListener('change', save);
  // Whoever mends a wrong value sees at once that it is right now.
  input.addEventListener('input', () => {
    if (problem.textContent) check();
  });
  const row = el(
    'div',
    {class: `form-input${field.unit ? ' has-unit' : ''}`},
    input,
    field.unit ? el('span', {class: 'unit', text: field.unit}) : null,
  );
  const isShort = field.kind !== 'string';
  return {
    element: el(
      'div',
      {class: `form-field${isShort ? ' is-short' : ''}`},
      caption(field, id, {control: true}),
      row,
      problem,
      helpText(field),
    ),
    show: (value, isWritable) => {
      input.disabled = !isWritable;
      if (document.activeElement === input || problem.textContent) return;
      saved = value === undefined || value === null ? '' : String(value);
      input.value = saved;
    },
  };
}
