/** The others' pointers, each with its name, where they point on the image. */

import {el} from '../../lib/dom.js';
import {colourClass} from './faces.js';

/** @import {Level0Point} from '../../viewer/geometry.js' */
/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {Person} from './together.js' */

export class Cursors {
  /** @param {Viewer} viewer */
  constructor(viewer) {
    this.viewer = viewer;
    /** @type {Map<number, {element: HTMLElement, person: Person}>} */
    this.shown = new Map();
    this.element = el('div', {class: 'together-cursors', attrs: {'aria-hidden': 'true'}});
    // Behind the controls, over the picture.
    viewer.canvas.after(this.element);
    this.stopListening = viewer.onChange(({kind}) => {
      if (kind === 'view' || kind === 'frame') this.#placeAll();
    });
  }

  /** @param {Person} person */
  show(person) {
    const known = this.shown.get(person.id);
    const element = known?.element ?? el('div', {class: `together-cursor ${colourClass(person.id)}`}, el('span', {text: person.name}));
    if (!known) this.element.append(element);
    this.shown.set(person.id, {element, person});
    this.#place(element, person);
  }

  /** @param {number} id */
  forget(id) {
    this.shown.get(id)?.element.remove();
    this.shown.delete(id);
  }

  #placeAll() {
    for (const {element, person} of this.shown.values()) this.#place(element, person);
  }

  /** Somebody on another frame points at something else. @param {HTMLElement} element @param {Person} person */
  #place(element, {pointer, view}) {
    element.hidden = pointer === null || view.frame !== this.viewer.frame;
    if (!pointer || element.hidden) return;
    const [left, top] = this.viewer.pixelFromLevel0(/** @type {Level0Point} */ (/** @type {unknown} */ (pointer)));
    element.style.transform = `translate(${left}px, ${top}px)`;
  }

  remove() {
    this.stopListening();
    this.element.remove();
  }
}
