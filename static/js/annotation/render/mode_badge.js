/** A word beside the pointer: what the shape in hand will do to the region under it, as long as the key for it is held. */

import {el, setText} from '../../lib/dom.js';
import {heldIn, modeOf, modeWord} from '../tools/combine/mode.js';

/** Right and below of the pointer, so that neither the cursor nor a brush of usual size covers it; screen px. */
const OFFSET_PX = 16;

export class ModeBadge {
  /** @param {{canvas: HTMLElement, isWanted: () => boolean}} parts isWanted: the tool in hand knows modes */
  constructor({canvas, isWanted}) {
    this.isWanted = isWanted;
    this.element = el('div', {class: 'mode-badge', attrs: {role: 'status'}});
    this.element.hidden = true;
    this.isOver = false;
    this.canvas = canvas;
    /** Of the pointer, px of the page. */
    this.at = [0, 0];
    canvas.append(this.element);
    canvas.addEventListener('pointermove', (event) => {
      this.isOver = event.pointerType !== 'touch';
      this.at = [event.clientX, event.clientY];
      this.#show(event);
    });
    canvas.addEventListener('pointerleave', () => this.#leave());
    globalThis.addEventListener('blur', () => this.#leave());
    for (const name of /** @type {const} */ (['keydown', 'keyup'])) document.addEventListener(name, (event) => this.#show(event));
  }

  #leave() {
    this.isOver = false;
    this.element.hidden = true;
  }

  /** @param {PointerEvent | KeyboardEvent} event */
  #show(event) {
    const mode = this.isOver && this.isWanted() ? modeOf(heldIn(event)) : null;
    // Nothing of the page is asked or changed while there is nothing to say: that would cost a layout with each move.
    if (mode === null && this.element.hidden) return;
    this.element.hidden = mode === null;
    setText(this.element, mode === null ? '' : modeWord(mode));
    if (mode === null) return;
    this.element.dataset.mode = mode;
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [this.at[0] - box.left, this.at[1] - box.top].map((at) => at + OFFSET_PX);
    this.element.style.transform = `translate(${x}px, ${y}px)`;
  }
}
