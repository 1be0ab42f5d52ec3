/** Rotation and fullscreen. */

import {setAttributes, setText} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {followView, group, iconButton, textButton} from './parts.js';

/** @import {Viewer} from '../viewer.js' */

const STEP_DEGREES = 90;

/** @param {Viewer} viewer @returns {HTMLElement} */
export function viewButtons(viewer) {
  const upright = t('Turn back to upright');
  const angle = textButton('0°', upright, () => viewer.resetRotation());
  angle.classList.add('viewer-angle');
  const update = () => {
    const {rotation} = viewer.state();
    setText(angle, `${Math.round(rotation)}°`);
    setAttributes(angle, {'aria-label': `${Math.round(rotation)}° ${upright}`, disabled: rotation === 0});
  };
  followView(viewer, update);
  const fullscreen = iconButton('fullscreen', t('Full screen'), () => void viewer.toggleFullscreen());
  fullscreen.setAttribute('aria-pressed', 'false');
  viewer.onChange(({kind}) => {
    if (kind === 'fullscreen') fullscreen.setAttribute('aria-pressed', String(document.fullscreenElement !== null));
  });
  fullscreen.hidden = !document.fullscreenEnabled;
  return group(
    t('View'),
    'viewer-view',
    iconButton('rotate-left', t('Turn left by 90°'), () => viewer.rotateBy(-STEP_DEGREES)),
    angle,
    iconButton('rotate-right', t('Turn right by 90°'), () => viewer.rotateBy(STEP_DEGREES)),
    fullscreen,
  );
}
