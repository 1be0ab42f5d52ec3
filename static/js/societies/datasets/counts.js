/** How many persons, images and marks each split holds, as tables. */

import {el, replaceChildren} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {numberHead, table} from '../campaign_parts.js';
import {nameOf} from '../releases/fields.js';

const COUNTS = ['persons', 'images', 'reads', 'marks'];

/** @param {string | number} value */
const number = (value) => el('td', {class: 'number', text: String(value)});

/**
 * @param {HTMLElement} place
 * @param {any} counts as the API gives them
 * @param {any} words names of splits
 */
export function drawCounts(place, counts, words) {
  const splits = words.split.map((/** @type {any} */ word) => row(word.name, counts.splits[word.code]));
  const heads = [t('Split'), numberHead(t('persons')), numberHead(t('images')), numberHead(t('reads')), numberHead(t('marks'))];
  const labels = Object.entries(counts.by.label).map(([label, cells]) =>
    el('tr', {}, el('td', {text: label || t('(no label)')}), ...words.split.map((/** @type {any} */ word) => number(cells[word.code]?.persons ?? 0))),
  );
  const byLabel = [t('Persons by label'), ...words.split.map((/** @type {any} */ word) => numberHead(nameOf(words.split, word.code)))];
  replaceChildren(
    place,
    el('div', {class: 'table-wrap'}, table(heads, [...splits, row(t('in all'), counts.total)])),
    ...sentences(counts.reasons ?? {}),
    labels.length ? el('div', {class: 'table-wrap'}, table(byLabel, labels)) : null,
  );
}

/** @param {Record<string, number>} reasons why persons are where they are @returns {HTMLElement[]} */
function sentences(reasons) {
  const away = reasons['as-in-another-dataset'];
  const torn = reasons['tested-and-learned-from'];
  const said = [
    away ? t('{number} persons have the place that they have in another dataset of the society.', {number: away}) : '',
    torn ? t('{number} persons are in quarantine: one dataset tests with them, another one learns from them.', {number: torn}) : '',
  ];
  return said.filter(Boolean).map((text) => el('p', {class: 'small', text}));
}

/** @param {string} name @param {any} count */
function row(name, count) {
  return el('tr', {}, el('td', {text: name}), ...COUNTS.map((key) => number(count[key])));
}
