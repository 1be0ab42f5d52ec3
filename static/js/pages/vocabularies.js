/** The label sets, forms and label maps of a society: listed, and made. */

import {api} from '../lib/api.js';
import {el, replaceChildren} from '../lib/dom.js';
import {pickText, t, tn} from '../lib/i18n.js';
import {byId} from '../lib/page.js';
import {table} from '../societies/campaign_parts.js';
import {busy, clearFieldErrors, pageData, shortTime, showFieldErrors} from '../societies/page.js';
import {shortName} from '../societies/short_name.js';
import {choice, field, textInput} from '../societies/vocabulary/fields.js';

const data = pageData();
const KINDS = /** @type {const} */ (['label-sets', 'forms', 'label-maps']);

/** @param {string} kind @param {string} name */
const addressOf = (kind, name) => data.pages[kind].replace('NAME', name);

/** @param {typeof KINDS[number]} kind */
function draw(kind) {
  const rows = data.rows[kind].map((/** @type {any} */ row) => {
    const [newest] = row.versions;
    const draft = row.draft_saved;
    return el(
      'tr',
      {},
      el('th', {attrs: {scope: 'row'}}, el('a', {text: row.name, attrs: {href: addressOf(kind, row.id)}}), el('div', {class: 'muted small', text: row.id})),
      el('td', {}, newest ? el('span', {class: 'badge badge-ok', text: newest.version}) : el('span', {class: 'muted', text: '–'}), newest ? el('div', {class: 'muted small numbers', text: shortTime(newest.published_at)}) : null),
      el('td', {}, draft ? el('span', {class: 'badge badge-accent', text: t('draft')}) : null, draft ? el('div', {class: 'muted small', text: `${draft.by} · ${shortTime(draft.at)}`}) : null),
    );
  });
  const none = {'label-sets': t('No label set of your own yet. Campaigns use those of packs.'), forms: t('No form of your own yet. Campaigns use those of packs.'), 'label-maps': t('No label map yet. With one, marks are exported under other labels.')};
  const list = rows.length ? el('div', {class: 'table-wrap'}, table([t('Name'), t('Published'), t('Draft')], rows)) : el('p', {class: 'muted', text: none[kind]});
  replaceChildren(byId(`list-${kind}`), list, making(kind));
}

/** @param {typeof KINDS[number]} kind */
function making(kind) {
  const ids = {name: `${kind}-name-en`, code: `${kind}-code`};
  const ja = textInput('', () => {}, {maxlength: 200, lang: 'ja', id: `${kind}-name-ja`});
  const en = textInput('', (value) => follow(value), {maxlength: 200, lang: 'en', id: ids.name});
  const code = textInput('', () => (touched = true), {maxlength: 31, spellcheck: 'false', id: ids.code});
  let touched = false;
  const follow = (/** @type {string} */ value) => {
    if (!touched) code.value = shortName(value);
  };
  const begin = kind === 'label-maps' ? beginningOfMap() : beginningOf(kind);
  const words = {'label-sets': t('New label set'), forms: t('New form'), 'label-maps': t('New label map')};
  const make = el('button', {class: 'button-primary', text: t('Make the draft'), attrs: {type: 'submit'}});
  const form = el(
    'form',
    {attrs: {novalidate: true}},
    el('div', {class: 'field-pair'}, field(t('Name in Japanese'), ja), field(t('Name in English'), en)),
    field(t('Short name (a to z, digits, hyphens)'), code, {help: t('It is known as {name}.', {name: `${data.prefix}…`})}),
    ...begin.elements,
    el('p', {}, make),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void busy(make, async () => {
      clearFieldErrors(ids);
      try {
        const made = await api.post(data.urls[kind], {code: code.value.trim(), name: {ja: ja.value, en: en.value}, begin_with: begin.value()});
        location.assign(addressOf(kind, made.id));
      } catch (error) {
        showFieldErrors(error, ids);
      }
    });
  });
  return el('details', {class: 'making', attrs: {id: `new-${kind}`}}, el('summary', {text: words[kind]}), form);
}

/** @param {'label-sets' | 'forms'} kind */
function beginningOf(kind) {
  const own = data.rows[kind].flatMap((/** @type {any} */ row) => row.versions.map((/** @type {any} */ each) => ({code: `v:${row.id}@${each.version}`, name: `${row.name} ${each.version}`})));
  const packs = data.packs.map((/** @type {any} */ pack) => ({code: `p:${pack.slug}`, name: t('Pack: {name}', {name: pack.name})}));
  const select = choice([{code: '', name: t('Empty')}, ...own, ...packs], '', () => {});
  const value = () => {
    const [kindOf, text] = [select.value.slice(0, 2), select.value.slice(2)];
    if (kindOf === 'p:') return {pack: text};
    const [id, version] = text.split('@');
    return kindOf === 'v:' ? {id, version} : {};
  };
  return {elements: [field(t('Begin with'), select)], value};
}

function beginningOfMap() {
  const sets = data.sets.map((/** @type {any} */ set) => ({code: `${set.id}@${set.version}`, name: `${pickText(set.name)} ${set.version}`}));
  const maps = data.rows['label-maps'].flatMap((/** @type {any} */ row) => row.versions.map((/** @type {any} */ each) => ({code: `${row.id}@${each.version}`, name: `${row.name} ${each.version}`})));
  const named = (/** @type {string} */ text) => ({id: text.split('@')[0], version: text.split('@')[1] ?? ''});
  const source = choice([{code: '', name: '–'}, ...sets], '', () => {});
  const target = choice([{code: '', name: '–'}, ...sets], '', () => {});
  const first = choice([{code: '', name: '–'}, ...maps], '', () => {});
  const second = choice([{code: '', name: '–'}, ...maps], '', () => {});
  const value = () => (first.value && second.value ? {maps: [named(first.value), named(second.value)]} : {source: named(source.value), target: named(target.value)});
  const both = maps.length
    ? el('details', {class: 'composing'}, el('summary', {text: t('Or put two maps together')}), el('div', {class: 'field-pair'}, field(t('First map'), first), field(t('then'), second)))
    : null;
  const count = tn('{count} published label set to choose from.', '{count} published label sets to choose from.', sets.length);
  const ends = el('div', {class: 'field-pair'}, field(t('From'), source, {help: count}), field(t('To'), target));
  return {elements: both ? [ends, both] : [ends], value};
}

for (const kind of KINDS) draw(kind);
