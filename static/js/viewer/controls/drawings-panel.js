/** What lies over the pixels of frames without being a mark of a reader: the file's own drawings. */

import {t} from '../../lib/i18n.js';
import {group, iconButton} from './parts.js';

/** @import {Viewer} from '../viewer.js' */

/** @param {Viewer} viewer @returns {HTMLElement | null} null for images without frames */
export function drawingsPanel(viewer) {
  const {frames} = viewer;
  if (!frames) return null;
  const overlays = iconButton('overlay', t('Drawings in the file (overlays)'), () => frames.showOverlays(!frames.overlays.visible));
  overlays.classList.add('viewer-overlays');
  const panel = group(t('Drawings'), 'viewer-drawings', overlays);
  const update = () => {
    panel.hidden = !frames.overlays.found;
    overlays.setAttribute('aria-pressed', String(frames.overlays.visible));
  };
  viewer.onChange(({kind}) => {
    if (kind === 'overlays') update();
  });
  update();
  return panel;
}
