/** The scale bar; where the file gives no pixel spacing it says so instead of guessing, and lets a person enter it. */

import {el, setAttributes, setText} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {formatSpacing, isSquare, scaleBar} from '../format.js';
import {radians} from '../geometry.js';
import {later} from '../../lib/later.js';
import {followView} from './parts.js';

/** @import {Viewer} from '../viewer.js' */

const fetchScaleDialog = later(() => import('./scale-dialog.js'));

/** What the server calls a scale that a person entered. */
const ENTERED = 'manual-calibration';

const MAX_WIDTH_PX = 160;

/** @param {Viewer} viewer */
function openScale(viewer) {
  fetchScaleDialog()
    .then(({openScaleDialog}) => openScaleDialog(viewer))
    .catch((error) => viewer.reportFailure(error));
}

/** @param {Viewer} viewer @returns {HTMLElement} */
export function scaleBarControl(viewer) {
  const {spacing} = viewer.manifest;
  if (!spacing) {
    const why = t('The file records no pixel spacing. Lengths and areas are unknown.');
    return el('button', {
      class: 'viewer-no-scale',
      text: t('No scale'),
      attrs: {type: 'button', title: why, 'aria-label': `${t('No scale')}. ${why}`, 'aria-haspopup': 'dialog'},
      on: {click: () => openScale(viewer)},
    });
  }
  const bar = el('span', {class: 'viewer-scale-bar'});
  const label = el('span', {class: 'viewer-scale-label'});
  const title = t('Pixel spacing {spacing}', {spacing: formatSpacing(spacing)});
  const drawing = el('div', {class: 'viewer-scale-drawing', attrs: {role: 'img', title}}, label, bar);
  const control = el('div', {class: 'viewer-scale'}, drawing);
  if (!isSquare(spacing)) {
    const stretched = t('Pixels are not square: shapes on screen are stretched, measured lengths are right.');
    control.append(el('span', {class: 'viewer-scale-warning', text: '⇔', attrs: {title: stretched, 'aria-label': stretched, role: 'img'}}));
  }
  if (spacing.source === ENTERED) {
    const byHand = t('Entered by hand, not by the file. Press to see by whom.');
    control.append(el('button', {
      class: 'viewer-button viewer-scale-entered',
      text: t('by hand'),
      attrs: {type: 'button', title: byHand, 'aria-label': byHand, 'aria-haspopup': 'dialog'},
      on: {click: () => openScale(viewer)},
    }));
  }
  const update = () => {
    const {resolution, rotation} = viewer.state();
    const drawn = scaleBar({spacing, resolution, rotation: radians(rotation), maxWidth: MAX_WIDTH_PX});
    bar.style.width = `${drawn.width}px`;
    setText(label, drawn.label);
    setAttributes(drawing, {'aria-label': t('Scale bar: {length}', {length: drawn.label})});
  };
  followView(viewer, update);
  return control;
}
