/** What the pages of societies share: their data, their notices, and how they stay up to date. */

import {el, replaceChildren, svg} from '../lib/dom.js';
import {t} from '../lib/i18n.js';
import {byId} from '../lib/page.js';

const POLL_MS = 10_000;
const RECONNECT_MS = 15_000;

/**
 * Reads what the server put into the page.
 * @returns {any}
 */
export function pageData() {
  const element = document.getElementById('page-data');
  return element?.textContent ? JSON.parse(element.textContent) : {};
}

/**
 * Shows a sentence at the top of the page; an empty one takes it away.
 * @param {string} message
 * @param {{kind?: 'success' | 'warning' | 'error', hint?: string}} [options]
 */
export function notify(message, {kind = 'success', hint = ''} = {}) {
  const place = byId('notice');
  if (!message) {
    replaceChildren(place);
    return;
  }
  const hintLine = hint ? el('p', {class: 'muted small', text: hint}) : null;
  replaceChildren(place, el('div', {class: `message message-${kind}`}, el('p', {text: message}), hintLine));
  if (kind === 'error') place.scrollIntoView({block: 'nearest'});
}

/**
 * Shows why something failed, in the words of the server.
 * @param {any} error
 */
export function notifyError(error) {
  if (error?.name !== 'ApiError') throw error;
  notify(error.message, {kind: 'error', hint: error.hint});
}

/**
 * Runs something a button started: the button is off meanwhile, and a refusal is shown.
 * @param {HTMLButtonElement} button
 * @param {() => Promise<void>} work
 */
export async function busy(button, work) {
  if (button.disabled) return;
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    notifyError(error);
  } finally {
    button.disabled = false;
  }
}

/**
 * Calls `refresh` whenever the page may be out of date: on a hint from the server, every 10 s, and on coming back to it.
 * A refresh that fails is tried again with the next turn; the page keeps what it shows.
 * @param {() => Promise<void>} refresh
 * @param {{socketPath?: string}} [options]
 */
export function keepFresh(refresh, {socketPath} = {}) {
  let running = false;
  let again = false;
  const run = async () => {
    if (running) {
      again = true;
      return;
    }
    running = true;
    try {
      await refresh();
    } catch (error) {
      if (/** @type {any} */ (error)?.name !== 'ApiError') throw error;
    } finally {
      running = false;
    }
    if (again) {
      again = false;
      void run();
    }
  };
  setInterval(() => document.hidden || void run(), POLL_MS);
  document.addEventListener('visibilitychange', () => document.hidden || void run());
  if (socketPath) listen(socketPath, run);
}

/**
 * @param {string} path
 * @param {() => Promise<void>} onHint
 */
function listen(path, onHint) {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const socket = new WebSocket(`${scheme}://${location.host}${path}`);
  socket.addEventListener('message', () => void onHint());
  // 4401, 4403, 4404: asking again would be answered the same way. Polling goes on in any case.
  socket.addEventListener('close', (event) => {
    if (event.code < 4400 || event.code > 4404) setTimeout(() => listen(path, onHint), RECONNECT_MS);
  });
}

/**
 * Writes each message of a refusal next to its field; what belongs to no field is shown as a notice.
 * @param {any} error
 * @param {Record<string, string>} idOfField name in the API -> id of the input
 */
export function showFieldErrors(error, idOfField) {
  if (error?.name !== 'ApiError') throw error;
  /** @type {Record<string, string>} */
  const texts = {};
  for (const [name, value] of Object.entries(error.body?.error?.fields ?? {})) texts[name] = flat(value);
  const pointed = String(error.pointer ?? '').split('/')[1];
  if (pointed) texts[pointed] = [error.message, error.hint].filter(Boolean).join(' ');
  const known = Object.keys(texts).filter((name) => name in idOfField);
  for (const name of known) markField(idOfField[name], texts[name]);
  if (known.length) document.getElementById(idOfField[known[0]])?.focus();
  else notifyError(error);
}

/** @param {Record<string, string>} idOfField */
export function clearFieldErrors(idOfField) {
  notify('');
  for (const id of Object.values(idOfField)) markField(id, '');
}

/** @param {string} id @param {string} text */
function markField(id, text) {
  const input = document.getElementById(id);
  const place = input?.closest('.field')?.querySelector('.field-error') ?? document.getElementById(`${id.split('-')[0]}-error`);
  if (!input || !(place instanceof HTMLElement)) return;
  place.id ||= `${id}-error`;
  place.textContent = text;
  place.hidden = !text;
  if (text) {
    input.setAttribute('aria-invalid', 'true');
    input.setAttribute('aria-errormessage', place.id);
    // What was wrong is being put right: whether it is, the next try says.
    input.addEventListener('input', () => markField(id, ''), {once: true});
  } else {
    input.removeAttribute('aria-invalid');
    input.removeAttribute('aria-errormessage');
  }
}

/** @param {unknown} value @returns {string} */
function flat(value) {
  if (Array.isArray(value)) return value.map(flat).join(' ');
  if (value && typeof value === 'object') return Object.values(value).map(flat).join(' ');
  return String(value);
}

/** @param {string} name @returns {SVGSVGElement} an icon drawn as a path, in the colour of the text */
export function icon(name) {
  const drawing = svg('svg', {class: 'icon', viewBox: '0 0 16 16', 'aria-hidden': 'true'});
  for (const d of ICONS[name] ?? []) drawing.append(svg('path', {d}));
  return drawing;
}

/** @type {Record<string, string[]>} */
const ICONS = {
  next: ['M2.5 8h10M8.5 3.8 12.7 8l-4.2 4.2'],
  remove: ['m4 4 8 8M12 4l-8 8'],
  check: ['m3 8.5 3.3 3.3L13 4.8'],
};

/**
 * Writes an instant as a short date and time of this browser.
 * @param {string | null | undefined} iso
 * @returns {string} a dash when there is none
 */
export function shortTime(iso) {
  if (!iso) return '–';
  const format = new Intl.DateTimeFormat(document.documentElement.lang, {dateStyle: 'short', timeStyle: 'short'});
  return format.format(new Date(iso));
}

/** @param {string} state @returns {string} */
export function campaignState(state) {
  return state === 'closed' ? t('closed') : t('in progress');
}
