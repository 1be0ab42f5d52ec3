/** Shows what a model was asked about and has not answered yet: a ring that breathes at the place, or round the box. */

import {el} from '../../lib/dom.js';

/** @import {Level0Point} from '../../viewer/geometry.js' */
/** @import {Viewer} from '../../viewer/viewer.js' */

/** Smaller ones could not be seen; CSS px. */
const LEAST_PX = 28;

/** @typedef {readonly [number, number, number, number]} Box x, y, width, height in level-0 px; without size: a place */

export class PendingLayer {
  /** @param {Viewer} viewer */
  constructor(viewer) {
    this.viewer = viewer;
    /** @type {Map<HTMLElement, {box: Box, frame: number | null}>} */
    this.shown = new Map();
    this.element = el('div', {class: 'prompts-pending', attrs: {'aria-hidden': 'true'}});
    // Behind the controls, over the picture.
    viewer.canvas.after(this.element);
    viewer.onChange(({kind}) => {
      if (kind !== 'view' && kind !== 'frame') return;
      for (const [element, {box, frame}] of this.shown) this.#place(element, box, frame);
    });
  }

  /** @param {Box} box @returns {() => void} takes it away again */
  show(box) {
    const element = el('div', {class: 'prompt-pending'});
    this.shown.set(element, {box, frame: this.viewer.frame});
    this.#place(element, box, this.viewer.frame);
    this.element.append(element);
    return () => {
      this.shown.delete(element);
      element.remove();
    };
  }

  /** @param {HTMLElement} element @param {Box} box @param {number | null} frame */
  #place(element, [x, y, width, height], frame) {
    element.hidden = frame !== this.viewer.frame;
    const corners = [[x, y], [x + width, y], [x + width, y + height], [x, y + height]]; // prettier-ignore
    const pixels = corners.map((corner) => this.viewer.pixelFromLevel0(/** @type {Level0Point} */ (/** @type {unknown} */ (corner))));
    const [across, down] = [pixels.map(([left]) => left), pixels.map(([, top]) => top)];
    const [left, top] = [Math.min(...across), Math.min(...down)];
    const [wide, high] = [Math.max(LEAST_PX, Math.max(...across) - left), Math.max(LEAST_PX, Math.max(...down) - top)];
    const middle = [(left + Math.max(...across)) / 2, (top + Math.max(...down)) / 2];
    element.style.transform = `translate(${middle[0] - wide / 2}px, ${middle[1] - high / 2}px)`;
    element.style.width = `${wide}px`;
    element.style.height = `${high}px`;
    element.classList.toggle('is-place', width === 0);
  }
}
