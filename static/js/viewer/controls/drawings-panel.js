/** What lies over the pixels of frames without being a mark of a reader: the file's own drawings, and how others showed them. */

import {el} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {presentationName, Presentations} from '../presentations.js';
import {group, iconButton} from './parts.js';

/** @import {Viewer} from '../viewer.js' */

/** @param {Viewer} viewer @returns {HTMLElement | null} null for images without frames */
export function drawingsPanel(viewer) {
  const {frames} = viewer;
  if (!frames || frames.encoding === 'planes') return null;
  const overlays = iconButton('overlay', t('Drawings in the file (overlays)'), () => frames.showOverlays(!frames.overlays.visible));
  overlays.classList.add('viewer-overlays');
  const states = viewer.manifest.presentations_url ? presentationChoice(viewer) : null;
  const panel = group(t('Drawings'), 'viewer-drawings', overlays, states);
  const update = () => {
    overlays.hidden = !frames.overlays.found;
    panel.hidden = overlays.hidden && !states;
    overlays.setAttribute('aria-pressed', String(frames.overlays.visible));
  };
  viewer.onChange(({kind}) => {
    if (kind === 'overlays') update();
  });
  update();
  return panel;
}

/** @param {Viewer} viewer @returns {HTMLSelectElement} of states */
function presentationChoice(viewer) {
  const presentations = new Presentations(viewer);
  const choice = el('select', {
    class: 'viewer-select viewer-presentations',
    attrs: {'aria-label': t('Presentation state'), title: t('How others wanted this image to be shown')},
    on: {change: () => presentations.choose(choice.value).catch((error) => viewer.reportFailure(error))},
  });
  choice.append(el('option', {text: t('As stored'), attrs: {value: ''}}));
  presentations.list().then(
    (states) => choice.append(...states.map((state) => el('option', {text: presentationName(state), attrs: {value: state.id}}))),
    (error) => viewer.reportFailure(error),
  );
  return choice;
}
