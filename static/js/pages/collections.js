/** The page of one collection: a grid of images, narrowed by text and kind, longer on demand. */

import {api, ApiError} from '../lib/api.js';
import {el, replaceChildren} from '../lib/dom.js';
import {t, tn} from '../lib/i18n.js';

/**
 * @typedef {object} Listed
 * @property {string} id
 * @property {string} name
 * @property {'slide' | 'frames' | 'photograph' | 'video'} kind
 * @property {string} modality
 * @property {number} width level-0 px
 * @property {number} height level-0 px
 * @property {number} frame_count
 * @property {string} thumbnail_url
 * @property {string} created_at
 */

/** @type {{images: Listed[], next: string | null, images_url: string, image_page_url: string, total: number}} */
const page = JSON.parse(document.getElementById('page-data')?.textContent ?? '{}');
const PAUSE_MS = 250;

/** @template {HTMLElement} T @param {string} id @param {new () => T} kind @returns {T} */
function part(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`The page has no ${id}.`);
  return found;
}

const grid = part('images', HTMLElement);
const more = part('images-more', HTMLButtonElement);
const status = part('images-status', HTMLElement);
const text = part('images-q', HTMLInputElement);
const kind = part('images-kind', HTMLSelectElement);
const numbers = new Intl.NumberFormat(document.documentElement.lang);

/** @type {string | null} */
let next = null;
/** @type {AbortController | null} */
let asking = null;

/** @returns {Record<Listed['kind'], string>} */
const kinds = () => ({slide: t('Slide'), frames: t('Frames'), photograph: t('Photograph'), video: t('Video')});
const kindNames = kinds();

/** @param {Listed} image @returns {HTMLElement} */
function card(image) {
  const size = `${numbers.format(image.width)} × ${numbers.format(image.height)}`;
  const frames = image.frame_count > 1 ? tn('{count} frame', '{count} frames', image.frame_count) : null;
  const picture = el('img', {attrs: {src: image.thumbnail_url, alt: '', loading: 'lazy', decoding: 'async'}});
  const frame = el('span', {class: 'image-picture'}, picture);
  picture.addEventListener('error', () => frame.classList.add('is-missing'), {once: true});
  return el('li', {},
    el('a', {class: 'image-card', attrs: {href: page.image_page_url.replace('{id}', image.id), title: image.name}},
      frame,
      el('span', {class: 'image-name', text: image.name}),
      el('span', {class: 'image-facts numbers'},
        el('span', {class: 'badge', text: `${kindNames[image.kind]} · ${image.modality}`}),
        el('span', {text: [size, frames].filter(Boolean).join(' · ')}),
      ),
    ),
  );
}

/**
 * @param {{images: Listed[], next: string | null}} answer
 * @param {{append: boolean}} options
 */
function show(answer, {append}) {
  const cards = answer.images.map(card);
  if (append) grid.append(...cards);
  else replaceChildren(grid, ...cards);
  next = answer.next;
  more.hidden = next === null;
  const nothing = grid.childElementCount === 0;
  status.textContent = nothing && page.total > 0 ? t('No image matches.') : '';
  if (append) /** @type {HTMLElement | null} */ (cards[0]?.querySelector('a'))?.focus({preventScroll: true});
}

/** @param {{append: boolean}} options */
async function ask({append}) {
  asking?.abort();
  const mine = new AbortController();
  asking = mine;
  const query = new URLSearchParams();
  if (text.value.trim()) query.set('q', text.value.trim());
  if (kind.value) query.set('kind', kind.value);
  history.replaceState(null, '', query.size > 0 ? `?${query}` : location.pathname);
  if (append && next) query.set('after', next);
  more.disabled = true;
  try {
    show(await api.get(`${page.images_url}?${query}`, {signal: mine.signal}), {append});
  } catch (error) {
    if (mine.signal.aborted) return;
    status.textContent = error instanceof ApiError ? `${error.message} ${error.hint}` : String(error);
  } finally {
    if (asking === mine) more.disabled = false;
  }
}

let timer = 0;
text.addEventListener('input', () => {
  clearTimeout(timer);
  timer = window.setTimeout(() => void ask({append: false}), PAUSE_MS);
});
kind.addEventListener('change', () => void ask({append: false}));
more.addEventListener('click', () => void ask({append: true}));

const asked = new URLSearchParams(location.search);
text.value = asked.get('q') ?? '';
kind.value = [...kind.options].some((option) => option.value === asked.get('kind')) ? (asked.get('kind') ?? '') : '';
show(page, {append: false});
if (text.value || kind.value) void ask({append: false});
