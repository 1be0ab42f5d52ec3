/** The scale bar; where the file gives no pixel spacing it says so instead of guessing. */

import {el} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {formatSpacing, isSquare, scaleBar} from '../format.js';
import {radians} from '../geometry.js';

/** @import {Viewer} from '../viewer.js' */

const MAX_WIDTH_PX = 160;

/** @param {Viewer} viewer @returns {HTMLElement} */
export function scaleBarControl(viewer) {
  const {spacing} = viewer.manifest;
  if (!spacing) {
    const why = t('The file records no pixel spacing. Lengths and areas are unknown.');
    return el('div', {class: 'viewer-no-scale', text: t('No scale'), attrs: {title: why, role: 'note', tabindex: 0, 'aria-label': `${t('No scale')}. ${why}`}});
  }
  const bar = el('span', {class: 'viewer-scale-bar'});
  const label = el('span', {class: 'viewer-scale-label'});
  const title = t('Pixel spacing {spacing}', {spacing: formatSpacing(spacing)});
  const control = el('div', {class: 'viewer-scale', attrs: {role: 'img', title}}, label, bar);
  if (!isSquare(spacing)) {
    const stretched = t('Pixels are not square: shapes on screen are stretched, measured lengths are right.');
    control.append(el('span', {class: 'viewer-scale-warning', text: '⇔', attrs: {title: stretched, 'aria-label': stretched, role: 'img'}}));
  }
  const update = () => {
    const {resolution, rotation} = viewer.state();
    const drawn = scaleBar({spacing, resolution, rotation: radians(rotation), maxWidth: MAX_WIDTH_PX});
    bar.style.width = `${drawn.width}px`;
    label.textContent = drawn.label;
    control.setAttribute('aria-label', t('Scale bar: {length}', {length: drawn.label}));
  };
  viewer.onChange(({kind}) => {
    if (kind === 'view') update();
  });
  update();
  return control;
}
