/** Notes on the image: what the server noticed about the file. Put away once, they stay away, and can be called back. */

import {el} from '../../lib/dom.js';
import {t, tn} from '../../lib/i18n.js';
import {dismissals, isPressing, warningsOf} from '../warnings.js';
import {icon} from './icons.js';

/** @import {Viewer} from '../viewer.js' */

const LIST_ID = 'viewer-notes-list';

/** @param {Viewer} viewer @returns {HTMLElement | null} null where there is nothing to say */
export function warningNotes({manifest}) {
  const warnings = warningsOf(manifest.warnings);
  if (warnings.length === 0) return null;
  const memory = dismissals(manifest);
  const notes = warnings.map(({code, text, advice}) =>
    el('details', {class: 'viewer-note', data: {code}}, el('summary', {text}), el('p', {text: advice})));
  const close = el('button', {
    class: 'viewer-button viewer-notes-close',
    text: t('Understood'),
    attrs: {type: 'button', title: t('Put these notes away; the button brings them back')},
    on: {click: () => {
      memory.dismiss();
      show(false);
      toggle.focus();
    }},
  });
  const list = el('div', {class: 'viewer-notes-list', attrs: {id: LIST_ID}}, ...notes, close);
  const title = tn('{count} note on this image', '{count} notes on this image', warnings.length);
  const toggle = el(
    'button',
    {class: 'viewer-button viewer-notes-toggle', attrs: {type: 'button', 'aria-controls': LIST_ID}, on: {click: () => show(list.hidden === true)}},
    icon('note'),
    el('span', {text: title}),
  );
  const show = (/** @type {boolean} */ open) => {
    list.hidden = !open;
    toggle.setAttribute('aria-expanded', String(open));
  };
  const pressing = isPressing(manifest.warnings);
  toggle.classList.toggle('is-pressing', pressing);
  show(pressing && !memory.dismissed());
  return el('section', {class: 'viewer-group viewer-notes', attrs: {'aria-label': t('Notes on this image')}}, toggle, list);
}
