/** Fit, magnification presets and the magnification of the moment. */

import {el, setAttributes, setText} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {formatMagnification} from '../magnification.js';
import {followView, group, iconButton, textButton} from './parts.js';

/** @import {Viewer} from '../viewer.js' */

/** A preset counts as chosen within this share of its value. */
const TOLERANCE = 0.01;

/** @param {Viewer} viewer @returns {HTMLElement} */
export function magnificationBar(viewer) {
  const {manifest} = viewer;
  const presets = viewer.magnificationPresets();
  const buttons = presets.map(({value, label}) => {
    const name = viewer.usesObjectives
      ? t('Magnification {value}', {value: label})
      : t('{value} of full resolution', {value: label});
    return textButton(label, name, () => viewer.setMagnification(value));
  });
  const now = el('output', {class: 'viewer-readout viewer-magnification-now', attrs: {title: t('Current magnification')}});
  const update = () => {
    setText(now, formatMagnification(viewer.magnification, manifest));
    presets.forEach(({value}, at) => {
      const chosen = Math.abs(viewer.magnification / value - 1) < TOLERANCE;
      setAttributes(buttons[at], {'aria-pressed': String(chosen)});
    });
  };
  followView(viewer, update);
  return group(
    t('Magnification'),
    'viewer-magnification',
    iconButton('fit', t('Whole image'), () => viewer.fit({duration: 160})),
    el('span', {class: 'viewer-segments'}, ...buttons),
    now,
  );
}
