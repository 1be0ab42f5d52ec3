/** The ring that shows how wide the brush is. An element of its own: following the pointer draws nothing else anew. */

import {el} from '../../lib/dom.js';

/** @import {Workspace} from '../workspace.js' */

export class BrushRing {
  /** @param {{canvas: HTMLElement, workspace: Workspace}} parts */
  constructor({canvas, workspace}) {
    this.workspace = workspace;
    this.element = el('div', {class: 'brush-ring', attrs: {'aria-hidden': 'true'}});
    this.element.hidden = true;
    /** @type {[number, number] | null} */
    this.pixel = null;
    canvas.append(this.element);
    canvas.addEventListener('pointerleave', () => this.show(null));
    workspace.observe((changed) => {
      if (changed.has('brushPx')) this.#place();
    });
  }

  /** @param {[number, number] | null} pixel CSS px of the canvas; null hides it @param {boolean} [erases] */
  show(pixel, erases = false) {
    this.pixel = pixel;
    this.element.classList.toggle('is-erasing', erases);
    this.#place();
  }

  #place() {
    this.element.hidden = this.pixel === null;
    if (!this.pixel) return;
    const size = this.workspace.state.brushPx;
    const [x, y] = this.pixel;
    this.element.style.width = this.element.style.height = `${size}px`;
    this.element.style.transform = `translate(${x - size / 2}px, ${y - size / 2}px)`;
  }
}
