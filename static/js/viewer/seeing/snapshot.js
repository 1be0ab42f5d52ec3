/** What is on the screen as a PNG with a scale bar. Neither the picture nor its name says whose image it is. */

import {t} from '../../lib/i18n.js';
import {scaleBar} from '../format.js';
import {radians} from '../geometry.js';
import {marginOf} from '../glide.js';
import {isNeutral, toneTable} from './tone.js';

/** @import {Viewer} from '../viewer.js' */
/** @import {Tone} from './tone.js' */

const BACKGROUND = '#17181a';
const BAR_PX = 160;
const MARGIN_PX = 16;

/**
 * @param {Viewer} viewer @param {Tone} tone as the screen shows it
 * @returns {HTMLCanvasElement} in device pixels: pixels, marks, scale
 */
export function pictureOf(viewer, tone) {
  viewer.map.renderSync();
  const ratio = globalThis.devicePixelRatio ?? 1;
  const [width, height] = viewer.map.getSize() ?? [0, 0];
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', {willReadFrequently: true}));
  context.fillStyle = BACKGROUND;
  context.fillRect(0, 0, canvas.width, canvas.height);
  const layers = /** @type {HTMLCanvasElement[]} */ ([...viewer.canvas.querySelectorAll('.ol-layers canvas')]);
  const margin = marginOf(viewer.map);
  const isPixels = (/** @type {HTMLElement} */ layer) => layer.closest('.viewer-pixels, .viewer-frame:not(.viewer-grid)') !== null;
  for (const layer of layers.filter(isPixels)) drawLayer(context, layer, ratio, margin);
  if (!isNeutral(tone)) applyTone(context, tone);
  for (const layer of layers.filter((layer) => !isPixels(layer))) drawLayer(context, layer, ratio, margin);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  drawScale(context, viewer, height);
  return canvas;
}

/** @param {CanvasRenderingContext2D} context @param {HTMLCanvasElement} layer @param {number} ratio @param {number} margin px of it beyond each side */
function drawLayer(context, layer, ratio, margin) {
  if (layer.width === 0 || layer.height === 0) return;
  const box = /** @type {HTMLElement} */ (layer.parentElement);
  context.globalAlpha = Number((box.style.opacity || layer.style.opacity) || 1);
  const matrix = layer.style.transform.match(/^matrix\(([^)]*)\)$/)?.[1].split(',').map(Number);
  // OpenLayers scales its canvases back by their style; a frame's canvas fills its box.
  const [a, b, c, d, e, f] = matrix ?? [1 / ratio, 0, 0, 1 / ratio, 0, 0];
  context.setTransform(a * ratio, b * ratio, c * ratio, d * ratio, (e - margin) * ratio, (f - margin) * ratio);
  context.drawImage(layer, 0, 0);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} context @param {Tone} tone */
function applyTone(context, tone) {
  const table = toneTable(tone);
  const picture = context.getImageData(0, 0, context.canvas.width, context.canvas.height);
  const {data} = picture;
  for (let at = 0; at < data.length; at += 4) {
    for (let colour = at; colour < at + 3; colour += 1) data[colour] = table[data[colour]];
  }
  context.putImageData(picture, 0, 0);
}

/** @param {CanvasRenderingContext2D} context in CSS px @param {Viewer} viewer @param {number} height */
function drawScale(context, viewer, height) {
  const {spacing} = viewer.manifest;
  const {resolution, rotation} = viewer.state();
  const drawn = spacing && scaleBar({spacing, resolution, rotation: radians(rotation), maxWidth: BAR_PX});
  const [left, bottom] = [MARGIN_PX, height - MARGIN_PX];
  context.font = '600 14px system-ui, "Noto Sans CJK JP", sans-serif';
  context.lineJoin = 'round';
  const strokes = /** @type {[string, number][]} */ ([['rgb(0 0 0 / 75%)', 5], ['#ffffff', 2]]);
  for (const [style, width] of strokes) {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.beginPath();
    if (drawn) {
      context.moveTo(left, bottom - 7);
      context.lineTo(left, bottom);
      context.lineTo(left + drawn.width, bottom);
      context.lineTo(left + drawn.width, bottom - 7);
    }
    context.stroke();
  }
  const text = drawn ? drawn.label : t('No scale');
  const at = drawn ? left + (drawn.width - context.measureText(text).width) / 2 : left;
  context.strokeStyle = 'rgb(0 0 0 / 75%)';
  context.lineWidth = 4;
  context.strokeText(text, at, bottom - 12);
  context.fillStyle = '#ffffff';
  context.fillText(text, at, bottom - 12);
}

/** Saves the picture as a file. @param {Viewer} viewer @param {Tone} tone */
export async function saveSnapshot(viewer, tone) {
  const canvas = pictureOf(viewer, tone);
  const blob = await new Promise((/** @type {(blob: Blob | null) => void} */ resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) return;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = 'mitate-view.png';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
