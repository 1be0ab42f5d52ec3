/** A new campaign: what the chosen pack asks of readers is shown before it is made. */

import {api} from '../lib/api.js';
import {el, replaceChildren, svg} from '../lib/dom.js';
import {t, tn} from '../lib/i18n.js';
import {byId} from '../lib/page.js';
import {busy, clearFieldErrors, pageData, showFieldErrors} from '../societies/page.js';
import {granularityName} from '../societies/words.js';

const FIELDS = {
  collection_id: 'collection',
  pack: 'pack',
  name: 'name-ja',
  reads_per_image: 'reads-per-image',
  lease_minutes: 'lease-minutes',
  endpoint_id: 'endpoint',
  label_set_id: 'label-set',
  form_id: 'form',
};
const data = pageData();

/** @param {string} id @returns {HTMLSelectElement} */
const select = (id) => /** @type {HTMLSelectElement} */ (byId(id));
/** @param {string} id @returns {HTMLInputElement} */
const input = (id) => /** @type {HTMLInputElement} */ (byId(id));

/** @param {{name: string, colour: string, key: string, child: boolean}} label @returns {HTMLLIElement} */
function swatch(label) {
  const dot = svg('svg', {viewBox: '0 0 14 14', 'aria-hidden': 'true'}, svg('rect', {width: 14, height: 14, rx: 3, fill: label.colour, stroke: '#8d9798'}));
  const key = label.key ? el('kbd', {text: label.key}) : null;
  return el('li', {class: label.child ? 'child' : ''}, dot, el('span', {text: label.name}), key);
}

function drawPack() {
  const pack = data.packs.find((/** @type {any} */ each) => each.slug === select('pack').value);
  if (!pack) return;
  byId('pack-title').textContent = pack.name;
  const title = (/** @type {string} */ text) => el('h3', {class: 'preview-title', text});
  replaceChildren(
    byId('pack-preview'),
    title(t('Readers mark')),
    el('p', {text: pack.granularities.map(granularityName).join(t(', '))}),
    title(t('Labels and their keys')),
    el('ul', {class: 'swatches'}, ...(chosenOwn('label-set', 'label_sets')?.labels ?? pack.labels).map(swatch)),
    title(t('Form')),
    el('p', {text: (chosenOwn('form', 'forms')?.fields ?? pack.form).join(t(', '))}),
    title(t('Protocol')),
    el('div', {class: 'protocol', text: pack.protocol, attrs: {tabindex: '0', role: 'region', 'aria-label': t('Protocol')}}),
  );
}

/** @param {string} id of the select @param {'label_sets' | 'forms'} kind @returns {any} the society's own version that is chosen; undefined: the pack's */
function chosenOwn(id, kind) {
  return data[kind].find((/** @type {any} */ each) => each.id === select(id).value);
}

/** @param {string} id @param {'label_sets' | 'forms'} kind @param {string} society */
function offerOwn(id, kind, society) {
  const rows = data[kind].filter((/** @type {any} */ each) => each.society === society);
  const options = rows.map((/** @type {any} */ each) => el('option', {text: `${each.name} ${each.version}`, attrs: {value: each.id}}));
  replaceChildren(select(id), el('option', {text: t("the pack's"), attrs: {value: ''}}), ...options);
  return rows.length;
}

/** Offers what belongs to the collection's society: its own pack first, and its models. */
function followCollection() {
  const collection = data.collections.find((/** @type {any} */ each) => each.id === select('collection').value);
  if (!collection) return;
  if (data.packs.some((/** @type {any} */ each) => each.slug === collection.society)) select('pack').value = collection.society;
  const models = data.endpoints.filter((/** @type {any} */ each) => each.society === collection.society);
  const options = models.map((/** @type {any} */ each) => el('option', {text: each.name, attrs: {value: each.id}}));
  replaceChildren(select('endpoint'), el('option', {text: t('No model'), attrs: {value: ''}}), ...options);
  const own = offerOwn('label-set', 'label_sets', collection.society) + offerOwn('form', 'forms', collection.society);
  byId('own-versions').hidden = own === 0;
  drawPack();
}

/** @returns {boolean} whether more than one reader is to read each image */
const areSeveral = () => Number(input('reads-per-image').value) > 1;

function followReaders() {
  byId('blind-field').hidden = !areSeveral();
}

async function create() {
  clearFieldErrors(FIELDS);
  const made = await api.post(data.campaigns_url, {
    collection_id: select('collection').value,
    pack: select('pack').value,
    name: {ja: input('name-ja').value, en: input('name-en').value},
    reads_per_image: Number(input('reads-per-image').value),
    is_blind: areSeveral() ? input('is-blind').checked : null,
    lease_minutes: Number(input('lease-minutes').value),
    endpoint_id: select('endpoint').value || null,
    label_set_id: select('label-set').value || null,
    form_id: Number(select('form').value) || null,
  });
  location.assign(`/campaigns/${made.campaign_id}/`);
}

function start() {
  const form = document.getElementById('campaign-form');
  if (!(form instanceof HTMLFormElement)) return;
  for (const each of data.collections) {
    const count = tn('{count} image', '{count} images', each.images);
    select('collection').append(el('option', {text: `${each.name} (${count})`, attrs: {value: each.id}}));
  }
  for (const each of data.packs) select('pack').append(el('option', {text: each.name, attrs: {value: each.slug}}));
  select('collection').addEventListener('change', followCollection);
  for (const id of ['pack', 'label-set', 'form']) select(id).addEventListener('change', drawPack);
  input('reads-per-image').addEventListener('input', followReaders);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const button = /** @type {HTMLButtonElement} */ (form.querySelector('button.button-primary'));
    void busy(button, async () => {
      try {
        await create();
      } catch (error) {
        showFieldErrors(error, FIELDS);
      }
    });
  });
  followCollection();
  followReaders();
}

start();
