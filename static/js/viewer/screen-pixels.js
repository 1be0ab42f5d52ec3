/** The pixels of the image as they are on screen, without what is drawn over it. Canvas 2D only; nothing is asked of the server. */

import {ImageLayer, TileLayer} from '../../vendor/ol.mjs';
import {FrameLayer} from './frame-layer.js';
import {marginOf} from './glide.js';

/** @import {Viewer} from './viewer.js' */

/** @param {number[]} size CSS px @returns {OffscreenCanvasRenderingContext2D} */
function picture([width, height]) {
  const canvas = new OffscreenCanvas(Math.round(width), Math.round(height));
  return /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d', {willReadFrequently: true}));
}

/**
 * Draws a canvas where the page shows it: OpenLayers turns and scales its canvas by a style.
 * @param {OffscreenCanvasRenderingContext2D} context @param {HTMLCanvasElement} canvas @param {number} margin px of it beyond each side
 */
function drawAsShown(context, canvas, margin) {
  const matrix = /^matrix\(([^)]*)\)$/.exec(canvas.style.transform)?.[1].split(',').map(Number);
  const [a, b, c, d, e, f] = matrix ?? [(context.canvas.width + 2 * margin) / canvas.width, 0, 0, (context.canvas.height + 2 * margin) / canvas.height, 0, 0];
  context.setTransform(a, b, c, d, e - margin, f - margin);
  context.drawImage(canvas, 0, 0);
}

/**
 * @param {Viewer} viewer
 * @returns {ImageData | null} one pixel for each CSS px of the canvas; null: it has no size
 */
export function screenPixels({map}) {
  const size = map.getSize();
  if (!size || size[0] < 1 || size[1] < 1) return null;
  const context = picture(size);
  const margin = marginOf(map);
  const layers = map.getLayers().getArray();
  const frame = layers.find((/** @type {unknown} */ layer) => layer instanceof FrameLayer);
  if (frame instanceof FrameLayer) {
    // In the midst of a move its canvas may hold more than is seen.
    map.renderSync();
    drawAsShown(context, frame.canvas, margin);
  } else {
    // Marks are drawn into the same canvas later: it is copied as soon as the pixels are in it.
    /** @param {{context: CanvasRenderingContext2D}} event */
    const copy = (event) => drawAsShown(context, event.context.canvas, margin);
    const pixels = /** @type {any[]} */ (layers.filter((/** @type {any} */ layer) => (layer instanceof ImageLayer || layer instanceof TileLayer) && !layer.get('isDrawnOver')));
    for (const layer of pixels) layer.on('postrender', copy);
    map.renderSync();
    for (const layer of pixels) layer.un('postrender', copy);
  }
  return context.getImageData(0, 0, context.canvas.width, context.canvas.height);
}
