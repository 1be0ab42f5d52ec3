/** The outline of the cell under the pointer: an element of its own over the canvas, so that the canvas is not drawn anew for it. */

import {setAttributes, svg} from '../../lib/dom.js';
import {level0} from '../../viewer/geometry.js';
import {hoverStyle} from '../render/styles.js';

/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {Hit} from './work/layer_work.js' */

/** Room for the line around the outline; screen px. */
const ROOM_PX = 4;

export class HoverOutline {
  /** @param {Viewer} viewer */
  constructor(viewer) {
    this.viewer = viewer;
    /** @type {Hit | null} */
    this.hit = null;
    this.lines = hoverStyle().map((/** @type {any} */ style) => {
      const stroke = style.getStroke();
      return svg('polygon', {fill: 'none', stroke: stroke.getColor(), 'stroke-width': stroke.getWidth(), 'stroke-linejoin': 'round'});
    });
    this.element = svg('svg', {class: 'cells-hover', 'aria-hidden': 'true'}, ...this.lines);
    this.element.style.display = 'none';
    viewer.canvas.append(this.element);
    // It goes with the image, frame by frame.
    viewer.map.on('postrender', () => {
      if (this.hit) this.#place(this.hit);
    });
  }

  /** @param {Hit | null} hit */
  show(hit) {
    const isSame = hit?.layerId === this.hit?.layerId && hit?.cell === this.hit?.cell;
    this.hit = hit;
    if (isSame) return;
    this.element.style.display = hit ? '' : 'none';
    if (hit) this.#place(hit);
  }

  /** @param {Hit} hit */
  #place({ring}) {
    const points = Array.from({length: ring.length / 2}, (_, at) => this.viewer.pixelFromLevel0(level0(ring[2 * at], ring[2 * at + 1])));
    const [left, top] = [0, 1].map((axis) => Math.floor(Math.min(...points.map((point) => point[axis]))) - ROOM_PX);
    const [width, height] = [0, 1].map((axis) => Math.ceil(Math.max(...points.map((point) => point[axis]))) + ROOM_PX - [left, top][axis]);
    const said = points.map(([x, y]) => `${(x - left).toFixed(2)},${(y - top).toFixed(2)}`).join(' ');
    setAttributes(this.element, {width, height});
    this.element.style.transform = `translate(${left}px, ${top}px)`;
    for (const line of this.lines) line.setAttribute('points', said);
  }
}
