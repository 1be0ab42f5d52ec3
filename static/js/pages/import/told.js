/** What became of a file besides its marks: what was refused, changed, and will be lost. */

import {el} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';

/** @import {Counted, Import, PlacedProblem} from './types.js' */

/** @param {PlacedProblem} error @returns {HTMLElement} */
export function problem({message, hint, place, detail}) {
  const where = [place, detail].filter(Boolean).join(' · ');
  return el(
    'div',
    {class: 'message message-error', attrs: {role: 'alert'}},
    el('p', {text: message}),
    where ? el('p', {class: 'small numbers', text: where}) : null,
    hint ? el('p', {class: 'muted small', text: hint}) : null,
  );
}

/** @param {Import} detail @returns {HTMLElement[]} */
export function told(detail) {
  const parts = [];
  if (detail.refused_counts.length > 0) parts.push(refused(detail));
  if (detail.losses.length > 0) parts.push(el('section', {}, el('h3', {text: t('What will be lost')}), list(detail.losses)));
  if (detail.warnings.length > 0) {
    const lines = detail.warnings.map(({pointer, message}) => el('li', {}, message, ' ', el('code', {class: 'small muted', text: pointer})));
    parts.push(el('section', {}, el('h3', {text: t('Codes that a table of this site lacks')}), el('ul', {class: 'import-told small'}, ...lines)));
  }
  const notes = el('section', {}, el('h3', {text: t('What was changed')}));
  if (detail.notes.length > 0) notes.append(list(detail.notes));
  if (detail.largest_shift_px > 0) {
    const shift = detail.largest_shift_px.toLocaleString(undefined, {maximumFractionDigits: 3});
    notes.append(el('p', {class: 'small muted', text: t('Vertices were moved onto the grid of 1/8 px, by at most {shift} px.', {shift})}));
  }
  if (notes.childElementCount > 1) parts.push(notes);
  return parts;
}

/** @param {Import} detail @returns {HTMLElement} */
function refused(detail) {
  const rows = detail.refused.map(({place, message, detail: more}) =>
    el('tr', {}, el('th', {text: place, attrs: {scope: 'row'}}), el('td', {text: more ? `${message} (${more})` : message})),
  );
  return el(
    'section',
    {},
    el('h3', {text: t('What was refused')}),
    list(detail.refused_counts),
    el(
      'details',
      {class: 'small'},
      el('summary', {text: t('Places in the file')}),
      el('div', {class: 'import-places', attrs: {tabindex: 0, role: 'region', 'aria-label': t('Places in the file')}}, el('table', {}, el('tbody', {}, ...rows))),
    ),
  );
}

/** @param {Counted[]} rows @returns {HTMLElement} */
function list(rows) {
  const items = rows.map(({message, hint = '', count}) =>
    el('li', {}, el('span', {class: 'numbers', text: `${count.toLocaleString()} × `}), `${message} ${hint}`.trim()),
  );
  return el('ul', {class: 'import-told small'}, ...items);
}
