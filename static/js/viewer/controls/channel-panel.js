/** The channels of a fluorescence image: on and off, colour, range over a histogram. Dozens stay one line each while off. */

import {el, svg} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {MAX_SHOWN, valueOf} from '../channels.js';
import {textButton} from './parts.js';

/** @import {ChannelSet} from '../channels.js' */
/** @import {Channel} from '../types.js' */
/** @import {Viewer} from '../viewer.js' */

const HISTOGRAM_HEIGHT = 26;

/** An arrow key moves a handle by this share of what its slider spans. */
const SLIDER_STEPS = 250;

/** @param {Viewer} viewer @returns {HTMLElement | null} null where there are no channels */
export function channelPanel(viewer) {
  const {channels} = viewer;
  if (!channels) return null;
  const rows = channels.channels.map((channel, index) => channelRow(channels, channel, index));
  const body = el(
    'div',
    {class: 'viewer-channels-body'},
    el('div', {class: 'viewer-channels-list'}, ...rows.map(({element}) => element)),
    el(
      'div',
      {class: 'viewer-channels-foot'},
      footButton(t('Auto range'), t('Ranges of the shown channels as sampled from the image'), () => channels.autoRange()),
      footButton(t('Reset'), t('Channels, colours and ranges as at first'), () => channels.reset()),
    ),
  );
  const toggle = el('button', {
    class: 'viewer-button viewer-channels-head',
    attrs: {type: 'button', 'aria-expanded': 'true'},
    on: {click: () => {
      body.hidden = !body.hidden;
      toggle.setAttribute('aria-expanded', String(!body.hidden));
    }},
  });
  const update = () => {
    toggle.textContent = t('Channels {shown} / {count}', {shown: channels.shownCount, count: rows.length});
    const isFull = channels.shownCount >= MAX_SHOWN;
    for (const row of rows) row.update(isFull);
  };
  viewer.onChange(({kind}) => {
    if (kind === 'channels') update();
  });
  update();
  return el('div', {class: 'viewer-group viewer-channels', attrs: {role: 'group', 'aria-label': t('Channels')}}, toggle, body);
}

/** @param {string} text its name, also for screen readers @param {string} title what it does @param {() => void} onClick */
function footButton(text, title, onClick) {
  return el('button', {class: 'viewer-button', text, attrs: {type: 'button', title}, on: {click: onClick}});
}

/**
 * @param {ChannelSet} channels
 * @param {Channel} channel
 * @param {number} index
 */
function channelRow(channels, channel, index) {
  const name = channel.name || t('Channel {number}', {number: index + 1});
  const shown = el('input', {
    attrs: {type: 'checkbox', 'aria-label': t('Show {channel}', {channel: name})},
    on: {change: () => channels.set(index, {shown: shown.checked})},
  });
  const colour = el('input', {
    class: 'viewer-channel-colour',
    attrs: {type: 'color', 'aria-label': t('Colour of {channel}', {channel: name}), title: t('Colour of {channel}', {channel: name})},
    on: {input: () => channels.set(index, {colour: colour.value})},
  });
  const wave = channel.emission_nm === null ? '' : ` ${Math.round(channel.emission_nm)} nm`;
  const only = textButton(name + wave, t('Show only {channel}', {channel: name + wave}), () => channels.showOnly(index));
  only.classList.add('viewer-channel-name');
  const readout = el('output', {class: 'viewer-channel-range'});
  const range = rangeSlider(channels, channel, index, name);
  const element = el('div', {class: 'viewer-channel'}, el('div', {class: 'viewer-channel-line'}, shown, colour, only, readout), range.element);
  const update = (/** @type {boolean} */ isFull) => {
    const state = channels.states[index];
    shown.checked = state.shown;
    shown.disabled = isFull && !state.shown;
    colour.value = state.colour;
    element.style.setProperty('--channel', state.colour);
    element.classList.toggle('is-off', !state.shown);
    range.element.hidden = !state.shown;
    readout.textContent = state.shown ? `${valueOf(channel, state.low)} – ${valueOf(channel, state.high)}` : '';
    range.update();
  };
  return {element, update};
}

/**
 * Two handles over a histogram: what is left of the first is black, what is right of the second is full.
 * @param {ChannelSet} channels
 * @param {Channel} channel
 * @param {number} index
 * @param {string} name
 */
function rangeSlider(channels, channel, index, name) {
  const {histogram, limit} = channel;
  const from = Math.max(0, Math.min(Math.floor(histogram.low), channel.low));
  const to = Math.min(limit, Math.max(Math.ceil(histogram.high), channel.high, from + 1));
  const handle = (/** @type {'low' | 'high'} */ end, /** @type {string} */ label) => {
    const input = el('input', {
      class: 'viewer-range-handle',
      attrs: {type: 'range', min: from, max: to, step: Math.max(1, Math.round((to - from) / SLIDER_STEPS)), 'aria-label': label},
      on: {input: () => move(end, input.valueAsNumber)},
    });
    return input;
  };
  const move = (/** @type {'low' | 'high'} */ end, /** @type {number} */ value) => {
    const {low, high} = channels.states[index];
    channels.set(index, end === 'low' ? {low: Math.min(value, high - 1)} : {high: Math.max(value, low + 1)});
  };
  const low = handle('low', t('Black point of {channel}', {channel: name}));
  const high = handle('high', t('White point of {channel}', {channel: name}));
  const shade = el('div', {class: 'viewer-range-shade'});
  const element = el('div', {class: 'viewer-range'}, drawing(channel, from, to), shade, low, high);
  const update = () => {
    const state = channels.states[index];
    low.value = String(state.low);
    high.value = String(state.high);
    for (const [input, value] of /** @type {[HTMLInputElement, number][]} */ ([[low, state.low], [high, state.high]])) {
      input.setAttribute('aria-valuetext', valueOf(channel, value));
    }
    const share = (/** @type {number} */ value) => Math.min(1, Math.max(0, (value - from) / (to - from)));
    element.style.setProperty('--low', String(share(state.low)));
    element.style.setProperty('--high', String(share(state.high)));
    // Where both handles lie at the right end, the left one must stay within reach.
    low.classList.toggle('is-above', share(state.low) > 0.5);
  };
  return {element, update};
}

/** @param {Channel} channel @param {number} from @param {number} to @returns {SVGSVGElement} the histogram, heights by their logarithm */
function drawing({histogram}, from, to) {
  const {low, high, counts} = histogram;
  const most = Math.log1p(Math.max(1, ...counts));
  const at = (/** @type {number} */ bin) => (((low + ((high - low) * bin) / counts.length - from) / (to - from)) * 100).toFixed(2);
  const points = counts.flatMap((count, bin) => {
    const y = (HISTOGRAM_HEIGHT * (1 - Math.log1p(count) / most)).toFixed(1);
    return [`${at(bin)},${y}`, `${at(bin + 1)},${y}`];
  });
  const outline = [`${at(0)},${HISTOGRAM_HEIGHT}`, ...points, `${at(counts.length)},${HISTOGRAM_HEIGHT}`].join(' ');
  const frame = {viewBox: `0 0 100 ${HISTOGRAM_HEIGHT}`, preserveAspectRatio: 'none', class: 'viewer-histogram', 'aria-hidden': 'true'};
  return svg('svg', frame, svg('polygon', {points: outline}));
}
