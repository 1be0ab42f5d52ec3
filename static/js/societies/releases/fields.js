/** Labelled fields, made in one way for all forms of the releases page. */

import {el} from '../../lib/dom.js';

/** @typedef {{code: string, name: string}} Word */

/**
 * @param {string} label
 * @param {string} name
 * @param {{value?: string, type?: string, maxlength?: number, disabled?: boolean}} [options]
 */
export function textField(label, name, {value = '', type = 'text', maxlength = 200, disabled = false} = {}) {
  const id = `field-${name}`;
  const input = el('input', {attrs: {id, name, type, value, maxlength: type === 'text' ? maxlength : false, autocomplete: 'off', disabled}});
  return el('div', {class: 'field'}, el('label', {text: label, attrs: {for: id}}), input);
}

/**
 * @param {string} label
 * @param {string} name
 * @param {Word[]} words
 * @param {{value?: string, disabled?: boolean}} [options]
 */
export function choiceField(label, name, words, {value = '', disabled = false} = {}) {
  const id = `field-${name}`;
  const options = words.map((word) => el('option', {text: word.name, attrs: {value: word.code, selected: word.code === value}}));
  return el('div', {class: 'field'}, el('label', {text: label, attrs: {for: id}}), el('select', {attrs: {id, name, disabled}}, ...options));
}

/**
 * @param {string} label
 * @param {string} name
 * @param {Word[]} words
 * @param {{values?: string[], disabled?: boolean}} [options]
 */
export function boxesField(label, name, words, {values = [], disabled = false} = {}) {
  const boxes = words.map((word) =>
    el('label', {class: 'choice'}, el('input', {attrs: {type: 'checkbox', name, value: word.code, checked: values.includes(word.code), disabled}}), word.name),
  );
  return el('fieldset', {class: 'field box-list'}, el('legend', {class: 'field-label', text: label}), ...boxes);
}

/** @param {string} label @param {string} name @param {{checked?: boolean, disabled?: boolean}} [options] */
export function boxField(label, name, {checked = false, disabled = false} = {}) {
  return el('label', {class: 'choice'}, el('input', {attrs: {type: 'checkbox', name, value: 'yes', checked, disabled}}), label);
}

/** @param {Word[]} words @param {string} code */
export function nameOf(words, code) {
  return words.find((word) => word.code === code)?.name ?? code;
}
