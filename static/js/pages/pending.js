/** Late confirmation: what waits for a result, and a key for each answer, so that a long list is gone through quickly. */

import {api} from '../lib/api.js';
import {el, replaceChildren} from '../lib/dom.js';
import {t, tn} from '../lib/i18n.js';
import {byId} from '../lib/page.js';
import {busy, notify, notifyError, pageData} from '../societies/page.js';
import {ANSWERS, PendingRow} from './pending/row.js';

/** @import {PendingList, PendingPage} from './pending/types.js' */

/** @type {PendingPage} */
const page = pageData();
/** @type {PendingRow[]} */
let rows = [];
/** What was told in this visit, the last one last: Z takes it back. @type {PendingRow[]} */
const told = [];
let current = 0;
let pending = page.list.pending;
let overdue = page.list.overdue;
/** The day of the result that was chosen last: results come in batches. */
const shared = {day: page.list.today, today: page.list.today};

/** @param {PendingList} list @param {boolean} isFirst */
function take(list, isFirst) {
  if (isFirst) {
    rows = [];
    told.length = 0;
    current = 0;
    replaceChildren(byId('pending'));
  }
  for (const row of list.rows) {
    const one = new PendingRow(row, list.campaigns[row.campaign_id], shared, {
      onTold: (change, isPending) => settle(one, change, isPending),
      onChosen: () => choose(rows.indexOf(one), false),
      onStale: () => void reload().catch(notifyError),
    });
    rows.push(one);
    byId('pending').append(one.element);
  }
  drawMore(list.next);
  count(list.pending, list.overdue);
  choose(current, false);
}

/** @param {number} all @param {number} late */
function count(all, late) {
  pending = Math.max(0, all);
  overdue = Math.max(0, late);
  const badge = byId('pending-count');
  badge.textContent = overdue ? t('{count}, {overdue} overdue', {count: pending, overdue}) : String(pending);
  badge.className = `badge numbers ${overdue ? 'badge-warn' : pending ? 'badge-accent' : 'badge-ok'}`;
  byId('pending-keys').hidden = rows.length === 0;
  if (rows.length === 0) replaceChildren(byId('pending'), el('div', {class: 'empty'}, el('p', {text: t('Nothing waits for a result.')})));
}

/**
 * @param {PendingRow} row @param {1 | -1} change -1: it was answered; 1: the answer was taken back
 * @param {boolean} isPending the answer was to ask later
 */
function settle(row, change, isPending) {
  count(pending + (isPending ? 0 : change), overdue + (row.wasLate ? change : 0));
  const at = told.indexOf(row);
  if (at >= 0) told.splice(at, 1);
  if (change === -1) {
    told.push(row);
    const next = rows.findIndex((one, index) => index > rows.indexOf(row) && !one.isTold);
    choose(next >= 0 ? next : rows.findIndex((one) => !one.isTold), true);
  } else choose(rows.indexOf(row), true);
}

/** @param {number} at @param {boolean} withFocus */
function choose(at, withFocus) {
  rows.forEach((row, index) => row.setCurrent(index === at));
  if (at < 0 || !rows[at]) return;
  current = at;
  if (!withFocus) return;
  rows[at].element.focus({preventScroll: true});
  rows[at].element.scrollIntoView({block: 'nearest'});
}

/** @param {string | null} next */
function drawMore(next) {
  if (!next) {
    replaceChildren(byId('pending-more'));
    return;
  }
  const button = el('button', {text: t('Show more'), attrs: {type: 'button'}});
  button.addEventListener('click', () => void busy(button, async () => take(await api.get(`${page.list_url}?after=${encodeURIComponent(next)}`), false)));
  replaceChildren(byId('pending-more'), button);
}

async function reload() {
  take(await api.get(page.list_url), true);
}

function startDays() {
  if (!page.days_url) return;
  const form = /** @type {HTMLFormElement} */ (byId('pending-days'));
  const input = el('input', {attrs: {id: 'pending-days-input', name: 'days', type: 'number', min: 1, max: 3650, required: true, value: page.days ?? 30}});
  const button = el('button', {text: t('Save'), attrs: {type: 'submit'}});
  replaceChildren(form, el('div', {}, el('label', {class: 'small muted', text: t('Days until readers are reminded'), attrs: {for: input.id}}), input), button);
  form.hidden = false;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void busy(button, async () => {
      const {days} = await api.put(String(page.days_url), {days: input.value.trim() === '' ? null : Number(input.value)});
      notify(tn('Readers are reminded after {count} day.', 'Readers are reminded after {count} days.', days));
      await reload();
    });
  });
}

function drawKeys() {
  /** @type {(string | HTMLElement)[]} */
  const parts = [];
  for (const {key, label} of ANSWERS()) parts.push(el('kbd', {text: key}), ` ${label} `);
  parts.push(el('kbd', {text: 'J'}), el('kbd', {text: 'K'}), ` ${t('next, previous')} `, el('kbd', {text: 'Z'}), ` ${t('take back')}`);
  replaceChildren(byId('pending-keys'), ...parts);
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target instanceof HTMLElement && event.target.closest('input, select, textarea')) return;
  const key = event.key.toLowerCase();
  const answer = ANSWERS().find((one) => one.key === event.key);
  if (answer) rows[current]?.tell(answer.status);
  else if (key === 'j' || key === 'arrowdown') choose(Math.min(rows.length - 1, current + 1), true);
  else if (key === 'k' || key === 'arrowup') choose(Math.max(0, current - 1), true);
  else if (key === 'z') told.at(-1)?.takeBack();
  else return;
  event.preventDefault();
}

document.addEventListener('keydown', onKey);
// What could not be sent would be lost with the page.
window.addEventListener('beforeunload', (event) => {
  if (rows.some((row) => row.isUnsent)) event.preventDefault();
});
drawKeys();
startDays();
take(page.list, true);
