/** Entering the scale of an image whose file states none: who may asks for it here, everybody sees who said what. */

import {ApiError} from '../../lib/api.js';
import {el, replaceChildren} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {formatSpacing} from '../format.js';

/** @import {Viewer} from '../viewer.js' */

const FORM_ID = 'scale-form';

/**
 * @typedef {{revision: number, x_um: number | null, y_um: number | null, by: string, at: string}} Entry
 * @typedef {{spacing: {x_um: number, y_um: number, source: string} | null, can_enter: boolean, entries: Entry[]}} Scale
 */

/** Opens the dialog. @param {Viewer} viewer */
export async function openScaleDialog(viewer) {
  const {id} = viewer.manifest;
  const {api} = viewer.grant;
  const url = `/api/images/${id}/scale/`;
  /** @type {Scale} */
  const scale = await api.get(url);
  const dialog = el('dialog', {class: 'scale-dialog', attrs: {'aria-labelledby': 'scale-title'}, on: {close: () => dialog.remove()}});
  const problem = el('p', {class: 'scale-problem', attrs: {role: 'alert'}});
  const send = async (/** @type {{x_um: number | null, y_um: number | null}} */ wanted) => {
    try {
      await api.put(url, wanted);
    } catch (error) {
      problem.textContent = error instanceof ApiError ? `${error.message} ${error.hint}` : String(error);
      return;
    }
    // Scale bar, magnification and every measure are made of it.
    location.reload();
  };
  replaceChildren(
    dialog,
    el('h2', {text: t('Scale of this image'), attrs: {id: 'scale-title'}}),
    el('p', {text: t('The file states no pixel spacing, or one that cannot be. Nothing is assumed in its place.')}),
    scale.entries.length > 0 ? history(scale.entries) : null,
    scale.can_enter ? form(scale, send, problem) : el('p', {class: 'muted', text: t('Whoever may add images to the collection can enter it.')}),
    el(
      'div',
      {class: 'dialog-actions'},
      scale.can_enter ? submitButton() : null,
      scale.can_enter && scale.spacing ? takeBackButton(send) : null,
      el('span', {class: 'spacer'}),
      closeButton(dialog),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
}

/**
 * @param {Scale} scale
 * @param {(wanted: {x_um: number | null, y_um: number | null}) => Promise<void>} send
 * @param {HTMLElement} problem
 */
function form({spacing}, send, problem) {
  const field = (/** @type {string} */ label, /** @type {number | undefined} */ value) => {
    const input = el('input', {attrs: {type: 'number', min: 0.001, max: 50000, step: 'any', inputmode: 'decimal', required: true}});
    if (value !== undefined) input.value = String(value);
    return {input, element: el('label', {class: 'scale-field'}, el('span', {text: label}), input, el('span', {text: 'µm/px'}))};
  };
  const across = field(t('Width of a pixel'), spacing?.x_um);
  const down = field(t('Height of a pixel'), spacing?.y_um);
  // Pixels are square but for rare devices: the height follows until somebody types it.
  let follows = !spacing || spacing.x_um === spacing.y_um;
  across.input.addEventListener('input', () => {
    if (follows) down.input.value = across.input.value;
  });
  down.input.addEventListener('input', () => {
    follows = false;
  });
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    void send({x_um: across.input.valueAsNumber, y_um: down.input.valueAsNumber});
  };
  return el(
    'form',
    {class: 'scale-form', attrs: {id: FORM_ID}, on: {submit}},
    across.element,
    down.element,
    el('p', {class: 'muted', text: t('Kept with your name and the time, and shown as entered by hand.')}),
    problem,
  );
}

function submitButton() {
  return el('button', {class: 'button-primary', text: t('Enter this scale'), attrs: {type: 'submit', form: FORM_ID}});
}

/** @param {(wanted: {x_um: null, y_um: null}) => Promise<void>} send */
function takeBackButton(send) {
  return el('button', {
    text: t('Take the entered scale back'),
    attrs: {type: 'button'},
    on: {click: () => void send({x_um: null, y_um: null})},
  });
}

/** @param {Entry[]} entries the newest first */
function history(entries) {
  const rows = entries.map(({x_um: across, y_um: down, by, at}) => {
    const said = across === null || down === null ? t('taken back') : formatSpacing({x_um: across, y_um: down});
    return el('li', {text: t('{scale}, entered by {name} on {date}', {scale: said, name: by, date: new Date(at).toLocaleString(document.documentElement.lang)})});
  });
  return el('div', {class: 'scale-history'}, el('h3', {text: t('Entered by hand')}), el('ol', {}, ...rows));
}

/** @param {HTMLDialogElement} dialog */
function closeButton(dialog) {
  return el('button', {text: t('Close'), attrs: {type: 'button'}, on: {click: () => dialog.close()}});
}
