/** Fields of the editors: each with a place where what is wrong with it is said. */

import {el, setAttributes} from '../../lib/dom.js';

/** @typedef {{code: string, name: string}} Word */

let made = 0;

/**
 * @param {string} label
 * @param {HTMLElement} control
 * @param {{pointer?: string, help?: string}} [options] pointer: where in the draft it stands
 */
export function field(label, control, {pointer = '', help = ''} = {}) {
  control.id ||= `edit-${(made += 1)}`;
  const error = el('p', {class: 'field-error', attrs: {id: `${control.id}-error`, hidden: true}});
  const hint = help ? el('p', {class: 'help', text: help}) : null;
  return el('div', {class: 'field', data: {pointer}}, el('label', {text: label, attrs: {for: control.id}}), control, hint, error);
}

/**
 * @param {string} value
 * @param {(value: string) => void} onInput
 * @param {Record<string, string | number | boolean>} [attrs]
 */
export function textInput(value, onInput, attrs = {}) {
  const input = el('input', {attrs: {type: 'text', autocomplete: 'off', value, ...attrs}, on: {input: () => onInput(input.value)}});
  return input;
}

/** @param {Word[]} words @param {string} value @param {(value: string) => void} onChange @param {Record<string, string | boolean>} [attrs] */
export function choice(words, value, onChange, attrs = {}) {
  const known = words.some((word) => word.code === value) ? words : [...words, {code: value, name: value}];
  const options = known.map((word) => el('option', {text: word.name, attrs: {value: word.code, selected: word.code === value}}));
  const select = el('select', {attrs, on: {change: () => onChange(select.value)}}, ...options);
  return select;
}

/** @param {string} text @param {boolean} checked @param {(checked: boolean) => void} onChange */
export function box(text, checked, onChange) {
  const input = el('input', {attrs: {type: 'checkbox', checked}, on: {change: () => onChange(input.checked)}});
  return el('label', {class: 'choice'}, input, text);
}

/**
 * @param {string} legend
 * @param {Word[]} words
 * @param {string[]} values
 * @param {(values: string[]) => void} onChange
 * @param {{pointer?: string, help?: string}} [options]
 */
export function boxes(legend, words, values, onChange, {pointer = '', help = ''} = {}) {
  const chosen = new Set(values);
  const rows = words.map((word) =>
    box(word.name, chosen.has(word.code), (checked) => {
      if (checked) chosen.add(word.code);
      else chosen.delete(word.code);
      onChange(words.map(({code}) => code).filter((code) => chosen.has(code)));
    }),
  );
  const error = el('p', {class: 'field-error', attrs: {hidden: true}});
  return el(
    'fieldset',
    {class: 'field box-list', data: {pointer}},
    el('legend', {class: 'field-label', text: legend}),
    help ? el('p', {class: 'help', text: help}) : null,
    el('div', {class: 'box-row'}, ...rows),
    error,
  );
}

/** @param {string} text @param {() => void} onClick @param {{class?: string, label?: string, disabled?: boolean, keys?: string}} [options] */
export function button(text, onClick, {class: kind = '', label = '', disabled = false, keys = ''} = {}) {
  // Who speaks to the page says what they see: the words of the button stand first in its name.
  const name = label && /\p{L}/u.test(text) ? `${text} ${label}` : label;
  const attrs = {type: 'button', 'aria-label': name || false, title: label || false, disabled, 'aria-keyshortcuts': keys || false};
  return el('button', {class: kind, text, attrs, on: {click: onClick}});
}

/**
 * Writes what is wrong next to each field that is on the page; the longest pointer that fits has it.
 * @param {HTMLElement} place
 * @param {{pointer: string, message: string}[]} problems
 */
export function showProblems(place, problems) {
  const fields = /** @type {HTMLElement[]} */ ([...place.querySelectorAll('[data-pointer]')]).filter((each) => each.dataset.pointer);
  const owners = problems.map((problem) => {
    const fitting = fields.filter(({dataset: {pointer = ''}}) => problem.pointer === pointer || problem.pointer.startsWith(`${pointer}/`));
    return fitting.sort((a, b) => (b.dataset.pointer ?? '').length - (a.dataset.pointer ?? '').length)[0];
  });
  for (const each of fields) {
    const error = /** @type {HTMLElement | null} */ (each.querySelector(':scope > .field-error'));
    const texts = problems.filter((_, i) => owners[i] === each).map((problem) => problem.message);
    if (!error) continue;
    error.textContent = [...new Set(texts)].join(' ');
    error.hidden = texts.length === 0;
    const control = each.querySelector(':scope > input, :scope > select, :scope > textarea, :scope > .colour-pair > input');
    if (control) setAttributes(control, {'aria-invalid': texts.length ? 'true' : null, 'aria-describedby': texts.length ? error.id || null : null});
  }
}

/** @param {string} step @returns {string} as a step of a JSON pointer */
export const escaped = (step) => step.replaceAll('~', '~0').replaceAll('/', '~1');
