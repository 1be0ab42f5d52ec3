/** Window width and level of value frames: read-out to type into, presets, inversion. */

import {el} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {group, iconButton} from './parts.js';

/** @import {Viewer} from '../viewer.js' */

const CUSTOM = '';

/** @param {Viewer} viewer @returns {HTMLElement | null} null for colour frames */
export function windowPanel(viewer) {
  const {frames} = viewer;
  if (!frames || frames.encoding !== 'values') return null;
  const apply = () => {
    const [typedWidth, typedCenter] = [width.valueAsNumber, center.valueAsNumber];
    if (Number.isFinite(typedWidth) && Number.isFinite(typedCenter)) frames.setWindow({width: typedWidth, center: typedCenter});
    else update();
  };
  const width = numberField(t('Window width'), apply);
  width.min = '1';
  const center = numberField(t('Window level'), apply);
  const choice = el('select', {
    class: 'viewer-select',
    attrs: {'aria-label': t('Window presets'), title: t('Window presets')},
    on: {change: () => frames.applyPreset(choice.value)},
  });
  const custom = el('option', {text: t('Custom'), attrs: {value: CUSTOM, hidden: true}});
  choice.append(custom, ...frames.presets().map(({id, name, center: level, width: wide}) =>
    el('option', {text: level === null ? name : `${name}  ${wide} / ${level}`, attrs: {value: id}})));
  const invert = iconButton('invert', t('Invert dark and bright'), () => frames.setInvert(!frames.inverted));
  const update = () => {
    width.value = frames.window ? String(rounded(frames.window.width)) : '';
    center.value = frames.window ? String(rounded(frames.window.center)) : '';
    choice.value = frames.presetId;
    if (choice.selectedIndex < 0) choice.value = CUSTOM;
    invert.setAttribute('aria-pressed', String(frames.inverted));
  };
  viewer.onChange(({kind}) => {
    if (kind === 'window') update();
  });
  update();
  const panel = group(t('Window'), 'viewer-window', field('WW', width), field('WL', center), choice, invert);
  panel.title = t('Drag with the right button, or with Shift held: sideways changes the width, up and down the level.');
  return panel;
}

/** @param {string} label @param {() => void} onChange @returns {HTMLInputElement} */
function numberField(label, onChange) {
  return el('input', {
    class: 'viewer-number',
    attrs: {type: 'number', step: 'any', 'aria-label': label, title: label},
    on: {change: onChange},
  });
}

/** @param {string} caption @param {HTMLInputElement} input @returns {HTMLElement} */
function field(caption, input) {
  return el('label', {class: 'viewer-field'}, el('span', {text: caption, attrs: {'aria-hidden': 'true'}}), input);
}

/** @param {number} value @returns {number} whole numbers where they are large, else two digits after the point */
function rounded(value) {
  return Math.abs(value) >= 10 ? Math.round(value) : Math.round(value * 100) / 100;
}
