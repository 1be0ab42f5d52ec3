/** Frames of a stack: slider, number, cine. Numbers shown to people count from 1. */

import {el, replaceChildren} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {partName} from '../frame-parts.js';
import {icon} from './icons.js';
import {hoverPictures} from './hover-pictures.js';
import {group, iconButton} from './parts.js';

/** @import {FrameStack} from '../frame-stack.js' */
/** @import {Viewer} from '../viewer.js' */

/** @param {Viewer} viewer @returns {HTMLElement | null} null for a single frame */
export function frameBar(viewer) {
  const {frames, manifest} = viewer;
  if (!frames || frames.encoding === 'planes' || frames.count < 2) return null;
  const slider = el('input', {
    class: 'viewer-slider',
    attrs: {type: 'range', min: 1, max: frames.count, step: 1, value: 1, 'aria-label': t('Frame')},
    on: {input: () => void frames.setFrame(slider.valueAsNumber - 1)},
  });
  const number = el('output', {class: 'viewer-readout viewer-frame-number'});
  const place = el('span', {class: 'viewer-frame-place'});
  const parts = partChoice(frames);
  const cine = iconButton('play', t('Play'), () => (frames.playing ? frames.pause() : frames.play()));
  const bar = group(
    t('Frames'),
    'viewer-frames',
    cine,
    iconButton('previous', t('Previous frame'), () => void frames.step(-1)),
    manifest.video ? hoverPictures(slider, manifest.video.strip, viewer.grant, frames.count) : slider,
    iconButton('next', t('Next frame'), () => void frames.step(1)),
    number,
    place,
    parts,
    el('span', {class: 'viewer-frame-rate', text: rate(frames), attrs: {title: rateTitle(frames)}}),
  );
  const updateFrame = () => {
    const shown = frames.wanted + 1;
    slider.value = String(shown);
    slider.style.setProperty('--share', String(frames.wanted / (frames.count - 1)));
    slider.setAttribute('aria-valuetext', t('Frame {frame} of {count}', {frame: shown, count: frames.count}));
    number.textContent = `${shown} / ${frames.count}`;
    place.textContent = frames.placeText;
    if (parts) parts.value = String(frames.partAt(frames.wanted));
    bar.classList.toggle('is-loading', frames.loading);
  };
  const updateCine = () => {
    const name = frames.playing ? t('Pause') : t('Play');
    replaceChildren(cine, icon(frames.playing ? 'pause' : 'play'));
    cine.title = name;
    cine.setAttribute('aria-label', name);
  };
  viewer.onChange(({kind}) => {
    if (kind === 'frame' || kind === 'loading') updateFrame();
    if (kind === 'cine') updateCine();
  });
  updateFrame();
  return bar;
}

/**
 * Which kind of frame is on screen, and the way to another kind.
 * @param {FrameStack} frames
 * @returns {HTMLSelectElement | null} null where all are of one kind
 */
function partChoice(frames) {
  const {parts = []} = frames.manifest.frames;
  if (parts.length === 0) return null;
  const choice = el('select', {
    class: 'viewer-select viewer-parts',
    attrs: {'aria-label': t('Kind of frame'), title: t('Kind of frame')},
    on: {change: () => void frames.setFrame(parts[Number(choice.value)].start)},
  });
  choice.append(...parts.map((part, at) => el('option', {text: partName(part), attrs: {value: at}})));
  return choice;
}

/** @param {FrameStack} frames @returns {string} */
function rate(frames) {
  const perSecond = 1000 / frames.frameTimeMs;
  const shown = perSecond >= 10 ? Math.round(perSecond) : Number(perSecond.toFixed(1));
  if (frames.varies) return t('{rate} fps, varying', {rate: shown});
  return frames.frameTimeAssumed ? t('{rate} fps, assumed', {rate: shown}) : t('{rate} fps', {rate: shown});
}

/** @param {FrameStack} frames @returns {string} */
function rateTitle(frames) {
  if (frames.frameTimeAssumed) {
    return t('The file records no frame time; {time} ms a frame is assumed.', {time: frames.frameTimeMs});
  }
  return t('Frame time of the recording: {time} ms', {time: Number(frames.frameTimeMs.toFixed(2))});
}
