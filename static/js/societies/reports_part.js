/** The reports of a campaign's images: a file or a pasted text, attached to the studies. */

import {api} from '../lib/api.js';
import {el, replaceChildren} from '../lib/dom.js';
import {t, tn} from '../lib/i18n.js';
import {busy, notify} from './page.js';

/** @import {ImageRow} from './campaign_parts.js' */

const UPLOAD_MS = 300_000;

/**
 * Draws the part once; the count follows what is attached.
 * @param {HTMLElement} place
 * @param {string} url
 * @param {ImageRow[]} images
 */
export function drawReports(place, url, images) {
  const count = el('p', {class: 'help', attrs: {'aria-live': 'polite'}});
  const file = el('input', {attrs: {id: 'reports-file', type: 'file', accept: '.json,.csv,.txt', multiple: true}});
  const image = el('select', {attrs: {id: 'reports-image'}}, ...images.map((each) => el('option', {text: each.name, attrs: {value: each.image_id}})));
  const text = el('textarea', {attrs: {id: 'reports-text', rows: 4, lang: 'ja'}});
  const attach = el('button', {text: t('Attach'), attrs: {type: 'submit'}});
  const form = el(
    'form',
    {},
    field(t('Files'), file, t('CSV or JSON with image, kind, issued_on and text, or one TXT for each image, named after it.')),
    el('details', {}, el('summary', {text: t('Paste a text')}), field(t('Image'), image), field(t('Text of the report'), text)),
    el('p', {}, attach),
  );
  const show = async () => {
    const {reports} = await api.get(url);
    count.textContent = reports ? tn('{count} report is attached.', '{count} reports are attached.', reports) : t('No report is attached yet.');
  };
  /** @param {Blob} body @param {string} name */
  const send = async (body, name) => {
    const options = {body, headers: {'Content-Type': 'application/octet-stream'}, timeoutMs: UPLOAD_MS};
    const {data} = await api.request('POST', `${url}?name=${encodeURIComponent(name)}`, options);
    return data;
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const chosen = [...(file.files ?? [])];
    if (chosen.length === 0 && !text.value.trim()) {
      notify(t('Choose a file or paste a text.'), {kind: 'error'});
      return;
    }
    void busy(attach, async () => {
      const told = {attached: 0, changed: 0, unchanged: 0};
      const add = (/** @type {typeof told} */ more) => {
        for (const key of /** @type {(keyof typeof told)[]} */ (Object.keys(told))) told[key] += more[key];
      };
      for (const one of chosen) add(await send(one, one.name));
      if (text.value.trim()) add(await send(new Blob([JSON.stringify([{image: image.value, text: text.value}])]), 'pasted.json'));
      form.reset();
      notify(t('{attached} attached, {changed} with new words, {unchanged} unchanged.', told));
      await show();
    });
  });
  replaceChildren(place, form, count);
  void show();
}

/** @param {string} label @param {HTMLElement} control @param {string} [help] */
function field(label, control, help = '') {
  return el('div', {class: 'field'}, el('label', {text: label, attrs: {for: control.id}}), control, help && el('p', {class: 'help', text: help}));
}
