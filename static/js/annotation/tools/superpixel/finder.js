/**
 * Superpixels of what is on screen: found by a worker once the view rests, shown as thin lines around the pointer, tinted where
 * they were touched.
 */

import {screenPixels} from '../../../viewer/screen-pixels.js';
import {SuperpixelOverlay} from '../../render/superpixel_overlay.js';
import {frameOf} from '../screen_frame.js';
import {Segments} from './segments.js';

/** @import {Viewer} from '../../../viewer/viewer.js' */
/** @import {ScreenFrame} from '../screen_frame.js' */
/** @import {Workspace} from '../../workspace.js' */
/** @import {Found} from './segments.js' */

/** The view rests when nothing has moved for so long; ms. */
const RESTS_MS = 120;
/** Read by tests and benchmarks. */
const READY = 'mitate:superpixels-ready';

export class Finder {
  /** @param {{viewer: Viewer, workspace: Workspace, workerUrl: string, colour: () => string}} parts */
  constructor({viewer, workspace, workerUrl, colour}) {
    this.viewer = viewer;
    this.workspace = workspace;
    this.colour = colour;
    this.overlay = new SuperpixelOverlay(viewer.canvas);
    /** @type {Segments | null} null: what is on screen is not looked at yet */
    this.segments = null;
    /** @type {Set<number>} */
    this.touched = new Set();
    /** @type {[number, number] | null} */
    this.pixel = null;
    this.number = 0;
    /** @type {ScreenFrame | null} of what the worker is at */
    this.asked = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.resting = undefined;
    this.worker = new Worker(workerUrl, {type: 'module'});
    this.worker.addEventListener('message', ({data}) => this.#onFound(data));
    viewer.onChange(() => this.#forget());
    workspace.observe((changed) => {
      if (changed.has('superpixelPx')) this.#forget();
      if (changed.has('tool') && !this.#isInHand) this.#leave();
    });
    this.#forget();
  }

  get #isInHand() {
    return this.workspace.state.tool === 'superpixel';
  }

  /** The tool is in hand again. */
  wake() {
    if (!this.segments && this.#isInHand) this.#forget();
  }

  #leave() {
    clearTimeout(this.resting);
    this.segments = null;
    this.number += 1;
    this.clear();
    this.point(null);
  }

  /** What is on screen changes: it is looked at anew once it rests. */
  #forget() {
    if (!this.#isInHand) return;
    this.segments = null;
    this.number += 1;
    this.overlay.hide();
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.#whenDrawn(), RESTS_MS);
  }

  #whenDrawn() {
    const {number} = this;
    // Nothing may be on its way any more: a tile that comes later would not be seen.
    this.viewer.map.once('rendercomplete', () => {
      if (number === this.number) this.#ask();
    });
    this.viewer.map.render();
  }

  #ask() {
    const image = screenPixels(this.viewer);
    if (!image) return;
    this.asked = frameOf(this.viewer);
    const asked = {number: this.number, image, side: this.workspace.state.superpixelPx, frame: this.asked};
    this.worker.postMessage(asked, [image.data.buffer]);
  }

  /** @param {Found & {number: number}} found */
  #onFound(found) {
    if (found.number !== this.number || !this.asked) return;
    this.segments = new Segments(found, this.asked);
    this.overlay.take(this.segments);
    this.point(this.pixel);
    performance.mark(READY);
  }

  /** @param {[number, number] | null} pixel CSS px of the canvas; null: the pointer is away */
  point(pixel) {
    this.pixel = pixel;
    this.overlay.show(pixel);
  }

  /** @param {[number, number]} from @param {[number, number]} to @param {boolean} erases */
  touch(from, to, erases) {
    if (!this.segments) return;
    for (const label of this.segments.between(from, to)) {
      if (this.touched.has(label)) continue;
      this.touched.add(label);
      this.overlay.tint(label, erases ? '#ffffff' : this.colour());
    }
    this.point(to);
  }

  clear() {
    this.touched.clear();
    this.overlay.clear();
    this.overlay.show(this.pixel);
  }
}
