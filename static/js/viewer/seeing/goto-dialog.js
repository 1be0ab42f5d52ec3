/** Goes to a place that somebody has written down. */

import {el} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {placeOnImage, readPlace} from './place.js';

/** @import {Viewer} from '../viewer.js' */

/** @param {Viewer} viewer */
export function openGoTo(viewer) {
  const {manifest} = viewer;
  const field = el('input', {attrs: {type: 'text', required: true, inputmode: 'decimal', placeholder: '12000, 8000', 'aria-label': t('Place: x, y')}});
  const unit = el(
    'select',
    {attrs: {'aria-label': t('Unit')}},
    el('option', {text: 'px', attrs: {value: 'px'}}),
    manifest.spacing && el('option', {text: 'mm', attrs: {value: 'mm'}}),
  );
  const problem = el('p', {class: 'scale-problem', attrs: {role: 'alert'}});
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const typed = readPlace(field.value);
    const place = typed && placeOnImage(typed, unit.value === 'mm' ? 'mm' : 'px', manifest);
    if (!typed) problem.textContent = t('Two numbers are needed: x, then y.');
    else if (!place) problem.textContent = t('That is outside the image, which has {width} × {height} px.', {width: manifest.width, height: manifest.height});
    if (!place) return;
    viewer.goTo({x: place[0], y: place[1]});
    dialog.close();
    viewer.canvas.focus();
  };
  const dialog = el(
    'dialog',
    {class: 'goto-dialog', attrs: {'aria-labelledby': 'goto-title'}, on: {close: () => dialog.remove()}},
    el('h2', {text: t('Go to a place'), attrs: {id: 'goto-title'}}),
    el('p', {class: 'muted', text: t('From the upper left corner of the image to the middle of the screen.')}),
    el(
      'form',
      {on: {submit}},
      el('div', {class: 'goto-fields'}, field, unit),
      problem,
      el(
        'div',
        {class: 'dialog-actions'},
        el('span', {class: 'spacer'}),
        el('button', {text: t('Close'), attrs: {type: 'button'}, on: {click: () => dialog.close()}}),
        el('button', {class: 'button-primary', text: t('Go there'), attrs: {type: 'submit'}}),
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  field.focus();
}
