/** The tables and bars of a campaign's page. */

import {el, replaceChildren, svg} from '../lib/dom.js';
import {t} from '../lib/i18n.js';
import {busy, icon, notifyError, shortTime} from './page.js';
import {imageKind, imageState} from './words.js';

/**
 * @typedef {object} ReaderRow
 * @property {number} id
 * @property {string} name
 * @property {string} username
 * @property {number} done
 * @property {number} open
 * @property {string | null} last_submitted_at
 * @property {boolean} active false: removed from the campaign, with reads that stay
 *
 * @typedef {{magnification: number, seen_count: number, wanted_count: number}} Seen squares of a walk through the image
 *
 * @typedef {object} ImageRow
 * @property {string} image_id
 * @property {string} name
 * @property {string} kind
 * @property {number | null} uncertainty 0 sure to 1 unsure
 * @property {number} done
 * @property {'waiting' | 'reading' | 'done'} state
 * @property {{id: string, reader: string, state: 'open' | 'submitted', held: boolean, seen: Seen | null}[]} reads
 *
 * @typedef {object} Progress
 * @property {string} campaign_id
 * @property {'open' | 'closed'} state
 * @property {number} images
 * @property {number} reads_per_image
 * @property {boolean} is_blind readers of an image work independently of each other
 * @property {number} wanted
 * @property {number} done
 * @property {number} being_read
 * @property {ReaderRow[]} readers
 * @property {ImageRow[]} rows
 * @property {number | null} next_offset
 */

/** @param {string} text @returns {string} the head of a column of numbers, which is set to the right */
export const numberHead = (text) => `${text}|number`;

/**
 * @param {string[]} heads texts, each with `|class` where its column has one
 * @param {HTMLTableRowElement[]} rows
 * @returns {HTMLTableElement}
 */
export function table(heads, rows) {
  const cells = heads.map((head) => {
    const [text, kind] = head.split('|');
    return el('th', {text, class: kind ?? '', attrs: {scope: 'col'}});
  });
  return el('table', {}, el('thead', {}, el('tr', {}, ...cells)), el('tbody', {}, ...rows));
}

/** @param {HTMLElement} place @param {Progress} progress */
export function drawProgress(place, progress) {
  const total = Math.max(progress.wanted, 1);
  const done = (100 * progress.done) / total;
  const reading = (100 * Math.min(progress.being_read, total - progress.done)) / total;
  const label = t('{done} of {total} reads are done', {done: progress.done, total: progress.wanted});
  const bar = svg(
    'svg',
    {viewBox: '0 0 100 10', preserveAspectRatio: 'none', role: 'img', 'aria-label': label},
    svg('rect', {class: 'bar-done', width: done, height: 10}),
    svg('rect', {class: 'bar-reading', x: done, width: reading, height: 10}),
  );
  const waiting = Math.max(progress.wanted - progress.done - progress.being_read, 0);
  const figures = [
    [progress.done, t('reads done')],
    [progress.being_read, t('being read now')],
    [waiting, t('waiting')],
    [progress.images, t('images')],
    [progress.reads_per_image, t('readers for each image')],
  ];
  const pairs = figures.map(([value, text]) => el('div', {}, el('dt', {text: String(text)}), el('dd', {text: String(value)})));
  replaceChildren(place, el('div', {class: 'stack-bar'}, bar), el('dl', {class: 'figures'}, ...pairs));
}

/**
 * @param {HTMLElement} place
 * @param {Progress} progress
 * @param {((reader: ReaderRow) => Promise<void>) | null} onRemove null: the page is only looked at
 */
export function drawReaders(place, progress, onRemove) {
  if (progress.readers.length === 0) {
    const hint = onRemove ? t('Choose a reader above. Until then nobody gets an image.') : t('The admin has not added anyone.');
    replaceChildren(place, el('div', {class: 'empty'}, el('p', {text: t('Nobody reads in this campaign yet.')}), el('p', {text: hint})));
    return;
  }
  const rows = progress.readers.map((reader) => readerRow(reader, progress, onRemove));
  replaceChildren(place, table([t('Name'), t('Progress'), numberHead(t('Done')), numberHead(t('Begun')), t('Last submitted'), ''], rows));
}

/**
 * @param {ReaderRow} reader
 * @param {Progress} progress
 * @param {((reader: ReaderRow) => Promise<void>) | null} onRemove
 * @returns {HTMLTableRowElement}
 */
function readerRow(reader, progress, onRemove) {
  /** @type {HTMLElement | null} */
  let action = null;
  if (!reader.active) action = el('span', {class: 'badge', text: t('removed')});
  else if (onRemove) {
    const button = el('button', {class: 'button-small button-quiet', attrs: {type: 'button', 'aria-label': t('Remove {name}', {name: reader.name})}}, icon('remove'));
    button.addEventListener('click', () => void busy(button, () => onRemove(reader)));
    action = button;
  }
  const label = t('{done} of {total} images', {done: reader.done, total: progress.images});
  return el(
    'tr',
    {},
    el('th', {text: reader.name, attrs: {scope: 'row', title: reader.username}}),
    el('td', {class: 'progress-cell'}, el('progress', {attrs: {value: reader.done, max: Math.max(progress.images, 1), 'aria-label': label}})),
    el('td', {class: 'number', text: String(reader.done)}),
    el('td', {class: 'number', text: String(reader.open)}),
    el('td', {class: 'numbers nowrap', text: shortTime(reader.last_submitted_at)}),
    el('td', {class: 'actions'}, action),
  );
}

/**
 * Whether the readers of an image are kept apart.
 * @param {HTMLElement} place @param {Progress} progress
 * @param {((isBlind: boolean) => Promise<void>) | null} onChange null: the page is only looked at
 */
export function drawBlind(place, {is_blind: isBlind}, onChange) {
  const help = t('Until both have submitted, they do not meet on the image, and nobody can be followed; side by side, their marks stand without their names.');
  const box = el('input', {attrs: {type: 'checkbox', autocomplete: 'off', 'aria-describedby': 'blind-help'}});
  box.checked = isBlind;
  box.disabled = onChange === null;
  box.addEventListener('change', async () => {
    box.disabled = true;
    try {
      await onChange?.(box.checked);
    } catch (error) {
      box.checked = isBlind;
      notifyError(error);
    } finally {
      box.disabled = false;
    }
  });
  const label = el('label', {class: 'choice'}, box, t('Readers of an image work independently of each other'));
  replaceChildren(place, label, el('p', {class: 'help', text: help, attrs: {id: 'blind-help'}}));
}

/** @param {HTMLElement} place @param {ImageRow[]} images @param {Progress} progress */
export function drawImages(place, images, progress) {
  const rows = images.map((image) => imageRow(image, progress));
  const heads = ['', t('Image'), t('State'), numberHead(t('Reads')), numberHead(t('Uncertainty')), t('Look at')];
  replaceChildren(place, table(heads, rows));
}

/** @param {ImageRow} image @param {Progress} progress @returns {HTMLTableRowElement} */
function imageRow(image, progress) {
  const badge = {waiting: 'badge', reading: 'badge badge-accent', done: 'badge badge-ok'}[image.state];
  const thumbnail = el('img', {
    class: 'thumb',
    attrs: {src: `/api/images/${image.image_id}/thumbnail/`, alt: '', loading: 'lazy', width: 44, height: 36},
  });
  const reads = image.reads.map((read) => {
    const seen = read.seen && el('span', {class: 'muted', text: seenText(read.seen)});
    return el('span', {}, el('a', {text: readText(read), attrs: {href: `/reads/${read.id}/`}}), seen && ' ', seen);
  });
  return el(
    'tr',
    {},
    el('td', {class: 'thumb-cell'}, thumbnail),
    el('th', {attrs: {scope: 'row'}}, image.name, el('div', {class: 'muted small', text: imageKind(image.kind)})),
    el('td', {}, el('span', {class: badge, text: imageState(image.state)})),
    el('td', {class: 'number', text: `${image.done} / ${progress.reads_per_image}`}),
    el('td', {class: 'number', text: image.uncertainty === null ? '–' : image.uncertainty.toFixed(2)}),
    el('td', {}, el('div', {class: 'reads small'}, ...(reads.length ? reads : [el('span', {class: 'muted', text: '–'})]))),
  );
}

/** @param {Seen} seen @returns {string} 100 % only when nothing is left */
function seenText({magnification, seen_count: seen, wanted_count: wanted}) {
  const percent = wanted === 0 ? 100 : Math.floor((100 * seen) / wanted);
  return t('{percent} % seen at {magnification}×', {percent, magnification});
}

/** @param {ImageRow['reads'][number]} read @returns {string} */
function readText(read) {
  if (read.state === 'submitted') return t('{reader} (submitted)', {reader: read.reader});
  return read.held ? t('{reader} (reading now)', {reader: read.reader}) : t('{reader} (begun)', {reader: read.reader});
}
