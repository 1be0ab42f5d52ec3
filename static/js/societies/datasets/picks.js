/** Images that are picked for a dataset or left out of it by hand, with who said so, when and why. */

import {api} from '../../lib/api.js';
import {el, replaceChildren} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {table} from '../campaign_parts.js';
import {busy, notify, shortTime} from '../page.js';
import {textField} from '../releases/fields.js';

const UUIDS = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

/**
 * @param {HTMLElement} place
 * @param {any} dataset undefined: a new one, which has none
 * @param {any} data the page's data
 * @param {() => Promise<void>} changed called when the next version is another one
 */
export async function drawPicks(place, dataset, data, changed) {
  if (!dataset) {
    replaceChildren(place, el('p', {class: 'muted', text: t('Make the dataset first.')}));
    return;
  }
  const url = `${data.url}${dataset.id}/picks/`;
  const list = el('div', {attrs: {'aria-live': 'polite'}});
  /** @param {any} said */
  const show = (said) => drawList(list, said, url, say);
  /** @param {string[]} images @param {string} choice @param {string} reason */
  const say = async (images, choice, reason) => {
    show(await api.post(url, {image_ids: images, choice, reason}));
    await changed();
  };
  replaceChildren(place, askingForm(say), list);
  show(await api.get(url));
}

/** @param {(images: string[], choice: string, reason: string) => Promise<void>} say */
function askingForm(say) {
  const images = textField(t('Addresses or ids of images'), 'images', {maxlength: 20_000});
  const why = textField(t('Why'), 'why', {maxlength: 300});
  const take = el('button', {text: t('Pick'), attrs: {type: 'submit', value: 'in'}});
  const leave = el('button', {text: t('Leave out'), attrs: {type: 'submit', value: 'out'}});
  const form = el('form', {attrs: {novalidate: true}}, images, why, el('p', {class: 'row'}, take, leave));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const button = /** @type {HTMLButtonElement} */ (/** @type {SubmitEvent} */ (event).submitter ?? take);
    const values = new FormData(/** @type {HTMLFormElement} */ (form));
    const found = [...new Set(String(values.get('images')).toLowerCase().match(UUIDS) ?? [])];
    const reason = String(values.get('why')).trim();
    if (found.length === 0 || !reason) {
      notify(found.length === 0 ? t('Paste the addresses of pages that show the images.') : t('Say why.'), {kind: 'error'});
      /** @type {HTMLInputElement | null} */ (form.querySelector(found.length === 0 ? '#field-images' : '#field-why'))?.focus();
      return;
    }
    void busy(button, async () => {
      await say(found, button.value, reason);
      /** @type {HTMLFormElement} */ (form).reset();
      notify(button.value === 'in' ? t('Picked for the next version.') : t('Left out of the next version.'));
    });
  });
  return form;
}

/**
 * @param {HTMLElement} place
 * @param {any} said as the API tells it
 * @param {string} url
 * @param {(images: string[], choice: string, reason: string) => Promise<void>} say
 */
function drawList(place, said, url, say) {
  const entries = said.entries.map((/** @type {any} */ entry) => row(entry, say));
  const more = el('button', {class: 'button-small button-quiet', text: t('Older entries'), attrs: {type: 'button'}});
  more.addEventListener('click', () =>
    void busy(more, async () => {
      const older = await api.get(`${url}?before=${said.next}`);
      drawList(place, {...older, entries: [...said.entries, ...older.entries]}, url, say);
    }),
  );
  const heads = [t('Image'), t('What'), t('Why'), t('Recorded by'), t('When'), ''];
  replaceChildren(
    place,
    el('p', {class: 'muted small', text: t('Picked: {picked}. Left out: {left}.', {picked: said.picked, left: said.left_out})}),
    entries.length ? el('div', {class: 'table-wrap'}, table(heads, entries)) : null,
    said.next === null ? null : el('p', {}, more),
  );
}

/** @param {any} entry @param {(images: string[], choice: string, reason: string) => Promise<void>} say */
function row(entry, say) {
  /** @type {Record<string, string>} */
  const words = {in: t('picked'), out: t('left out'), query: t('left to the query')};
  const name = entry.name || entry.image.slice(0, 8);
  const back = el('button', {class: 'button-small button-quiet', text: t('Leave to the query'), attrs: {type: 'button', 'aria-label': `${t('Leave to the query')}: ${name}`}});
  back.addEventListener('click', () => void busy(back, () => say([entry.image], 'query', t('taken back'))));
  return el(
    'tr',
    {class: entry.counts ? '' : 'muted'},
    el('td', {}, entry.name ? el('a', {text: name, attrs: {href: `/images/${entry.image}/`}}) : el('code', {text: name, attrs: {title: entry.image}})),
    el('td', {class: 'nowrap', text: words[entry.choice]}),
    el('td', {text: entry.reason}),
    el('td', {text: entry.by}),
    el('td', {class: 'numbers', text: shortTime(entry.at)}),
    el('td', {}, entry.counts ? back : null),
  );
}
