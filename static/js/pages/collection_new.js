/** A new collection: its name, a short name made from it, and then on to its images. */

import {api} from '../lib/api.js';
import {el} from '../lib/dom.js';
import {byId} from '../lib/page.js';
import {busy, clearFieldErrors, pageData, showFieldErrors} from '../societies/page.js';
import {shortName} from '../societies/short_name.js';

const FIELDS = {name: 'name', slug: 'slug'};
/** @type {{societies: {slug: string, name: string, collections_url: string}[]}} */
const data = pageData();
const society = /** @type {HTMLSelectElement} */ (byId('society'));
const name = /** @type {HTMLInputElement} */ (byId('name'));
const slug = /** @type {HTMLInputElement} */ (byId('slug'));
/** True from the moment someone writes a short name of their own. */
let slugIsOwn = false;

function chosenSociety() {
  return data.societies.find((each) => each.slug === society.value) ?? data.societies[0];
}

function showPrefix() {
  byId('slug-prefix').textContent = `${chosenSociety().slug}-`;
}

async function create() {
  clearFieldErrors(FIELDS);
  const made = await api.post(chosenSociety().collections_url, {name: name.value, slug: slug.value.trim()});
  location.assign(made.upload_url);
}

function start() {
  const form = byId('collection-form');
  for (const each of data.societies) society.append(el('option', {text: each.name, attrs: {value: each.slug}}));
  byId('society-field').hidden = data.societies.length === 1;
  society.addEventListener('change', showPrefix);
  name.addEventListener('input', () => {
    if (!slugIsOwn) slug.value = shortName(name.value);
  });
  slug.addEventListener('input', () => {
    slugIsOwn = slug.value !== '';
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const button = /** @type {HTMLButtonElement} */ (form.querySelector('button.button-primary'));
    void busy(button, () => create().catch((error) => showFieldErrors(error, FIELDS)));
  });
  showPrefix();
}

start();
