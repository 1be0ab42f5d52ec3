/** What a file does not say: its images, the names of its class numbers, which way y runs. */

import {el} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {busy} from '../../societies/page.js';

/** @import {CampaignImage, FileImage, Import, ImportPage} from './types.js' */

const SHOWN_IMAGES = 50;
let fields = 0;

/**
 * @param {ImportPage} page
 * @param {Import} detail
 * @param {(options: Record<string, unknown>) => Promise<void>} choose has the file read again
 * @returns {HTMLElement[]}
 */
export function choices(page, detail, choose) {
  const {options} = detail;
  /** @type {Record<string, string>} */
  const images = {...options.images};
  const parts = [];
  if (detail.images.length > 0) {
    const rows = detail.images.slice(0, SHOWN_IMAGES).map((image) =>
      imageRow(page.images, image, (id) => {
        if (id) images[image.name] = id;
        else delete images[image.name];
        return choose({...options, images});
      }),
    );
    parts.push(el('section', {}, el('h3', {text: t('Image')}), ...rows));
  }
  if (detail.needs.includes('classes') || options.classes.length > 0) parts.push(classNames(options.classes, (classes) => choose({...options, classes})));
  if (detail.needs.includes('y_axis') || options.y_axis) parts.push(yAxis(options.y_axis, (direction) => choose({...options, y_axis: direction})));
  return parts;
}

/** @param {CampaignImage[]} images @param {FileImage} image @param {(id: string) => Promise<void>} onChoice @returns {HTMLElement} */
function imageRow(images, image, onChoice) {
  const id = `import-field-${fields += 1}`;
  const size = image.width && image.height ? ` (${image.width} × ${image.height})` : '';
  const label = image.name ? `${image.name}${size}` : `${t('The file names no image')}${size}`;
  const select = el(
    'select',
    {attrs: {id}},
    el('option', {text: t('choose …'), attrs: {value: ''}}),
    ...images.map((each) => el('option', {text: `${each.name} (${each.width} × ${each.height})`, attrs: {value: each.id}})),
  );
  select.value = image.target ?? '';
  select.addEventListener('change', () => void onChoice(select.value));
  const message = image.code ? el('p', {class: 'message message-warning small', text: image.message}) : null;
  return el('div', {class: 'field'}, el('label', {text: label, attrs: {for: id}}), select, message);
}

/** @param {string[]} classes @param {(classes: string[]) => Promise<void>} onChoice @returns {HTMLElement} */
function classNames(classes, onChoice) {
  const id = `import-field-${fields += 1}`;
  const area = el('textarea', {attrs: {id, rows: Math.min(Math.max(classes.length, 3), 8)}});
  area.value = classes.join('\n');
  const button = el('button', {class: 'button-small', text: t('Read again'), attrs: {type: 'button'}});
  button.addEventListener('click', () =>
    void busy(button, () => onChoice(area.value.split('\n').map((line) => line.trim()).filter((line, at, all) => line || at < all.length - 1))),
  );
  return el(
    'div',
    {class: 'field'},
    el('label', {text: t('Class names, one a line, from number 0'), attrs: {for: id}}),
    area,
    button,
  );
}

/** @param {string} direction @param {(direction: string) => Promise<void>} onChoice @returns {HTMLElement} */
function yAxis(direction, onChoice) {
  const id = `import-field-${fields += 1}`;
  const select = el(
    'select',
    {attrs: {id}},
    el('option', {text: t('choose …'), attrs: {value: ''}}),
    el('option', {text: t('upwards from the lower edge (Cytomine)'), attrs: {value: 'up'}}),
    el('option', {text: t('downwards from the upper edge'), attrs: {value: 'down'}}),
  );
  select.value = direction;
  select.addEventListener('change', () => void onChoice(select.value));
  return el('div', {class: 'field'}, el('label', {text: t('Which way y runs'), attrs: {for: id}}), select);
}
