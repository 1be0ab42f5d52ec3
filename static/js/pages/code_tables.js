/** Code tables: those that are loaded, a field to try the search, and loading another. */

import {api} from '../lib/api.js';
import {el, replaceChildren} from '../lib/dom.js';
import {pickText, t, tn} from '../lib/i18n.js';
import {byId} from '../lib/page.js';
import {table} from '../societies/campaign_parts.js';
import {CodeSearch} from '../societies/code_search.js';
import {busy, clearFieldErrors, notify, notifyError, pageData, shortTime, showFieldErrors} from '../societies/page.js';

/** A table of 100,000 entries takes the server about half a minute. */
const LOAD_MS = 1_800_000;
const NAMES = ['table', 'version', 'system', 'name_ja', 'licence', 'file'];
const FIELDS = Object.fromEntries(NAMES.map((name) => [name, name]));
const data = pageData();
const form = /** @type {HTMLFormElement} */ (byId('load'));
const choice = /** @type {HTMLSelectElement} */ (byId('table'));
const columns = /** @type {HTMLDetailsElement} */ (byId('columns'));
const file = /** @type {HTMLInputElement} */ (byId('file'));

/** @param {any} row @returns {HTMLTableRowElement} */
function line(row) {
  const source = row.shipped ? t('comes with the program') : [row.file_name, row.encoding].filter(Boolean).join(' · ');
  const who = [row.loaded_by, shortTime(row.loaded_at)].filter(Boolean).join(' · ');
  return el(
    'tr',
    {},
    el('th', {attrs: {scope: 'row'}}, pickText(row.name), el('div', {class: 'muted small break', text: row.system})),
    el('td', {class: 'numbers', text: row.version}),
    el('td', {class: 'numbers no-break', text: row.entry_count.toLocaleString()}),
    el('td', {class: 'small', text: row.licence}),
    el('td', {class: 'small'}, source, el('div', {class: 'muted numbers', text: who})),
  );
}

async function refresh() {
  const {tables} = await api.get(data.url);
  if (tables.length === 0) {
    replaceChildren(byId('tables'), el('div', {class: 'empty'}, el('p', {text: t('No table is loaded yet.')})));
    return;
  }
  const heads = [t('Table'), t('Version'), t('Entries'), t('Terms of use'), t('Loaded')];
  replaceChildren(byId('tables'), table(heads, tables.map(line)));
}

/** Shows the fields that the chosen system needs. */
function adapt() {
  const system = data.systems.find((/** @type {any} */ each) => each.slug === choice.value);
  for (const field of form.querySelectorAll('[data-for=other]')) /** @type {HTMLElement} */ (field).hidden = Boolean(system);
  columns.open = !system?.has_layout;
  const layout = system?.has_layout ? t('Its columns are known.') : t('Name its columns below.');
  byId('table-help').textContent = [system?.licence, layout].filter(Boolean).join(' · ');
}

/** What the server says about a file, with the lines that it names. @param {any} error */
function tell(error) {
  const said = error?.body?.error;
  if (!said || !('line' in said)) {
    showFieldErrors(error, FIELDS);
    return;
  }
  notifyError(error);
  const rows = said.rows ?? [];
  const lines = rows.map((/** @type {any} */ row) => t('Line {line}: {reason}', {line: row.line, reason: row.text}));
  const rest = (said.bad_count ?? 0) - rows.length;
  if (rest > 0) lines.push(tn('and {count} more', 'and {count} more', rest));
  if (rows.length === 0 && said.line) lines.push(t('Line {line}', {line: said.line}) + (said.detail ? `: ${said.detail}` : ''));
  byId('notice').append(el('ul', {class: 'small numbers'}, ...lines.map((/** @type {string} */ text) => el('li', {text}))));
}

async function load() {
  clearFieldErrors(FIELDS);
  const chosen = file.files?.[0];
  if (!chosen) {
    notify(t('Choose the file of the table.'), {kind: 'error'});
    file.focus();
    return;
  }
  const values = new URLSearchParams({file_name: chosen.name.slice(-255)});
  new FormData(form).forEach((value, name) => {
    if (typeof value === 'string' && value.trim()) values.set(name, value.trim());
  });
  notify(t('Loading {name} …', {name: chosen.name}));
  try {
    const {status, data: loaded} = await api.request('POST', `${data.url}?${values}`, {
      body: chosen,
      headers: {'Content-Type': 'text/csv'},
      timeoutMs: LOAD_MS,
    });
    const name = `${pickText(loaded.name)} ${loaded.version}`;
    const count = loaded.entry_count.toLocaleString();
    if (status === 200) notify(t('{name} was there already, with the same content.', {name}));
    else notify(t('{name}: {count} entries are loaded.', {name, count}), {hint: t('Read as {encoding}.', {encoding: loaded.encoding})});
    form.reset();
    adapt();
  } catch (error) {
    tell(error);
  }
  await refresh();
}

function start() {
  for (const each of data.systems) choice.append(el('option', {text: each.name, attrs: {value: each.slug}}));
  choice.append(el('option', {text: t('Another code system'), attrs: {value: ''}}));
  choice.addEventListener('change', adapt);
  adapt();
  const search = new CodeSearch({
    onChoose: ({system, code, version, display}) => {
      const name = [display.ja, display.en].filter(Boolean).join(' · ');
      const place = el('span', {class: 'muted small break', text: `${system} ${version}`});
      replaceChildren(byId('chosen'), el('strong', {text: name}), ' ', el('code', {text: code}), ' ', place);
    },
  });
  byId('search').append(search.element);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void busy(/** @type {HTMLButtonElement} */ (form.querySelector('button')), load);
  });
  void refresh().catch(notifyError);
}

start();
