/** One frame as an OpenLayers layer, drawn with Canvas 2D: pans, zooms and turns with the map, needs no WebGL. */

import {Layer} from '../../vendor/ol.mjs';
import {hatched} from './hatch.js';
import {applyTable, fillTable, makeTable} from './voi.js';

/** @import {Frame, ValuesFrame} from './frame-decode.js' */

/** @typedef {any} FrameState of OpenLayers, which does not export the type from its bundle */

/** @import {Window} from './types.js' */

/**
 * @typedef {object} Look
 * @property {Window | null} window a new object whenever it changes
 * @property {boolean} inverted by the reader, on top of what the file says
 * @property {{slope: number, intercept: number} | null} [rescale] in place of the file's own
 * @property {number[] | null} [greys] a presentation LUT
 */

const NO_WINDOW = {center: 0, width: 1};

/** From this many screen px per image px on, pixels are shown as squares: the reader is looking at single samples. */
const SQUARES_FROM_ENLARGEMENT = 6;

export class FrameLayer extends Layer {
  constructor() {
    super({});
    this.canvas = document.createElement('canvas');
    // OpenLayers draws the next layer straight into a canvas that a layer gives back; in a box it is left alone.
    this.box = document.createElement('div');
    this.box.className = 'viewer-frame';
    this.box.append(this.canvas);
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext('2d'));
    this.table = makeTable();
    /** What the table was filled for. @type {unknown[]} */
    this.tableKey = [];
    /** @type {OffscreenCanvas | null} */
    this.grey = null;
    /** @type {ImageData | null} */
    this.greyData = null;
    /** @type {CanvasImageSource | null} */
    this.picture = null;
    /** @type {ImageBitmap | null} */
    this.overlay = null;
    /** Draws over the frame and its overlay; the context is in image px. @type {((context: CanvasRenderingContext2D) => void) | null} */
    this.drawing = null;
    /** @type {[number, number] | null} level-0 px that the picture covers, where its own size is another */
    this.covers = null;
  }

  /**
   * Puts a picture on screen that is drawn as it is at that moment, such as a running video.
   * @param {CanvasImageSource} picture
   * @param {number} columns level-0 px that it covers
   * @param {number} rows
   */
  showPicture(picture, columns, rows) {
    this.picture = picture;
    this.covers = [columns, rows];
    this.changed();
  }

  /**
   * Puts a frame on screen.
   * @param {Frame} frame
   * @param {Look} look used by value frames
   */
  show(frame, look) {
    this.covers = null;
    this.picture = frame.kind === 'colour' ? frame.bitmap : this.greyOf(frame, look);
    this.changed();
  }

  /** @param {ImageBitmap | null} overlay drawn over the frame, in its pixels */
  setOverlay(overlay) {
    if (overlay === this.overlay) return;
    this.overlay = overlay;
    this.changed();
  }

  /** @param {FrameLayer['drawing']} drawing what else is drawn over the frame, now and at every move of the map */
  setDrawing(drawing) {
    this.drawing = drawing;
    this.changed();
  }

  /**
   * Shows hatching instead of a frame.
   * @param {number} columns
   * @param {number} rows
   */
  showFailure(columns, rows) {
    this.covers = null;
    this.picture = hatched(columns, rows);
    this.changed();
  }

  /**
   * @param {ValuesFrame} frame
   * @param {Look} look
   * @returns {OffscreenCanvas}
   */
  greyOf(frame, {window, inverted, rescale, greys}) {
    const invert = frame.invert !== inverted;
    const modality = {...frame.modality, ...rescale};
    const key = [modality.signed, modality.slope, modality.intercept, window, invert, greys];
    if (key.some((part, at) => part !== this.tableKey[at])) {
      fillTable(this.table, modality, window ?? NO_WINDOW, invert, greys);
      this.tableKey = key;
    }
    if (!this.grey || !this.greyData || this.grey.width !== frame.columns || this.grey.height !== frame.rows) {
      this.grey = new OffscreenCanvas(frame.columns, frame.rows);
      this.greyData = new ImageData(frame.columns, frame.rows);
    }
    applyTable(frame.stored, this.table, new Uint32Array(this.greyData.data.buffer));
    /** @type {OffscreenCanvasRenderingContext2D} */ (this.grey.getContext('2d')).putImageData(this.greyData, 0, 0);
    return this.grey;
  }

  /**
   * @param {FrameState} frameState
   * @returns {HTMLElement}
   * @override
   */
  render(frameState) {
    const {size, pixelRatio, viewState} = frameState;
    const [width, height] = [Math.round(size[0] * pixelRatio), Math.round(size[1] * pixelRatio)];
    const {canvas, context} = this;
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    if (!this.picture) return this.box;
    const scale = pixelRatio / viewState.resolution;
    context.translate(width / 2, height / 2);
    context.rotate(viewState.rotation);
    context.scale(scale, scale);
    context.translate(-viewState.center[0], viewState.center[1]);
    context.imageSmoothingEnabled = scale < SQUARES_FROM_ENLARGEMENT * pixelRatio;
    // A running video is drawn anew thirty times a second; the best scaling of one picture takes longer than that leaves.
    context.imageSmoothingQuality = scale < 1 && !this.covers ? 'high' : 'low';
    if (this.covers) context.drawImage(this.picture, 0, 0, ...this.covers);
    else context.drawImage(this.picture, 0, 0);
    if (this.overlay) context.drawImage(this.overlay, 0, 0);
    this.drawing?.(context);
    return this.box;
  }
}
