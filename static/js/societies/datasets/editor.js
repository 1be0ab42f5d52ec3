/** The form that says what a dataset chooses and how it is split. */

import {el, replaceChildren} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {boxField, boxesField, textField} from '../releases/fields.js';

const LISTS = ['campaigns', 'labels', 'excluded_labels', 'collections', 'modalities', 'manufacturers'];
const SHARES = /** @type {const} */ (['train', 'tune', 'test']);
const FRESH = {query: {}, shares: {train: 70, tune: 15, test: 15}, strata: ['label']};
/** Members of the query that this form does not show, kept as they are. */
let unseen = {};

/**
 * @param {HTMLFormElement} form
 * @param {any} dataset what is edited; undefined: a new one
 * @param {any} data the page's data
 */
export function drawEditor(form, dataset, data) {
  const recipe = dataset ?? FRESH;
  const query = recipe.query;
  unseen = {models: query.models ?? [], left_out: query.left_out ?? []};
  const names = {
    campaigns: t('Campaigns'),
    labels: t('With one of these labels'),
    excluded_labels: t('Without these labels'),
    collections: t('Collections'),
    modalities: t('Modalities'),
    manufacturers: t('Makers of the device'),
  };
  const lists = LISTS.map((name) => {
    const words = data.choices[name === 'excluded_labels' ? 'labels' : name];
    const label = names[/** @type {'labels'} */ (name)];
    const values = query[name] ?? [];
    const count = values.length ? ` (${values.length})` : '';
    return words.length ? el('details', {attrs: {open: values.length > 0}}, el('summary', {text: label + count}), boxesField(label, name, words, {values})) : null;
  });
  replaceChildren(
    form,
    ...(dataset ? [] : identity()),
    ...lists,
    pair(numberField(t('Reads, at least'), 'min_reads', query.min_reads ?? 1, 1, 20), numberField(t('Agreement, at least (%)'), 'min_agreement', query.min_agreement ?? 0, 0, 100)),
    pair(dayField(t('Submitted from'), 'submitted_from', query), dayField(t('Submitted to'), 'submitted_to', query)),
    pair(numberField(t('Train (%)'), 'train', recipe.shares.train, 0, 100), numberField(t('Tune (%)'), 'tune', recipe.shares.tune, 0, 100)),
    numberField(t('Test (%)'), 'test', recipe.shares.test, 0, 100),
    boxesField(t('Balanced by'), 'strata', data.words.strata, {values: recipe.strata}),
    underMaps(recipe, data),
    el('p', {}, el('button', {class: dataset ? '' : 'button-primary', text: dataset ? t('Save') : t('Make this dataset'), attrs: {type: 'submit'}})),
  );
}

/**
 * Reads the form as the API takes it.
 * @param {HTMLFormElement} form
 */
export function recipeOf(form) {
  const values = new FormData(form);
  /** @type {Record<string, any>} */
  const query = {...unseen};
  for (const name of LISTS) query[name] = values.getAll(name);
  for (const name of ['min_reads', 'min_agreement']) query[name] = Number(values.get(name));
  for (const name of ['submitted_from', 'submitted_to']) query[name] = values.get(name) || null;
  const shares = Object.fromEntries(SHARES.map((split) => [split, Number(values.get(split))]));
  const maps = {label_maps: values.getAll('label_maps'), unmapped: values.has('unmapped') ? 'drop' : 'refuse'};
  return {query, shares, strata: values.getAll('strata'), ...maps};
}

/**
 * The label maps under which the next version goes out; those that it names already stay choosable.
 * @param {any} recipe
 * @param {any} data
 */
function underMaps(recipe, data) {
  const named = recipe.label_maps ?? [];
  const known = data.choices.label_maps;
  const codes = new Set(known.map((/** @type {any} */ each) => each.code));
  const words = [...known, ...named.filter((/** @type {string} */ code) => !codes.has(code)).map((/** @type {string} */ code) => ({code, name: code}))];
  if (words.length === 0) return null;
  return el(
    'details',
    {attrs: {open: named.length > 0}},
    el('summary', {text: t('Labels go out under label maps') + (named.length ? ` (${named.length})` : '')}),
    boxesField(t('Label maps'), 'label_maps', words, {values: named}),
    boxField(t('leave out labels that no map names, and say so in losses.json'), 'unmapped', {checked: recipe.unmapped === 'drop'}),
  );
}

function identity() {
  const fields = pair(textField(t('Name in Japanese'), 'name_ja'), textField(t('Name in English'), 'name_en'));
  return [fields, textField(t('Short name (a to z, digits, hyphens)'), 'code', {maxlength: 64})];
}

/** @param {...HTMLElement} fields */
function pair(...fields) {
  return el('div', {class: 'field-pair'}, ...fields);
}

/** @param {string} label @param {string} name @param {number} value @param {number} min @param {number} max */
function numberField(label, name, value, min, max) {
  const field = textField(label, name, {type: 'number', value: String(value)});
  const input = /** @type {HTMLInputElement} */ (field.querySelector('input'));
  input.min = String(min);
  input.max = String(max);
  return field;
}

/** @param {string} label @param {string} name @param {any} query */
function dayField(label, name, query) {
  return textField(label, name, {type: 'date', value: query[name] ?? ''});
}
