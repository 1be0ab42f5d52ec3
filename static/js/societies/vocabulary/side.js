/** Beside an editor: whether all is saved, what differs, what is wrong; publishing, discarding, and the versions so far. */

import {api} from '../../lib/api.js';
import {el, replaceChildren} from '../../lib/dom.js';
import {t, tn} from '../../lib/i18n.js';
import {byId} from '../../lib/page.js';
import {table} from '../campaign_parts.js';
import {busy, notify, notifyError, shortTime} from '../page.js';
import {countChanges, drawChanges} from './changes.js';
import {button, field, textInput} from './fields.js';

/** @import {Draft} from './draft.js' */

/** @param {HTMLElement} place @param {Draft} draft */
export function drawState(place, draft) {
  /** @type {Record<Draft['state'], string>} */
  const words = {
    saved: t('Saved on the server {time}', {time: shortTime(draft.server.saved_at)}),
    waiting: t('Not saved yet …'),
    saving: t('Saving …'),
    offline: t('Not saved: the server cannot be reached. It is tried again; stay on this page.'),
    refused: t('Not saved: {reason}', {reason: [draft.error?.message, draft.error?.hint].filter(Boolean).join(' ')}),
    gone: t('Somebody published or discarded this draft. What you see is only on this page.'),
  };
  const bad = draft.state === 'offline' || draft.state === 'refused' || draft.state === 'gone';
  place.className = bad ? 'message message-warning' : 'muted small';
  place.textContent = words[draft.state];
  place.dataset.state = draft.state;
}

/**
 * @param {HTMLElement} place
 * @param {Draft} draft
 * @param {any} data the page's data
 */
export function drawPublishing(place, draft, data) {
  const {problems, warnings, changes, compared_with: version} = draft.server;
  const wrong = problems.length
    ? el('div', {class: 'message message-warning'}, el('p', {text: tn('{count} thing must be corrected before it can be published.', '{count} things must be corrected before it can be published.', problems.length)}))
    : null;
  const faults = problems.slice(0, 8).map((problem) => el('li', {class: 'small'}, el('code', {text: problem.pointer}), ` ${problem.message}`));
  const lacking = warnings.map(({pointer, message}) => el('li', {class: 'small'}, el('code', {text: pointer}), ` ${message}`));
  const doubts = lacking.length ? el('details', {class: 'doubts'}, el('summary', {text: tn('{count} code is not in the table of this site. It can be published all the same.', '{count} codes are not in the tables of this site. They can be published all the same.', lacking.length)}), el('ul', {class: 'faults'}, ...lacking)) : null;
  const input = textInput(nextVersion(data.versions.map((/** @type {any} */ row) => row.version)), () => {}, {maxlength: 16, spellcheck: 'false'});
  const publish = el('button', {class: 'button-primary', text: t('Publish'), attrs: {type: 'submit', disabled: problems.length > 0 || countChanges(changes) === 0}});
  const form = el('form', {class: 'publish', attrs: {novalidate: true}}, field(t('Version'), input, {help: t('A published version never changes.')}), publish);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void busy(publish, async () => {
      if (!(await draft.flush())) return;
      await api.post(`${draft.url}publish/`, {version: input.value.trim()}, {ifMatch: draft.server.revision});
      location.reload();
    });
  });
  const difference = el('div', {});
  drawChanges(difference, changes, version);
  replaceChildren(place, difference, wrong, faults.length ? el('ul', {class: 'faults'}, ...faults) : null, doubts, form, discarding(draft));
}

/** @param {Draft} draft */
function discarding(draft) {
  const sure = el('span', {class: 'row', attrs: {hidden: true}}, el('span', {text: t('All of it?')}));
  const first = button(t('Discard the draft'), () => {
    sure.hidden = false;
    first.hidden = true;
    /** @type {HTMLElement} */ (sure.querySelector('button')).focus();
  }, {class: 'button-small button-quiet'});
  const yes = button(t('Yes, discard it'), () =>
    void busy(yes, async () => {
      await draft.flush();
      await api.delete(draft.url, {ifMatch: draft.server.revision});
      location.reload();
    }), {class: 'button-small button-danger'});
  const no = button(t('No'), () => {
    sure.hidden = true;
    first.hidden = false;
    first.focus();
  }, {class: 'button-small'});
  sure.append(yes, no);
  return el('div', {class: 'discard'}, first, sure);
}

/** @param {HTMLElement} place @param {any} data the page's data */
export function drawVersions(place, data) {
  if (data.versions.length === 0) {
    replaceChildren(place, el('p', {class: 'muted', text: t('Nothing is published yet.')}));
    return;
  }
  const rows = data.versions.map((/** @type {any} */ row) =>
    el(
      'tr',
      {data: {version: row.version}},
      el('th', {class: 'numbers', text: row.version, attrs: {scope: 'row'}}),
      el('td', {}, el('div', {class: 'numbers nowrap', text: shortTime(row.published_at)}), el('div', {class: 'muted small', text: row.published_by})),
      el('td', {class: 'actions'}, data.draft ? null : starting(data, row.version)),
    ),
  );
  replaceChildren(place, el('div', {class: 'table-wrap'}, table([t('Version'), t('Published'), ''], rows)));
}

/** @param {any} data @param {string} version */
function starting(data, version) {
  const start = button(t('Begin a draft from it'), () =>
    void busy(start, async () => {
      await api.post(`${data.url}versions/${encodeURIComponent(version)}/draft/`);
      location.reload();
    }), {class: 'button-small'});
  return start;
}

/** @param {Draft} draft @param {string} by who saved meanwhile; empty: only the list of conflicts changed */
export function drawMerged(draft, by) {
  const place = byId('merged');
  if (by && draft.conflicts.length === 0) notify(t('{name} saved meanwhile. Both your changes are kept.', {name: by}));
  if (draft.conflicts.length === 0) {
    replaceChildren(place);
    return;
  }
  const rows = draft.conflicts.map((conflict) =>
    el(
      'li',
      {},
      el('code', {text: conflict.path}),
      el('div', {class: 'row'}, button(t('Mine: {text}', {text: shown(conflict.mine)}), () => draft.settle(conflict, false), {class: 'button-small'}), button(t('Theirs: {text}', {text: shown(conflict.theirs)}), () => draft.settle(conflict, true), {class: 'button-small'})),
    ),
  );
  replaceChildren(place, el('div', {class: 'message message-warning'}, el('p', {text: t('You and somebody else changed the same. Yours stands until you choose.')}), el('ul', {class: 'conflicts'}, ...rows)));
}

/** @param {unknown} value @returns {string} */
function shown(value) {
  if (value === undefined) return t('taken out');
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** @param {string[]} versions the newest first @returns {string} a version that is not taken */
export function nextVersion(versions) {
  const newest = /^(\d+)\.(\d+)$/.exec(versions[0] ?? '');
  if (!newest) return versions.length ? '' : '1.0';
  let minor = Number(newest[2]) + 1;
  while (versions.includes(`${newest[1]}.${minor}`)) minor += 1;
  return `${newest[1]}.${minor}`;
}

/** @param {() => Promise<unknown>} work */
export function orTell(work) {
  work().catch(notifyError);
}
