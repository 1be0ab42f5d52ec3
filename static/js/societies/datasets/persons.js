/** Subjects who are one person under several pseudonyms: recorded by an admin, never taken back. */

import {api} from '../../lib/api.js';
import {el, replaceChildren} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {table} from '../campaign_parts.js';
import {busy, notify, shortTime} from '../page.js';
import {textField} from '../releases/fields.js';

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;

/**
 * @param {HTMLElement} place
 * @param {any} data the page's data
 * @param {() => Promise<void>} changed called when persons are other ones
 */
export async function drawPersons(place, data, changed) {
  const list = el('div', {attrs: {'aria-live': 'polite'}});
  replaceChildren(place, data.can_test ? linkingForm(data, list, changed) : null, list);
  await drawList(list, data);
}

/** @param {any} data @param {HTMLElement} list @param {() => Promise<void>} changed */
function linkingForm(data, list, changed) {
  const button = el('button', {text: t('They are one person'), attrs: {type: 'submit'}});
  const fields = [textField(t('Address or id of an image of the one'), 'first'), textField(t('Address or id of an image of the other'), 'second')];
  const form = /** @type {HTMLFormElement} */ (el('form', {attrs: {novalidate: true}}, ...fields, el('p', {}, button)));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const values = new FormData(form);
    const ids = ['first', 'second'].map((name) => UUID.exec(String(values.get(name)))?.[0]);
    const missing = ids.findIndex((id) => !id);
    if (missing >= 0) {
      notify(t('Paste the address of a page that shows an image of the subject.'), {kind: 'error'});
      fields[missing]?.querySelector('input')?.focus();
      return;
    }
    void busy(button, async () => {
      await api.post(`${data.url}links/`, {first_image_id: ids[0], second_image_id: ids[1]});
      form.reset();
      notify(t('Recorded. It holds for every dataset of the society.'));
      await drawList(list, data);
      await changed();
    });
  });
  return form;
}

/** @param {HTMLElement} place @param {any} data @param {any} [shown] what is listed already */
async function drawList(place, data, shown = {links: [], next: null}) {
  const answer = await api.get(`${data.url}links/${shown.next ? `?before=${shown.next}` : ''}`);
  const links = [...shown.links, ...answer.links];
  const rows = links.map((/** @type {any} */ link) =>
    el(
      'tr',
      {},
      el('td', {}, el('code', {class: 'small', text: link.first})),
      el('td', {}, el('code', {class: 'small', text: link.second})),
      el('td', {text: link.by}),
      el('td', {class: 'numbers', text: shortTime(link.at)}),
    ),
  );
  const more = el('button', {class: 'button-small button-quiet', text: t('Older entries'), attrs: {type: 'button'}});
  more.addEventListener('click', () => void busy(more, () => drawList(place, data, {links, next: answer.next})));
  const heads = [t('Subject'), t('Same person as'), t('Recorded by'), t('When')];
  replaceChildren(
    place,
    rows.length ? el('div', {class: 'table-wrap'}, table(heads, rows)) : el('p', {class: 'muted', text: t('Nobody is recorded yet.')}),
    answer.next ? el('p', {}, more) : null,
  );
}
