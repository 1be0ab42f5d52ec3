/** The releases of a campaign: how each stands, what keeps it, and what the person before the screen may do with it. */

import {api} from '../../lib/api.js';
import {el, replaceChildren} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {busy, notify} from '../page.js';
import {nameOf} from './fields.js';

const BADGES = {requested: 'badge badge-warn', approved: 'badge badge-ok', refused: 'badge badge-danger', revoked: 'badge badge-danger'};

/**
 * @param {HTMLElement} place
 * @param {any} data the page's data
 * @param {() => Promise<void>} changed called when one was decided on
 */
export function drawReleases(place, data, changed) {
  if (data.releases.length === 0) {
    const hint = data.can_export ? t('Ask for one below.') : t('An exporter of the society can ask for one.');
    replaceChildren(place, el('div', {class: 'empty'}, el('p', {text: t('Nothing has left the society.')}), el('p', {text: hint})));
    return;
  }
  replaceChildren(place, ...data.releases.map((/** @type {any} */ release) => card(release, data, changed)));
}

/** @param {any} release @param {any} data @param {() => Promise<void>} changed */
function card(release, data, changed) {
  const words = data.words;
  const facts = [
    [t('For'), `${release.recipient} (${nameOf(words.recipient_kind, release.recipient_kind)})`],
    [t('Purpose'), nameOf(words.purpose, release.purpose)],
    [t('Tier'), nameOf(words.tier, release.tier)],
    [t('Format'), nameOf(words.format, release.format)],
    ...(release.label_maps.length ? [[t('Labels'), mapsOf(release)]] : []),
    [t('Last day'), day(release.expires_on)],
    [t('Asked for by'), `${release.requested_by}, ${day(release.requested_at)}`],
    [t('Pixels confirmed by'), release.pixels_confirmed_by || t('nobody yet')],
    ...(release.decided_by ? [[t('Decided by'), `${release.decided_by}, ${day(release.decided_at)}`]] : []),
    ...(release.reason ? [[t('Reason'), release.reason]] : []),
  ];
  const list = el('dl', {class: 'facts'}, ...facts.map(([name, value]) => el('div', {}, el('dt', {text: name}), el('dd', {text: value}))));
  return el(
    'article',
    {class: 'release', attrs: {'aria-label': release.recipient}},
    el('div', {class: 'card-head'}, el('h3', {text: release.recipient}), el('span', {class: BADGES[/** @type {'requested'} */ (release.state)], text: nameOf(words.state, release.state)})),
    list,
    keepers(release),
    actions(release, data, changed),
  );
}

/** @param {any} release @returns {string} the maps that its labels go through */
function mapsOf(release) {
  const maps = release.label_maps.map((/** @type {{id: string, version: string}} */ each) => `${each.id} ${each.version}`).join(' → ');
  return release.unmapped === 'drop' ? t('{map}; labels that it does not name are left out', {map: maps}) : maps;
}

/** @param {any} release */
function keepers(release) {
  if (release.kept_by.length === 0) return null;
  const rows = release.kept_by.map((/** @type {any} */ keeper) => el('li', {}, keeper.message, ' ', el('span', {class: 'muted', text: keeper.hint})));
  return el('div', {class: 'message message-warning'}, el('p', {text: t('It may not leave yet:')}), el('ul', {}, ...rows));
}

/** @param {any} release @param {any} data @param {() => Promise<void>} changed */
function actions(release, data, changed) {
  const row = el('div', {class: 'row release-actions'});
  const decide = (/** @type {string} */ action, /** @type {string} */ said, reason = '') => async () => {
    await api.post(`${data.urls.release}${release.id}/decision/`, {action, reason});
    notify(said);
    await changed();
  };
  if (data.can_manage && release.state === 'requested') {
    if (!release.pixels_confirmed_by) row.append(button(t('I looked: the pixels name nobody'), decide('confirm-pixels', t('Confirmed.'))));
    row.append(button(t('Approve'), decide('approve', t('The release may leave.')), 'button-primary'));
    row.append(withReason(t('Refuse'), (reason) => decide('refuse', t('The release is refused.'), reason)()));
  }
  if (data.can_manage && release.state === 'approved') row.append(withReason(t('Revoke'), (reason) => decide('revoke', t('The release is revoked.'), reason)()));
  if (data.can_export && release.state === 'approved' && release.kept_by.length === 0) {
    row.append(el('a', {class: 'button button-primary', text: t('Download'), attrs: {href: `${data.urls.release}${release.id}/download/`, download: ''}}));
  }
  return row.childElementCount ? row : null;
}

/** @param {string} text @param {() => Promise<void>} work @param {string} [kind] */
function button(text, work, kind = '') {
  const made = el('button', {text, class: kind, attrs: {type: 'button'}});
  made.addEventListener('click', () => void busy(made, work));
  return made;
}

/**
 * A button that first asks why, in place.
 * @param {string} text
 * @param {(reason: string) => Promise<void>} work
 */
function withReason(text, work) {
  const place = el('span', {class: 'row'});
  const first = el('button', {text, class: 'button-danger', attrs: {type: 'button'}});
  first.addEventListener('click', () => {
    const reason = el('input', {attrs: {type: 'text', maxlength: 500, 'aria-label': t('Reason'), placeholder: t('Reason'), autocomplete: 'off'}});
    const go = button(text, () => work(reason.value.trim()), 'button-danger');
    replaceChildren(place, reason, go);
    reason.focus();
  });
  place.append(first);
  return place;
}

/** @param {string} instant @returns {string} the day, in the form of the page's language */
export function day(instant) {
  return new Date(instant).toLocaleDateString(document.documentElement.lang, {year: 'numeric', month: 'short', day: 'numeric'});
}
