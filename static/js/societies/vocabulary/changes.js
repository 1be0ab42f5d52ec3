/** What differs from the published version, in words. */

import {el, replaceChildren} from '../../lib/dom.js';
import {pickText, t, tn} from '../../lib/i18n.js';

const KINDS = /** @type {const} */ (['added', 'removed', 'renamed', 'moved', 'changed']);

/** @param {any} changes @returns {number} how many differences there are */
export const countChanges = (changes) => KINDS.reduce((sum, kind) => sum + changes[kind].length, 0);

/** @param {HTMLElement} place @param {any} changes as the API gives them @param {string} version that they are compared with; empty: none */
export function drawChanges(place, changes, version) {
  const names = {added: t('Added'), removed: t('Removed'), renamed: t('Renamed'), moved: t('Moved'), changed: t('Changed')};
  if (!version) {
    replaceChildren(place, el('p', {class: 'muted small', text: t('Nothing is published yet.')}));
    return;
  }
  const count = countChanges(changes);
  const compared = t('compared with version {version}', {version});
  const lists = KINDS.filter((kind) => changes[kind].length > 0).map((kind) =>
    el('div', {class: `changes-${kind}`}, el('h3', {text: `${names[kind]} (${changes[kind].length})`}), el('ul', {class: 'changes'}, ...changes[kind].map((/** @type {any} */ change) => item(change, kind)))),
  );
  const total = count ? tn('{count} difference', '{count} differences', count) : t('No difference');
  replaceChildren(place, el('p', {class: 'muted small', text: `${total} · ${compared}`}), ...lists);
}

/** @param {any} change @param {typeof KINDS[number]} kind */
function item(change, kind) {
  const name = change.key ? pickText(change.display) || change.key : t('(the whole)');
  const code = change.key ? el('code', {text: change.key}) : null;
  const top = t('nothing');
  /** @type {string[]} */
  let said = [];
  if (kind === 'renamed') said = change.fields.map((/** @type {string} */ field) => `${change.before[field] ?? ''} → ${change.after[field] ?? ''}`);
  if (kind === 'moved') said = [change.fields.length ? t('below {parent}', {parent: change.after.parent || top}) : t('in the order')];
  if (kind === 'changed') said = change.fields.map((/** @type {string} */ field) => `${fieldName(field)}: ${short(change.before[field])} → ${short(change.after[field])}`);
  return el('li', {}, el('span', {text: name}), ' ', code, ...said.map((text) => el('div', {class: 'muted small', text})));
}

/** @param {string} field @returns {string} */
function fieldName(field) {
  /** @type {Record<string, string>} */
  const names = {
    role: t('Role'),
    colour: t('Colour'),
    key: t('Key'),
    granularities: t('Granularities'),
    codings: t('Codes'),
    schema: t('Schema'),
    required: t('Required'),
    options: t('Options'),
    unit: t('Unit'),
    help: t('Help'),
    to: t('Becomes'),
    chosen: t('Marks get'),
    source: t('From'),
    target: t('To'),
  };
  return names[field] ?? field;
}

/** @param {any} value @returns {string} */
function short(value) {
  if (value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) return '–';
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.join(', ');
  if (Array.isArray(value) && value.every((one) => one?.system)) return value.map((one) => `${one.code} (${one.mapping})`).join(', ');
  if (value?.id) return `${value.id} ${value.version}`;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
