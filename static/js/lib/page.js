/** What a page of one big picture does first: finds its places, opens, and says so when that fails. */

import {ApiError} from './api.js';
import {el, replaceChildren} from './dom.js';
import {t} from './i18n.js';
import {fetchTheRest} from './later.js';

/**
 * Finds an element that the template promises.
 * @template {HTMLElement} T
 * @param {string} id
 * @returns {T}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return /** @type {T} */ (found);
}

/**
 * Reads what the server wrote into the page.
 * @param {string} id of the element
 * @returns {any}
 */
export const dataOf = (id) => JSON.parse(byId(id).textContent ?? '{}');

/**
 * Opens the page with the data that the server wrote into it; a refusal is shown with what to do next.
 * @param {(data: any) => Promise<void>} open
 */
export async function startPage(open) {
  const loading = byId('loading');
  try {
    await open(dataOf('page-data'));
    loading.hidden = true;
    document.body.classList.add('is-ready');
    // The benchmark and the budget of scripts read it.
    performance.mark('mitate:ready');
    void fetchTheRest().then(() => (document.body.dataset.fetched = 'all'));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    replaceChildren(
      loading,
      el('p', {text: error.message, attrs: {role: 'alert'}}),
      error.hint ? el('p', {class: 'muted', text: error.hint}) : null,
      el('button', {text: t('Try again'), attrs: {type: 'button'}, on: {click: () => location.reload()}}),
    );
  }
}
