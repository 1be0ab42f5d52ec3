/** Home: the next image for readers, progress for those who run or export campaigns. */

import {api} from '../lib/api.js';
import {el, replaceChildren} from '../lib/dom.js';
import {t, tn} from '../lib/i18n.js';
import {byId} from '../lib/page.js';
import {busy, campaignState, icon, keepFresh, notify, pageData} from '../societies/page.js';

/**
 * @typedef {object} Worklist
 * @property {string} id
 * @property {string} name
 * @property {string} society
 * @property {'open' | 'closed'} state
 * @property {number} remaining
 * @property {number} done
 *
 * @typedef {object} Overview
 * @property {string} id
 * @property {string} name
 * @property {string} society
 * @property {'open' | 'closed'} state
 * @property {number} images
 * @property {number} wanted
 * @property {number} done
 * @property {boolean} can_manage
 * @property {boolean} can_export
 * @property {number} pending
 * @property {number} overdue
 *
 * @typedef {{pending: number, overdue: number}} Waiting
 */

const data = pageData();
let shown = '';

/** @param {Worklist} campaign @param {HTMLButtonElement} button */
async function takeNext(campaign, button) {
  await busy(button, async () => {
    const next = await api.post(`/api/campaigns/${campaign.id}/next/`);
    if (next) location.assign(next.url);
    else {
      notify(t('Nothing is left for you in this campaign. Thank you.'));
      await refresh();
    }
  });
}

/** @param {Worklist} campaign @param {boolean} hasKey @returns {HTMLElement} */
function worklist(campaign, hasKey) {
  const total = campaign.remaining + campaign.done;
  /** @type {HTMLElement} */
  let action = el('span', {class: 'badge', text: campaign.state === 'closed' ? campaignState('closed') : t('all read')});
  if (campaign.remaining > 0) {
    const key = hasKey ? el('kbd', {text: 'N'}) : null;
    action = el('button', {class: 'button-primary button-next', attrs: {type: 'button'}, data: hasKey ? {key: 'n'} : {}}, t('Next image'), key ?? icon('next'));
    action.addEventListener('click', () => void takeNext(campaign, /** @type {HTMLButtonElement} */ (action)));
  }
  const label = t('{done} of {total} read', {done: campaign.done, total});
  return el(
    'article',
    {class: 'worklist'},
    el(
      'div',
      {},
      el('h3', {text: campaign.name}),
      el('p', {class: 'muted small'}, `${campaign.society} · `, el('a', {text: t('Import marks'), attrs: {href: `/campaigns/${campaign.id}/import/`}})),
    ),
    action,
    el('progress', {attrs: {value: campaign.done, max: Math.max(total, 1), 'aria-label': label}}),
    el(
      'p',
      {class: 'worklist-counts small muted numbers'},
      el('span', {text: tn('{count} image left for you', '{count} images left for you', campaign.remaining)}),
      el('span', {text: tn('{count} read by you', '{count} read by you', campaign.done)}),
    ),
  );
}

/** @param {Overview} campaign @returns {HTMLTableRowElement} */
function overviewRow(campaign) {
  const url = `/campaigns/${campaign.id}/`;
  const label = t('{done} of {total} reads', {done: campaign.done, total: campaign.wanted});
  /** @type {(HTMLElement | null)[]} */
  const links = [];
  if (campaign.can_manage) links.push(el('a', {class: 'button button-small', text: t('Manage'), attrs: {href: url}}));
  if (campaign.pending) {
    const text = tn('{count} to be confirmed', '{count} to be confirmed', campaign.pending);
    const overdue = campaign.overdue ? el('span', {class: 'badge badge-warn', text: t('{overdue} overdue', {overdue: campaign.overdue})}) : null;
    links.unshift(el('a', {class: 'small', text, attrs: {href: `${url}pending/`}}), overdue);
  }
  if (campaign.can_export) links.push(el('a', {class: 'button button-small', text: t('Export'), attrs: {href: `${url}#export-title`}}));
  const badge = campaign.state === 'closed' ? 'badge' : 'badge badge-ok';
  return el(
    'tr',
    {},
    el('th', {attrs: {scope: 'row'}}, el('a', {text: campaign.name, attrs: {href: url}})),
    el('td', {class: 'muted', text: campaign.society}),
    el('td', {}, el('span', {class: badge, text: campaignState(campaign.state)})),
    el('td', {class: 'number', text: String(campaign.images)}),
    el(
      'td',
      {class: 'progress-cell'},
      el('progress', {attrs: {value: campaign.done, max: Math.max(campaign.wanted, 1), 'aria-label': label}}),
      el('span', {class: 'small muted numbers', text: label}),
    ),
    el('td', {class: 'actions'}, el('span', {class: 'row'}, ...links)),
  );
}

/** @param {Overview[]} campaigns */
function drawOverview(campaigns) {
  const heads = [t('Campaign'), t('Society'), t('State'), t('Images'), t('Progress'), ''];
  const head = el('tr', {}, ...heads.map((text, at) => el('th', {text, class: at === 3 ? 'number' : '', attrs: {scope: 'col'}})));
  byId('overview').hidden = campaigns.length === 0;
  replaceChildren(byId('overview-list'), el('table', {}, el('thead', {}, head), el('tbody', {}, ...campaigns.map(overviewRow))));
}

/** @param {Worklist[]} campaigns */
function drawReading(campaigns) {
  const first = campaigns.find((campaign) => campaign.remaining > 0);
  byId('reading').hidden = campaigns.length === 0;
  replaceChildren(byId('reading-list'), ...campaigns.map((campaign) => worklist(campaign, campaign === first)));
}

/** The reminder: what was submitted and waits for a result. @param {Waiting} waiting */
function drawWaiting({pending, overdue}) {
  const place = byId('waiting');
  place.hidden = pending === 0;
  place.classList.toggle('message-warning', overdue > 0);
  const link = el('a', {text: tn('{count} diagnosis waits for its confirmation', '{count} diagnoses wait for their confirmation', pending), attrs: {href: '/pending/'}});
  const late = overdue ? el('span', {class: 'badge badge-warn', text: t('{overdue} overdue', {overdue})}) : null;
  replaceChildren(place, link, ' ', late);
}

/** @param {{reading: Worklist[], overview: Overview[], waiting: Waiting}} state */
function draw(state) {
  const text = JSON.stringify([state.reading, state.overview, state.waiting]);
  // Drawing again takes the focus away from a button; only do it when something changed.
  if (text === shown) return;
  shown = text;
  drawWaiting(state.waiting);
  drawReading(state.reading);
  drawOverview(state.overview);
}

async function refresh() {
  draw(await api.get(data.campaigns_url));
}

document.addEventListener('keydown', (event) => {
  const typing = event.target instanceof HTMLElement && event.target.closest('input, select, textarea');
  if (event.key.toLowerCase() !== 'n' || event.ctrlKey || event.metaKey || event.altKey || typing) return;
  const button = document.querySelector('button[data-key="n"]');
  if (button instanceof HTMLButtonElement) button.click();
});

draw(data);
keepFresh(refresh);
