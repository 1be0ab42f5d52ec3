/** The whole image, small, with the part on screen outlined; press or drag to go there. */

import {el, setAttributes, svg} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {followView, iconButton} from './parts.js';

/** @import {Viewer} from '../viewer.js' */

/** Images whose longer side is shorter than this are seen whole at any useful magnification. */
const SMALLEST_IMAGE_PX = 1500;
const MAX_SIDE_PX = 168;

/** @param {Viewer} viewer @returns {HTMLElement | null} null where an overview would be of no use */
export function overviewControl(viewer) {
  const {manifest} = viewer;
  if (manifest.frames || Math.max(manifest.width, manifest.height) < SMALLEST_IMAGE_PX) return null;
  const shrink = MAX_SIDE_PX / Math.max(manifest.width, manifest.height);
  const [width, height] = [Math.round(manifest.width * shrink), Math.round(manifest.height * shrink)];
  const outline = svg('polygon', {class: 'viewer-overview-outline'});
  const drawing = svg('svg', {viewBox: `0 0 ${manifest.width} ${manifest.height}`, width, height, 'aria-hidden': 'true'}, outline);
  const picture = el('img', {attrs: {src: manifest.thumbnail_url, alt: '', width, height, draggable: 'false'}});
  const frame = el('div', {class: 'viewer-overview-frame'}, picture, drawing);
  followPointer(frame, (x, y) => viewer.goTo({x: x * manifest.width, y: y * manifest.height}));
  viewer.overview = frame;
  const toggle = iconButton('map', t('Overview'), () => {
    frame.hidden = !frame.hidden;
    toggle.setAttribute('aria-pressed', String(!frame.hidden));
  });
  toggle.setAttribute('aria-pressed', 'true');
  const update = () => {
    const points = viewer.corners().map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`);
    setAttributes(outline, {points: points.join(' ')});
  };
  followView(viewer, update);
  return el('div', {class: 'viewer-overview'}, toggle, frame);
}

/**
 * Calls back with the pointer's place, as shares of width and height, from press to release.
 * @param {HTMLElement} element
 * @param {(x: number, y: number) => void} onPlace
 */
function followPointer(element, onPlace) {
  /** @param {PointerEvent} event */
  const place = (event) => {
    const box = element.getBoundingClientRect();
    onPlace((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  };
  element.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    element.setPointerCapture(event.pointerId);
    place(event);
  });
  element.addEventListener('pointermove', (event) => {
    if (element.hasPointerCapture(event.pointerId)) place(event);
  });
}
