/** Asks which image is meant, among those that the reader may see. */

import {el, replaceChildren} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';

/** @import {Api} from '../../lib/api.js' */

/** @typedef {{id: string, name: string, thumbnail_url?: string}} Choice */

const TYPED_MS = 250;

/**
 * @param {{api: Api, current: Choice}} parts
 * @returns {Promise<Choice | null>} null: none
 */
export async function chooseImage({api, current}) {
  /** @type {{collections: {id: string, name: string}[]}} */
  const {collections} = await api.get('/api/collections/');
  /** @type {Choice | null} */
  let chosen = null;
  const list = el('div', {class: 'choice-list', attrs: {role: 'group', 'aria-label': t('Images')}});
  const where = el(
    'select',
    {attrs: {'aria-label': t('Collection')}, on: {change: () => void show()}},
    ...collections.map(({id, name}) => el('option', {text: name, attrs: {value: id}})),
  );
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(() => void show(), TYPED_MS);
  };
  const words = el('input', {attrs: {type: 'search', placeholder: t('Find by name'), 'aria-label': t('Find by name')}, on: {input: later}});
  const pick = (/** @type {Choice} */ choice) => {
    chosen = choice;
    dialog.close();
  };
  const row = (/** @type {Choice} */ choice, name = choice.name) =>
    el(
      'button',
      {class: 'choice', attrs: {type: 'button'}, on: {click: () => pick(choice)}},
      choice.thumbnail_url ? el('img', {attrs: {src: choice.thumbnail_url, alt: '', loading: 'lazy'}}) : null,
      el('span', {text: name}),
    );
  let asked = 0;
  const show = async () => {
    asked += 1;
    const mine = asked;
    /** @type {Choice[]} */
    const images = where.value ? (await api.get(`/api/collections/${where.value}/images/?q=${encodeURIComponent(words.value)}`)).images : [];
    if (mine !== asked) return;
    replaceChildren(list, row(current, t('The same image')), ...images.filter(({id}) => id !== current.id).map((image) => row(image)));
  };
  const dialog = el(
    'dialog',
    {class: 'choose-dialog', attrs: {'aria-labelledby': 'choose-title'}},
    el('h2', {text: t('What stands beside it?'), attrs: {id: 'choose-title'}}),
    el('div', {class: 'goto-fields'}, words, where),
    list,
    el(
      'div',
      {class: 'dialog-actions'},
      el('span', {class: 'spacer'}),
      el('button', {text: t('Close'), attrs: {type: 'button'}, on: {click: () => dialog.close()}}),
    ),
  );
  await show();
  document.body.append(dialog);
  dialog.showModal();
  list.querySelector('button')?.focus();
  await new Promise((resolve) => dialog.addEventListener('close', resolve, {once: true}));
  dialog.remove();
  return chosen;
}
