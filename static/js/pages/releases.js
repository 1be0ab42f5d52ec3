/** Releases outside the society: the list, the request, the conditions, the ledger, and subjects who withdraw. */

import {api} from '../lib/api.js';
import {el, replaceChildren} from '../lib/dom.js';
import {t} from '../lib/i18n.js';
import {byId} from '../lib/page.js';
import {table} from '../societies/campaign_parts.js';
import {busy, notify, pageData} from '../societies/page.js';
import {conditionsForm} from '../societies/releases/conditions.js';
import {boxField, choiceField, nameOf, textField} from '../societies/releases/fields.js';
import {drawReleases} from '../societies/releases/list.js';

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;
const data = pageData();

async function load() {
  const [releases, ledger] = await Promise.all([api.get(data.urls.releases), api.get(data.urls.ledger)]);
  data.releases = releases.releases;
  data.ledger = ledger;
  draw();
}

function drawWarnings() {
  const place = byId('release-warnings');
  place.hidden = data.warnings.length === 0;
  const lines = data.warnings.map((/** @type {{message: string}} */ {message}) => el('li', {class: 'small', text: message}));
  const told = t('Codes that leave with a release and that a table of this site lacks. Nothing is held back for it.');
  replaceChildren(place, el('details', {}, el('summary', {text: told}), el('ul', {}, ...lines)));
}

function draw() {
  drawWarnings();
  drawReleases(byId('releases'), data, load);
  drawLedger();
}

function drawLedger() {
  const state = byId('ledger-state');
  state.textContent = data.ledger.whole ? t('unbroken') : t('was tampered with');
  state.className = data.ledger.whole ? 'badge badge-ok' : 'badge badge-danger';
  const rows = data.ledger.entries.map((/** @type {any} */ entry) => {
    const release = data.releases.find((/** @type {any} */ each) => each.id === entry.release);
    return el(
      'tr',
      {},
      el('td', {class: 'numbers', text: new Date(entry.at).toLocaleString(document.documentElement.lang, {dateStyle: 'medium', timeStyle: 'short'})}),
      el('td', {text: nameOf(data.words.action, entry.action)}),
      el('td', {text: entry.actor}),
      el('td', {text: release?.recipient ?? ''}),
      el('td', {}, el('code', {class: 'small muted', text: entry.hash.slice(0, 8), attrs: {title: entry.hash}})),
    );
  });
  if (rows.length === 0) replaceChildren(byId('ledger'), el('p', {class: 'muted', text: t('No entry yet.')}));
  else replaceChildren(byId('ledger'), table([t('When'), t('What'), t('Who'), t('Recipient'), t('Digest')], rows));
}

function startAsking() {
  const form = document.getElementById('ask');
  if (!(form instanceof HTMLFormElement)) return;
  const button = el('button', {class: 'button-primary', text: t('Ask for it'), attrs: {type: 'submit'}});
  const words = data.words;
  replaceChildren(
    form,
    textField(t('Recipient'), 'recipient'),
    el('div', {class: 'field-pair'}, choiceField(t('Kind of recipient'), 'recipient_kind', words.recipient_kind), choiceField(t('Purpose'), 'purpose', words.purpose)),
    el('div', {class: 'field-pair'}, choiceField(t('Tier'), 'tier', words.tier, {value: 'third-party'}), choiceField(t('Format'), 'format', words.format)),
    ...underMap(),
    textField(t('Last day on which it may be taken'), 'expires_on', {type: 'date'}),
    el('p', {}, button),
  );
  const choice = form.querySelector('#field-label_map');
  choice?.addEventListener('change', () => {
    byId('unmapped-choice').hidden = !(/** @type {HTMLSelectElement} */ (choice).value);
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const {label_map: map = '', unmapped, ...values} = Object.fromEntries(new FormData(form));
    const mapped = map ? {label_map: [map], unmapped: unmapped ? 'drop' : 'refuse'} : {};
    const missing = ['recipient', 'expires_on'].find((name) => !String(values[name]).trim());
    if (missing) {
      notify(missing === 'recipient' ? t('Say who is to receive it.') : t('Say until when it may be taken.'), {kind: 'error'});
      byId(`field-${missing}`).focus();
      return;
    }
    void busy(button, async () => {
      await api.post(data.urls.releases, {...values, ...mapped});
      form.reset();
      choice?.dispatchEvent(new Event('change'));
      notify(t('Asked for. An admin who is not you decides.'));
      await load();
    });
  });
}

/** What labels a recipient gets; nothing to choose without a published map. */
function underMap() {
  if (data.label_maps.length === 0) return [];
  const words = [{code: '', name: t('as readers chose them')}, ...data.label_maps.map((/** @type {any} */ map) => ({code: map.name, name: map.label}))];
  const help = el('p', {class: 'help', text: t('Under a label map, a recipient is not told what readers chose before it.')});
  const dropped = el('div', {attrs: {id: 'unmapped-choice', hidden: true}}, boxField(t('leave out labels that the map says nothing of, and say so in losses.json'), 'unmapped'));
  return [choiceField(t('Labels'), 'label_map', words), el('div', {class: 'field'}, help, dropped)];
}

function startWithdrawing() {
  const form = document.getElementById('withdraw');
  if (!(form instanceof HTMLFormElement)) return;
  const button = el('button', {class: 'button-danger', text: t('Withdraw this subject'), attrs: {type: 'submit'}});
  replaceChildren(form, textField(t('Address or id of one of their images'), 'image'), el('p', {}, button));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const found = UUID.exec(String(new FormData(form).get('image')));
    if (!found) {
      notify(t('Paste the address of a page that shows an image of the subject.'), {kind: 'error'});
      byId('field-image').focus();
      return;
    }
    void busy(button, async () => {
      const answer = await api.post(data.urls.withdrawals, {image_id: found[0]});
      form.reset();
      tell(answer.to_be_told);
      await load();
    });
  });
}

/** @param {{recipient: string, subject: string}[]} rows */
function tell(rows) {
  const place = byId('to-be-told');
  if (rows.length === 0) {
    replaceChildren(place, el('p', {class: 'message message-success', text: t('Withdrawn. Nobody outside holds anything of theirs.')}));
    return;
  }
  const lines = rows.map((row) => el('li', {}, row.recipient, ': ', el('code', {class: 'small', text: row.subject})));
  replaceChildren(place, el('div', {class: 'message message-warning'}, el('p', {text: t('Withdrawn. Tell these recipients to delete the subject:')}), el('ul', {}, ...lines)));
}

startAsking();
startWithdrawing();
conditionsForm(/** @type {HTMLFormElement} */ (byId('conditions')), data, load);
draw();
