/** A campaign: progress by reader and image, its readers, its model. */

import {api} from '../lib/api.js';
import {el, replaceChildren} from '../lib/dom.js';
import {t} from '../lib/i18n.js';
import {byId} from '../lib/page.js';
import {drawBlind, drawImages, drawProgress, drawReaders} from '../societies/campaign_parts.js';
import {drawCells} from '../societies/cells_part.js';
import {followExportJobs} from '../societies/export_jobs.js';
import {drawReports} from '../societies/reports_part.js';
import {followExportChoices} from '../societies/export_part.js';
import {drawSuggestions} from '../societies/suggestion_part.js';
import {busy, campaignState, keepFresh, notify, pageData} from '../societies/page.js';

/** @typedef {import('../societies/campaign_parts.js').Progress} Progress */

const data = pageData();
/** @type {Progress} */
let progress = data.progress;
/** Images after the first page, loaded on request. @type {Progress['rows']} */
let laterRows = [];
/** @type {number | null} */
let nextOffset = data.progress.next_offset;
let shown = '';

async function removeReader(/** @type {Progress['readers'][number]} */ reader) {
  await api.delete(`${data.readers_url}${reader.id}/`);
  data.possible_readers.push(reader);
  notify(t('{name} is no longer in the campaign. What was submitted stays.', {name: reader.name}));
  await refresh();
}

async function addReader(/** @type {string} */ userId) {
  const person = data.possible_readers.find((/** @type {any} */ each) => String(each.id) === userId);
  await api.post(data.readers_url, {user_id: Number(userId)});
  data.possible_readers = data.possible_readers.filter((/** @type {any} */ each) => String(each.id) !== userId);
  notify(t('{name} can read now.', {name: person?.name ?? ''}));
  await refresh();
}

function drawAddReader() {
  const form = document.getElementById('add-reader');
  if (!form) return;
  if (data.possible_readers.length === 0) {
    replaceChildren(form, el('a', {class: 'small', text: t('Add people on the members page'), attrs: {href: data.members_url}}));
    return;
  }
  const options = data.possible_readers.map((/** @type {any} */ each) => el('option', {text: each.name, attrs: {value: each.id}}));
  const choice = el('select', {attrs: {'aria-label': t('Reader to add')}}, ...options);
  const button = el('button', {class: 'button-small', text: t('Add reader'), attrs: {type: 'submit'}});
  replaceChildren(form, choice, button);
}

async function setBlind(/** @type {boolean} */ isBlind) {
  progress = await api.post(data.blind_url, {is_blind: isBlind});
  notify(isBlind ? t('Readers of an image are kept apart until they have submitted.') : t('Readers of an image can look at it together.'));
  shown = '';
  draw();
}

function drawState() {
  const closed = progress.state === 'closed';
  byId('state').textContent = campaignState(progress.state);
  byId('state').className = closed ? 'badge' : 'badge badge-ok';
  const toggle = document.getElementById('toggle-state');
  if (toggle) toggle.textContent = closed ? t('Open the campaign again') : t('Close the campaign');
}

async function loadMore() {
  const page = await api.get(`${data.progress_url}?offset=${nextOffset}`);
  laterRows = [...laterRows, ...page.rows];
  nextOffset = page.next_offset;
  draw();
}

function drawMore() {
  if (nextOffset === null) {
    replaceChildren(byId('more'));
    return;
  }
  const button = el('button', {text: t('Show more images'), attrs: {type: 'button'}});
  button.addEventListener('click', () => void busy(button, loadMore));
  replaceChildren(byId('more'), button);
}

function draw() {
  const text = JSON.stringify([progress, laterRows, data.runs, data.cells, data.endpoint_id, data.possible_readers]);
  // Drawing again takes the focus away; only do it when something changed.
  if (text === shown) return;
  shown = text;
  drawState();
  drawProgress(byId('progress'), progress);
  drawReaders(byId('readers'), progress, data.can_manage ? removeReader : null);
  drawBlind(byId('blind'), progress, data.can_manage ? setBlind : null);
  drawAddReader();
  drawImages(byId('images'), [...progress.rows, ...laterRows], progress);
  drawMore();
  if (!data.can_manage) return;
  drawSuggestions(byId('suggestions'), data, refresh);
  drawCells(byId('cells'), data, [...progress.rows, ...laterRows], refresh);
}

async function refresh() {
  progress = await api.get(data.progress_url);
  if (laterRows.length === 0) nextOffset = progress.next_offset;
  if (data.runs_url) data.runs = await api.get(data.runs_url);
  if (data.cells_url) data.cells = (await api.get(data.cells_url)).layers;
  draw();
}

function start() {
  if (data.reports_url) drawReports(byId('reports'), data.reports_url, progress.rows);
  const form = document.getElementById('add-reader');
  form?.addEventListener('submit', (event) => {
    event.preventDefault();
    const choice = form.querySelector('select');
    const button = form.querySelector('button');
    if (choice && button) void busy(button, () => addReader(choice.value));
  });
  const toggle = document.getElementById('toggle-state');
  if (toggle instanceof HTMLButtonElement) {
    toggle.addEventListener('click', () =>
      void busy(toggle, async () => {
        const state = progress.state === 'closed' ? 'open' : 'closed';
        progress = await api.post(data.state_url, {state});
        notify(state === 'closed' ? t('No more images are handed out. Reads that are open can be finished.') : t('Images are handed out again.'));
        draw();
      }),
    );
  }
  if (document.getElementById('export-list')) followExportChoices(followExportJobs(data).ask);
  draw();
  keepFresh(refresh, {socketPath: `/ws/campaigns/${data.id}/`});
}

start();
