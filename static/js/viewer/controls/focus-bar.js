/** Planes of focus and moments of a slide: a slider each. Numbers shown to people count from 1. */

import {el} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {formatLength} from '../format.js';
import {PlaneStack} from '../plane-stack.js';
import {group, iconButton} from './parts.js';

/** @import {Viewer} from '../viewer.js' */

/** @param {Viewer} viewer @returns {HTMLElement | null} null where there is one plane only */
export function focusBar(viewer) {
  const {frames} = viewer;
  if (!(frames instanceof PlaneStack)) return null;
  const {z, t: moments} = frames.planes;
  const focus = z > 1 ? slider(t('Focus'), z, (value) => void frames.setFocus(value)) : null;
  const moment = moments > 1 ? slider(t('Time'), moments, (value) => void frames.setFocus(frames.focus, value)) : null;
  const depth = el('span', {class: 'viewer-frame-place'});
  const bar = group(
    t('Focus'),
    'viewer-frames viewer-focus',
    ...(focus ? [caption(t('Focus')), arrow('previous', -1), focus.input, arrow('next', 1), focus.number, depth] : []),
    ...(moment ? [caption(t('Time')), moment.input, moment.number] : []),
  );
  /** @param {'previous' | 'next'} icon @param {number} delta */
  function arrow(icon, delta) {
    const label = delta < 0 ? t('Previous plane') : t('Next plane');
    return iconButton(icon, label, () => void (/** @type {PlaneStack} */ (frames).step(delta)));
  }
  const update = () => {
    focus?.show(frames.focus);
    moment?.show(frames.moment);
    depth.textContent = frames.depthUm === null ? '' : formatLength(frames.depthUm);
  };
  viewer.onChange(({kind}) => {
    if (kind === 'frame') update();
  });
  update();
  return bar;
}

/** @param {string} text */
function caption(text) {
  return el('span', {class: 'viewer-caption', text, attrs: {'aria-hidden': 'true'}});
}

/** @param {string} label @param {number} count @param {(value: number) => void} onInput 0-based */
function slider(label, count, onInput) {
  const input = el('input', {
    class: 'viewer-slider',
    attrs: {type: 'range', min: 1, max: count, step: 1, value: 1, 'aria-label': label},
    on: {input: () => onInput(input.valueAsNumber - 1)},
  });
  const number = el('output', {class: 'viewer-readout viewer-frame-number'});
  const show = (/** @type {number} */ value) => {
    input.value = String(value + 1);
    input.style.setProperty('--share', String(value / (count - 1)));
    input.setAttribute('aria-valuetext', t('{number} of {count}', {number: value + 1, count}));
    number.textContent = `${value + 1} / ${count}`;
  };
  return {input, number, show};
}
