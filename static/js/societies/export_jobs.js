/** Exports that the worker makes: asked for, followed, cancelled, fetched; and those that were made before. */

import {newId} from '../annotation/ids.js';
import {api} from '../lib/api.js';
import {el, replaceChildren} from '../lib/dom.js';
import {t} from '../lib/i18n.js';
import {byId} from '../lib/page.js';
import {bytes} from '../pages/upload/bytes.js';
import {busy, icon, notify, notifyError, shortTime} from './page.js';

/** @typedef {{id: string, format: string, drafts: boolean, label_maps: {id: string, version: string}[], state: string, cases: number, done: number, size_bytes: number, sha256: string, file_name: string, file_url: string | null, removed_for: string | null, error: {code: string, message: string, hint: string, place: string} | null, requested_by: string, created_at: string, kept_until: string | null}} Job */

/** Small exports are made within a second: asked soon at first. */
const SOON_MS = 300;
const LATER_MS = 1500;
const SOON_COUNT = 10;
const SHOWN = 3;
/** @type {Record<string, string>} */
const BADGES = {
  waiting: 'badge',
  working: 'badge badge-accent',
  done: 'badge badge-ok',
  failed: 'badge badge-danger',
  cancelled: 'badge',
  removed: 'badge',
};

/**
 * Draws the exports of a campaign and follows those that are on their way.
 * @param {{exports: Job[], exports_url: string}} data of the page
 * @returns {{ask: (wanted: Record<string, any>) => Promise<void>}} asks for an export, and fetches its file when it is made
 */
export function followExportJobs(data) {
  /** @type {Set<string>} Those that were asked for on this page, to be fetched as soon as they are made. */
  const awaited = new Set();
  let jobs = data.exports;
  let all = false;
  let asked = 0;
  let timer = 0;

  function draw() {
    const shown = all ? jobs : jobs.slice(0, SHOWN);
    const more = el('button', {class: 'button-small button-quiet', text: t('Show all {number}', {number: jobs.length}), attrs: {type: 'button'}});
    more.addEventListener('click', () => {
      all = true;
      draw();
    });
    replaceChildren(
      byId('export-jobs'),
      ...(jobs.length ? [el('h3', {class: 'export-group', text: t('Exports made by the server')})] : []),
      el('ul', {class: 'runs'}, ...shown.map((job) => item(job, refresh))),
      ...(jobs.length > shown.length ? [more] : []),
    );
  }

  async function refresh() {
    window.clearTimeout(timer);
    jobs = (await api.get(data.exports_url)).exports;
    for (const job of jobs.filter(({id}) => awaited.has(id))) arrived(job);
    draw();
    schedule();
  }

  /** @param {Job} job */
  function arrived(job) {
    if (['waiting', 'working'].includes(job.state)) return;
    awaited.delete(job.id);
    if (job.state === 'done') fetchFile(job);
    else if (job.error) notify(job.error.message, {kind: 'error', hint: job.error.hint});
  }

  function schedule() {
    if (!jobs.some(({state}) => state === 'waiting' || state === 'working')) {
      asked = 0;
      return;
    }
    asked += 1;
    timer = window.setTimeout(() => void refresh().catch(later), asked <= SOON_COUNT ? SOON_MS : LATER_MS);
  }

  /** The server does not answer for a while: asked again, without a message each time. */
  function later() {
    timer = window.setTimeout(() => void refresh().catch(later), LATER_MS * 4);
  }

  draw();
  schedule();
  return {
    ask: async (wanted) => {
      try {
        const job = /** @type {Job} */ (await api.post(data.exports_url, {request_id: newId(), ...wanted}));
        awaited.add(job.id);
        notify(t('The server makes the export; the file is fetched when it is ready. You may leave this page.'));
        asked = 0;
        await refresh();
      } catch (error) {
        notifyError(error);
      }
    },
  };
}

/** @param {Job} job */
function fetchFile(job) {
  el('a', {attrs: {href: job.file_url ?? '', download: job.file_name}}).click();
}

/** @param {Job} job @param {() => Promise<void>} refresh @returns {HTMLElement} */
function item(job, refresh) {
  const open = job.state === 'waiting' || job.state === 'working';
  return el(
    'li',
    {attrs: {'data-job': job.id}},
    el(
      'p',
      {class: 'run-head'},
      el('span', {text: titleOf(job)}),
      el('span', {class: BADGES[job.state] ?? 'badge', text: stateName(job)}),
      open ? ending(job, t('Cancel the export as {format}', {format: titleOf(job)}), refresh) : null,
      job.state === 'done' ? ending(job, t('Remove the file of the export as {format}', {format: titleOf(job)}), refresh) : null,
    ),
    job.state === 'working' && job.cases > 0 ? progressOf(job) : null,
    el('p', {class: 'small muted numbers', text: facts(job)}),
    job.error ? el('p', {class: 'small', text: [job.error.message, job.error.hint, job.error.place].filter(Boolean).join(' ')}) : null,
    job.state === 'done' ? download(job) : null,
  );
}

/** @param {Job} job @returns {HTMLElement} */
function progressOf(job) {
  return el('progress', {attrs: {max: String(job.cases), value: String(job.done), 'aria-label': t('Export as {format}', {format: titleOf(job)})}});
}

/** @param {Job} job @returns {HTMLElement} */
function download(job) {
  const link = el('a', {text: t('Download'), attrs: {href: job.file_url ?? '', download: job.file_name, title: `SHA-256 ${job.sha256}`}});
  const until = el('span', {class: 'small muted', text: t('kept until {time}', {time: shortTime(job.kept_until)})});
  return el('p', {class: 'row'}, link, until);
}

/** @param {Job} job @param {string} name @param {() => Promise<void>} refresh @returns {HTMLElement} */
function ending(job, name, refresh) {
  const button = el('button', {class: 'button-small button-quiet', attrs: {type: 'button', 'aria-label': name, title: name}}, icon('remove'));
  button.addEventListener('click', () =>
    void busy(button, async () => {
      await api.delete(`/api/export-jobs/${job.id}/`);
      await refresh();
    }),
  );
  return button;
}

/** @param {Job} job @returns {string} */
function facts(job) {
  const cases = job.state === 'working' && job.cases > 0 ? t('{done} of {all} cases', {done: job.done.toLocaleString(), all: job.cases.toLocaleString()}) : '';
  const size = job.size_bytes > 0 && job.state !== 'failed' ? bytes(job.size_bytes) : '';
  const maps = job.label_maps.map(({id, version}) => `${id} ${version}`).join(' → ');
  return [cases, size, job.drafts ? t('with drafts') : '', maps ? t('labels under {map}', {map: maps}) : '', job.requested_by, shortTime(job.created_at)].filter(Boolean).join(' · ');
}

/** @param {Job} job @returns {string} what the card calls the format */
function titleOf(job) {
  const link = document.querySelector(`#export-list a[data-format="${job.format}"]`);
  return link?.textContent?.trim() || (job.format === 'crops' ? t('Pictures') : job.format);
}

/** @param {Job} job @returns {string} */
function stateName(job) {
  /** @type {Record<string, string>} */
  const reasons = {age: t('removed: too old'), space: t('removed: to make room'), withdrawal: t('removed: a subject withdrew'), person: t('file removed')};
  /** @type {Record<string, string>} */
  const names = {
    waiting: t('waiting'),
    working: t('being made'),
    done: t('ready'),
    failed: t('failed'),
    cancelled: t('cancelled'),
    removed: reasons[job.removed_for ?? ''] ?? t('file removed'),
  };
  return names[job.state] ?? job.state;
}
