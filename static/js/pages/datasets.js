/** The datasets of a society: chosen, tried out while they are described, frozen, compared, handed out. */

import {api} from '../lib/api.js';
import {el, replaceChildren} from '../lib/dom.js';
import {t} from '../lib/i18n.js';
import {byId} from '../lib/page.js';
import {drawCounts} from '../societies/datasets/counts.js';
import {drawEditor, recipeOf} from '../societies/datasets/editor.js';
import {drawPersons} from '../societies/datasets/persons.js';
import {drawPicks} from '../societies/datasets/picks.js';
import {drawVersions} from '../societies/datasets/versions.js';
import {busy, notify, notifyError, pageData} from '../societies/page.js';
import {choiceField} from '../societies/releases/fields.js';

const TYPING_MS = 400;
const NEW = '';
const data = pageData();
const form = /** @type {HTMLFormElement} */ (byId('editor'));
/** Number of the newest question for counts; answers to older ones are not shown. */
let asked = 0;
let typing = 0;
/** @type {string} id of the dataset that is shown; empty: a new one */
let shown = data.datasets[0]?.id ?? NEW;

const current = () => data.datasets.find((/** @type {any} */ each) => each.id === shown);

async function load() {
  data.datasets = (await api.get(data.url)).datasets;
  draw();
}

function draw() {
  const words = data.datasets.map((/** @type {any} */ each) => ({code: each.id, name: each.name[document.documentElement.lang] ?? each.code}));
  const chooser = choiceField(t('Dataset to show'), 'dataset', [...words, {code: NEW, name: t('A new dataset')}], {value: shown});
  chooser.addEventListener('change', (event) => {
    shown = /** @type {HTMLSelectElement} */ (event.target).value;
    draw();
  });
  replaceChildren(byId('chooser'), chooser);
  drawVersions(byId('versions'), current(), data, freeze);
  drawEditor(form, current(), data);
  void drawPicks(byId('picks'), current(), data, count).catch(notifyError);
  void count();
}

async function count() {
  asked += 1;
  const mine = asked;
  try {
    const answer = await api.post(`${data.url}preview/`, {...recipeOf(form), dataset_id: shown || null});
    if (mine === asked) drawCounts(byId('counts'), answer.counts, data.words);
  } catch (error) {
    if (/** @type {any} */ (error)?.name !== 'ApiError') throw error;
    const refused = /** @type {any} */ (error);
    if (mine === asked) replaceChildren(byId('counts'), el('p', {class: 'muted', text: `${refused.message} ${refused.hint ?? ''}`}));
  }
}

/** @param {HTMLButtonElement} button */
function freeze(button) {
  void busy(button, async () => {
    await api.put(`${data.url}${shown}/`, recipeOf(form));
    const version = await api.post(`${data.url}${shown}/versions/`, {});
    notify(t('Version {number} is frozen.', {number: version.number}));
    await load();
  });
}

form.addEventListener('input', () => {
  clearTimeout(typing);
  typing = window.setTimeout(() => void count(), TYPING_MS);
});
form.addEventListener('submit', (event) => {
  event.preventDefault();
  const button = /** @type {HTMLButtonElement} */ (form.querySelector('button[type=submit]'));
  void busy(button, async () => {
    if (shown) await api.put(`${data.url}${shown}/`, recipeOf(form));
    else {
      const values = new FormData(form);
      const name = {ja: values.get('name_ja'), en: values.get('name_en')};
      shown = (await api.post(data.url, {...recipeOf(form), code: values.get('code'), name})).id;
    }
    notify(t('Saved. Nothing is frozen yet.'));
    await load();
  });
});
draw();
void drawPersons(byId('persons'), data, count).catch(notifyError);
