/** The versions of a dataset: frozen, compared, handed out. */

import {api} from '../../lib/api.js';
import {el, replaceChildren} from '../../lib/dom.js';
import {language, t} from '../../lib/i18n.js';
import {numberHead, table} from '../campaign_parts.js';
import {busy, shortTime} from '../page.js';
import {choiceField} from '../releases/fields.js';

/**
 * @param {HTMLElement} place
 * @param {any} dataset undefined: a new one, which has none
 * @param {any} data the page's data
 * @param {(button: HTMLButtonElement) => void} freeze
 */
export function drawVersions(place, dataset, data, freeze) {
  if (!dataset) {
    replaceChildren(place, el('p', {class: 'muted', text: t('Describe it, look at the counts, and make it. Then freeze its first version.')}));
    return;
  }
  const url = `${data.url}${dataset.id}/`;
  const button = el('button', {class: 'button-primary', text: t('Freeze version {number}', {number: dataset.versions.length + 1}), attrs: {type: 'button'}});
  button.addEventListener('click', () => freeze(button));
  const rows = dataset.versions.map((/** @type {any} */ version) => versionRow(version, url)).reverse();
  const heads = [t('Version'), t('Frozen'), t('By'), ...data.words.split.map((/** @type {any} */ word) => numberHead(word.name)), t('Datasheet')];
  replaceChildren(
    place,
    rows.length ? el('div', {class: 'table-wrap'}, table(heads, rows)) : el('p', {class: 'muted', text: t('No version is frozen yet.')}),
    el('p', {}, button),
    rows.length ? handOut(dataset, data, url) : null,
    rows.length > 1 ? comparing(dataset, url) : null,
  );
}

/** @param {any} version @param {string} url */
function versionRow(version, url) {
  const splits = Object.values(version.counts.splits).map((/** @type {any} */ count) => el('td', {class: 'number', text: String(count.persons)}));
  const sheet = el('a', {text: t('Datasheet'), attrs: {href: `${url}versions/${version.number}/datasheet/?language=${language()}`, download: true}});
  return el(
    'tr',
    {data: {version: String(version.number)}},
    el('td', {attrs: {title: version.digest}, text: String(version.number)}),
    el('td', {class: 'numbers', text: shortTime(version.frozen_at)}),
    el('td', {text: version.frozen_by}),
    ...splits,
    el('td', {class: 'nowrap'}, sheet),
  );
}

/** @param {any} dataset */
const numbers = (dataset) => dataset.versions.map((/** @type {any} */ each) => ({code: String(each.number), name: String(each.number)})).reverse();

/** @param {any} dataset @param {any} data @param {string} url */
function handOut(dataset, data, url) {
  const may = {train: data.can_train, tune: data.can_train, test: data.can_test, quarantine: false};
  const splits = data.words.split.filter((/** @type {any} */ word) => may[/** @type {'train'} */ (word.code)]);
  const place = el('div', {class: 'field-pair'});
  const link = el('a', {class: 'button', text: t('Download'), attrs: {download: true}});
  const locked = el('p', {class: 'muted small', text: t('The test split is for evaluation only. That you take it is recorded under your name.')});
  const leaking = el('p', {class: 'message message-warning leaking', attrs: {hidden: true}, text: t('A person was found to be in two splits of this version. Freeze a new one; it puts them into quarantine.')});
  const elsewhere = el('p', {class: 'message message-warning elsewhere', attrs: {hidden: true}});
  const version = () => dataset.versions.find((/** @type {any} */ each) => String(each.number) === chosen('version')) ?? dataset.versions.at(-1);
  const chosen = (/** @type {string} */ name) => /** @type {HTMLSelectElement | null} */ (place.querySelector(`#field-${name}`))?.value ?? '';
  const warn = async (/** @type {string} */ number) => {
    const detail = await api.get(`${url}versions/${number}/`);
    if (number !== chosen('version')) return;
    leaking.hidden = detail.leaks.length === 0;
    elsewhere.hidden = detail.elsewhere.length === 0;
    elsewhere.textContent = t('{number} persons are tested with in one dataset of the society and learned from in another. Freeze a new version; it puts them into quarantine.', {number: detail.elsewhere.length});
  };
  const fill = () => {
    const campaigns = version().campaigns.map((/** @type {any} */ each) => ({code: each.id, name: each.name[language()]}));
    const value = (/** @type {string} */ name) => ({value: chosen(name)});
    replaceChildren(
      place,
      choiceField(t('Version'), 'version', numbers(dataset), value('version')),
      choiceField(t('Split'), 'split', splits, value('split')),
      choiceField(t('Campaign'), 'campaign', campaigns, value('campaign')),
      choiceField(t('Format'), 'format', data.words.format, value('format')),
    );
    const tested = chosen('split') === 'test';
    const asked = new URLSearchParams({split: chosen('split'), format: chosen('format'), campaign: chosen('campaign'), purpose: tested ? 'evaluation' : 'training'});
    void warn(chosen('version'));
    link.href = `${url}versions/${chosen('version')}/export/?${asked}`;
    locked.hidden = !tested;
  };
  place.addEventListener('change', (event) => {
    const id = /** @type {HTMLElement} */ (event.target).id;
    fill();
    /** @type {HTMLElement | null} */ (place.querySelector(`#${id}`))?.focus();
  });
  fill();
  return el('div', {class: 'hand-out'}, el('h3', {text: t('Hand out')}), place, leaking, elsewhere, locked, el('p', {}, link));
}

/** @param {any} dataset @param {string} url */
function comparing(dataset, url) {
  const button = el('button', {text: t('Compare'), attrs: {type: 'submit'}});
  const answer = el('div', {attrs: {'aria-live': 'polite'}});
  const words = numbers(dataset);
  const before = choiceField(t('From version'), 'before', words, {value: words[1].code});
  const after = choiceField(t('To version'), 'after', words, {value: words[0].code});
  const form = el('form', {class: 'compare', attrs: {novalidate: true}}, el('h3', {text: t('Compare two versions')}), el('div', {class: 'field-pair'}, before, after), el('p', {}, button), answer);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const asked = Object.fromEntries(new FormData(form));
    void busy(button, async () => {
      const found = await api.get(`${url}compare/?before=${asked.before}&after=${asked.after}`);
      const said = [
        [t('came'), found.came.count],
        [t('went'), found.went.count],
        [t('moved into quarantine'), found.moved.count],
        [t('with other labels, reads or marks'), found.changed.count],
        [t('the same'), found.same],
      ];
      const rows = said.map(([name, count]) => el('tr', {}, el('td', {text: name}), el('td', {class: 'number', text: String(count)})));
      replaceChildren(answer, el('div', {class: 'table-wrap'}, table([t('Difference'), numberHead(t('images'))], rows)));
    });
  });
  return form;
}
