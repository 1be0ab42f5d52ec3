/** Shows superpixels over the image: an element of its own, so that following the pointer draws nothing else anew. */

import {el} from '../../lib/dom.js';

/** @import {Segments} from '../tools/superpixel/segments.js' */

/** Lines are shown so far around the pointer; screen px. */
const REACH_PX = 150;
/** A light line beside a dark one is seen on stained tissue, grey values and skin alike; red, green, blue, opacity. */
const LIGHT = [255, 255, 255, 190];
const DARK = [0, 0, 0, 120];
const TINT_ALPHA = 110;

export class SuperpixelOverlay {
  /** @param {HTMLElement} canvas that the image is drawn in */
  constructor(canvas) {
    this.element = /** @type {HTMLCanvasElement} */ (el('canvas', {class: 'superpixel-overlay', attrs: {'aria-hidden': 'true'}}));
    this.context = /** @type {CanvasRenderingContext2D} */ (this.element.getContext('2d'));
    /** @type {Segments | null} */
    this.segments = null;
    /** @type {OffscreenCanvas | null} */
    this.lines = null;
    /** @type {OffscreenCanvasRenderingContext2D | null} */
    this.tints = null;
    canvas.append(this.element);
    canvas.addEventListener('pointerleave', () => this.show(null));
  }

  /** @param {Segments} segments */
  take(segments) {
    const {width, height} = segments;
    this.segments = segments;
    [this.element.width, this.element.height] = [width, height];
    this.lines = new OffscreenCanvas(width, height);
    /** @type {OffscreenCanvasRenderingContext2D} */ (this.lines.getContext('2d')).putImageData(linesOf(segments), 0, 0);
    this.tints = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(width, height).getContext('2d', {willReadFrequently: true}));
  }

  hide() {
    this.segments = this.lines = this.tints = null;
    this.show(null);
  }

  /** @param {readonly number[] | null} pixel CSS px of the canvas */
  show(pixel) {
    const {context, lines, tints} = this;
    context.clearRect(0, 0, this.element.width, this.element.height);
    if (!lines || !tints) return;
    context.drawImage(tints.canvas, 0, 0);
    if (!pixel) return;
    context.save();
    context.beginPath();
    context.arc(pixel[0], pixel[1], REACH_PX, 0, 2 * Math.PI);
    context.clip();
    context.drawImage(lines, 0, 0);
    context.restore();
  }

  /** @param {number} label @param {string} colour #rrggbb */
  tint(label, colour) {
    const {segments, tints} = this;
    if (!segments || !tints) return;
    const [left, top, right, bottom] = segments.boxes.subarray(4 * label, 4 * label + 4);
    const picture = tints.getImageData(left, top, right - left, bottom - top);
    const rgba = [...[1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)), TINT_ALPHA];
    for (let y = top; y < bottom; y += 1) {
      for (let x = left; x < right; x += 1) {
        if (segments.labels[y * segments.width + x] === label) picture.data.set(rgba, 4 * ((y - top) * (right - left) + x - left));
      }
    }
    tints.putImageData(picture, left, top);
  }

  clear() {
    this.tints?.clearRect(0, 0, this.element.width, this.element.height);
  }
}

/** @param {Segments} segments @returns {ImageData} */
function linesOf({labels, width, height}) {
  const picture = new ImageData(width, height);
  for (let y = 0; y < height - 1; y += 1) {
    for (let x = 0; x < width - 1; x += 1) {
      const at = y * width + x;
      const [isAside, isBelow] = [labels[at] !== labels[at + 1], labels[at] !== labels[at + width]];
      if (isAside) picture.data.set(DARK, 4 * (at + 1));
      if (isBelow) picture.data.set(DARK, 4 * (at + width));
      if (isAside || isBelow) picture.data.set(LIGHT, 4 * at);
    }
  }
  return picture;
}
