/** Where the pointer is: level-0 pixels, millimetres where the scale is known, and the grey value under it. */

import {el, setText} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';

/** @import {Level0Point} from '../geometry.js' */
/** @import {Viewer} from '../viewer.js' */

/** @param {Viewer} viewer @returns {HTMLElement} */
export function positionControl(viewer) {
  const px = el('span', {class: 'viewer-position-px'});
  const mm = el('span', {class: 'viewer-position-mm'});
  const value = el('span', {class: 'viewer-position-value'});
  const control = el('div', {class: 'viewer-position is-away', attrs: {title: t('Position of the pointer')}}, px, mm, value);
  /** @param {PointerEvent} event */
  const onMove = (event) => {
    const point = viewer.level0FromEvent(event);
    const inside = isInside(viewer, point);
    control.classList.toggle('is-away', !inside);
    if (!inside) return;
    setText(px, `x ${Math.floor(point[0])}  y ${Math.floor(point[1])} px`);
    setText(mm, millimetres(viewer, point));
    setText(value, greyValue(viewer, point));
  };
  const canvas = viewer.canvas;
  canvas.addEventListener('pointermove', onMove);
  canvas.addEventListener('pointerleave', () => control.classList.add('is-away'));
  return control;
}

/** @param {Viewer} viewer @param {Level0Point} point @returns {boolean} */
function isInside({manifest}, [x, y]) {
  return x >= 0 && y >= 0 && x < manifest.width && y < manifest.height;
}

/** @param {Viewer} viewer @param {Level0Point} point @returns {string} */
function millimetres({manifest}, [x, y]) {
  if (!manifest.spacing) return '';
  const {x_um: across, y_um: down} = manifest.spacing;
  const digits = across < 10 ? 3 : 1;
  return `${((x * across) / 1000).toFixed(digits)}, ${((y * down) / 1000).toFixed(digits)} mm`;
}

/** @param {Viewer} viewer @param {Level0Point} point @returns {string} */
function greyValue({frames, manifest}, point) {
  const grey = frames?.valueAt(point) ?? null;
  if (grey === null) return '';
  const shown = Number.isInteger(grey) ? String(grey) : grey.toFixed(1);
  return manifest.modality === 'CT' ? `${shown} HU` : t('value {value}', {value: shown});
}
