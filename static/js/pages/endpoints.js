/** Model endpoints: how each fares, checking it now, registering another. */

import {api} from '../lib/api.js';
import {el, replaceChildren} from '../lib/dom.js';
import {t} from '../lib/i18n.js';
import {byId} from '../lib/page.js';
import {table} from '../societies/campaign_parts.js';
import {parseLabelMap} from '../societies/label_map.js';
import {busy, clearFieldErrors, notify, pageData, shortTime, showFieldErrors} from '../societies/page.js';

const FIELDS = {name: 'name', society: 'society', url: 'url', model_name: 'model_name', task: 'task', label_map: 'label_map'};
const data = pageData();

/** @param {any} endpoint @returns {HTMLElement} */
function state(endpoint) {
  if (!endpoint.last_state) return el('span', {class: 'badge', text: t('not checked yet')});
  const fine = endpoint.last_state === 'ok';
  const version = endpoint.last_version ? t('version {version}', {version: endpoint.last_version}) : '';
  const facts = [version, shortTime(endpoint.last_checked_at)].filter(Boolean).join(' · ');
  return el(
    'div',
    {class: 'endpoint-state'},
    el('span', {class: fine ? 'badge badge-ok' : 'badge badge-danger', text: endpoint.message}),
    fine ? null : el('p', {class: 'small', text: endpoint.hint}),
    endpoint.blocked_until ? el('p', {class: 'small', text: t('Left alone until {time}.', {time: shortTime(endpoint.blocked_until)})}) : null,
    el('p', {class: 'small muted numbers', text: facts}),
  );
}

/** @param {any} endpoint @returns {HTMLTableRowElement} */
function row(endpoint) {
  const task = data.tasks.find((/** @type {any} */ each) => each.code === endpoint.task)?.name ?? endpoint.task;
  const button = el('button', {class: 'button-small', text: t('Check now'), attrs: {type: 'button'}});
  button.addEventListener('click', () => void busy(button, () => check(endpoint)));
  return el(
    'tr',
    {},
    el('th', {attrs: {scope: 'row'}}, endpoint.name, el('div', {class: 'muted small', text: data.owners[endpoint.id] ?? ''})),
    el('td', {}, el('code', {text: endpoint.model_name}), el('div', {class: 'muted small', text: endpoint.url})),
    el('td', {text: task}),
    el('td', {}, state(endpoint)),
    el('td', {class: 'actions'}, endpoint.can_manage ? button : null),
  );
}

/** @param {any} endpoint */
async function check(endpoint) {
  const answer = await api.post(`${data.endpoints_url}${endpoint.id}/check/`);
  data.endpoints = data.endpoints.map((/** @type {any} */ each) => (each.id === answer.id ? answer : each));
  notify(`${answer.name}: ${answer.message}`, {kind: answer.last_state === 'ok' ? 'success' : 'error', hint: answer.hint});
  draw();
}

function draw() {
  if (data.endpoints.length === 0) {
    const text = t('No model is registered yet. The campaigns work without one.');
    replaceChildren(byId('endpoints'), el('div', {class: 'empty'}, el('p', {text})));
    return;
  }
  const heads = [t('Name'), t('Model and address'), t('Proposes'), t('Last state'), ''];
  replaceChildren(byId('endpoints'), table(heads, data.endpoints.map(row)));
}

/** @param {HTMLFormElement} form */
async function register(form) {
  clearFieldErrors(FIELDS);
  const values = Object.fromEntries(new FormData(form));
  const made = await api.post(data.endpoints_url, {...values, label_map: parseLabelMap(String(values.label_map ?? ''))});
  data.owners[made.id] = data.societies.find((/** @type {any} */ each) => each.slug === values.society)?.name ?? '';
  data.endpoints = [...data.endpoints, made];
  form.reset();
  draw();
  await check(made);
}

function start() {
  const form = /** @type {HTMLFormElement} */ (byId('register'));
  for (const each of data.societies) byId('society').append(el('option', {text: each.name, attrs: {value: each.slug}}));
  for (const each of data.tasks) byId('task').append(el('option', {text: each.name, attrs: {value: each.code}}));
  byId('society-field').hidden = data.societies.length === 1;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const button = /** @type {HTMLButtonElement} */ (form.querySelector('button'));
    void busy(button, async () => {
      try {
        await register(form);
      } catch (error) {
        showFieldErrors(error, FIELDS);
      }
    });
  });
  draw();
}

start();
