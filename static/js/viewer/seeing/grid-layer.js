/** A grid over the image with a known distance between its lines: in micrometres where the scale is known, else in pixels. */

import {Layer} from '../../../vendor/ol.mjs';
import {formatLength} from '../format.js';

/** @import {Manifest} from '../types.js' */

/** Lines are at least this far apart; screen px. */
const CLOSEST_PX = 90;
const STEPS = [1, 2, 5, 10];

/**
 * @param {number} resolution level-0 px per screen px
 * @param {Manifest['spacing']} spacing
 * @returns {{x: number, y: number, label: string}} distance of lines in level-0 px
 */
export function gridStep(resolution, spacing) {
  const unit = spacing ? Math.max(spacing.x_um, spacing.y_um) : 1;
  const least = resolution * CLOSEST_PX * unit;
  const power = 10 ** Math.floor(Math.log10(least));
  const length = power * (STEPS.find((step) => step * power >= least) ?? 10);
  if (!spacing) return {x: Math.max(length, 1), y: Math.max(length, 1), label: `${Math.max(length, 1)} px`};
  return {x: length / spacing.x_um, y: length / spacing.y_um, label: formatLength(length)};
}

export class GridLayer extends Layer {
  /** @param {Manifest} manifest */
  constructor(manifest) {
    super({zIndex: 5});
    this.manifest = manifest;
    this.canvas = document.createElement('canvas');
    // OpenLayers draws the next layer straight into a canvas that a layer gives back; in a box it is left alone.
    this.box = document.createElement('div');
    this.box.className = 'viewer-frame viewer-grid';
    this.box.append(this.canvas);
  }

  /** @param {any} frameState of OpenLayers @returns {HTMLElement} @override */
  render({size, pixelRatio, viewState}) {
    const [width, height] = [Math.round(size[0] * pixelRatio), Math.round(size[1] * pixelRatio)];
    this.canvas.width = width;
    this.canvas.height = height;
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext('2d'));
    const scale = pixelRatio / viewState.resolution;
    context.translate(width / 2, height / 2);
    context.rotate(viewState.rotation);
    context.scale(scale, scale);
    context.translate(-viewState.center[0], viewState.center[1]);
    const reach = (Math.hypot(size[0], size[1]) / 2) * viewState.resolution;
    this.#lines(context, [viewState.center[0] - reach, -viewState.center[1] - reach], reach * 2, viewState.resolution);
    for (const [style, px] of /** @type {[string, number][]} */ ([['rgb(0 0 0 / 45%)', 2.5], ['rgb(255 255 255 / 75%)', 1]])) {
      context.strokeStyle = style;
      context.lineWidth = (px * pixelRatio) / scale;
      context.stroke();
    }
    return this.box;
  }

  /** @param {CanvasRenderingContext2D} context @param {number[]} start level-0 px @param {number} length @param {number} resolution */
  #lines(context, [left, top], length, resolution) {
    const {width, height, spacing} = this.manifest;
    const {x: across, y: down} = gridStep(resolution, spacing);
    context.beginPath();
    for (let x = Math.max(0, Math.ceil(left / across)) * across; x <= Math.min(width, left + length); x += across) {
      context.moveTo(x, Math.max(0, top));
      context.lineTo(x, Math.min(height, top + length));
    }
    for (let y = Math.max(0, Math.ceil(top / down)) * down; y <= Math.min(height, top + length); y += down) {
      context.moveTo(Math.max(0, left), y);
      context.lineTo(Math.min(width, left + length), y);
    }
  }
}
