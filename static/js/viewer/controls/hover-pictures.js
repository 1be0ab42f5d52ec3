/** A small picture of the video above the slider, for the place under the pointer. */

import {el} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';

/** @import {PixelGrant} from '../pixel-grant.js' */
/** @import {Strip} from '../types.js' */

/** The slider's thumb does not go over its ends: half its width, in CSS px. */
const THUMB_HALF_PX = 6;

/**
 * @param {HTMLInputElement} slider
 * @param {Strip} strip
 * @param {PixelGrant} grant
 * @param {number} count frames of the video
 * @returns {HTMLElement} the slider with its pictures
 */
export function hoverPictures(slider, strip, grant, count) {
  const canvas = el('canvas', {attrs: {width: strip.width, height: strip.height}});
  const caption = el('span', {class: 'viewer-hover-caption'});
  const card = el('div', {class: 'viewer-hover', attrs: {hidden: true, 'aria-hidden': 'true'}}, canvas, caption);
  /** @type {Promise<ImageBitmap | null> | null} fetched once, when somebody first points */
  let sheet = null;
  const fetchSheet = () =>
    grant
      .fetch(strip.url)
      .then((response) => response.blob())
      .then((blob) => createImageBitmap(blob))
      .catch(() => null);
  let asked = 0;
  /** @param {PointerEvent} event */
  const show = async (event) => {
    asked += 1;
    const turn = asked;
    const box = slider.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left - THUMB_HALF_PX) / (box.width - 2 * THUMB_HALF_PX)));
    const place = Math.max(0, strip.frames.findLastIndex((frame) => frame <= Math.round(share * (count - 1))));
    const picture = await (sheet ??= fetchSheet());
    if (!picture || turn !== asked) return;
    const {width, height, columns} = strip;
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    context.drawImage(picture, (place % columns) * width, Math.floor(place / columns) * height, width, height, 0, 0, width, height);
    caption.textContent = t('Frame {frame}', {frame: strip.frames[place] + 1});
    card.style.setProperty('--at', `${event.clientX - box.left}px`);
    card.hidden = false;
  };
  const hide = () => {
    asked += 1;
    card.hidden = true;
  };
  slider.addEventListener('pointermove', (event) => void show(event));
  slider.addEventListener('pointerleave', hide);
  return el('div', {class: 'viewer-scrubber'}, slider, card);
}
