/** Moves marks by a little: for hands that have keys and no pointer. Presses that follow each other are one step of undo. */

import {newId} from '../ids.js';
import {movedMask} from '../masks/pixels.js';
import {boundsOf, translate} from '../outline.js';

/** @import {Store} from '../store.js' */
/** @import {Geometry, Mark} from '../types.js' */

/** After so long without a press the next one is a step of its own. */
const BURST_MS = 1000;
/** The grid that outlines lie on; level-0 px. */
const GRID_PX = 1 / 8;

/**
 * @typedef {object} Nudge
 * @property {Store} store
 * @property {Mark[]} marks
 * @property {readonly number[]} by level-0 px
 * @property {{width: number, height: number}} image
 * @property {string} name of the step
 * @property {number} now ms
 */

export class Nudger {
  constructor() {
    this.burst = '';
    this.ids = '';
    this.last = -Infinity;
  }

  /** All marks move as one, as far as the image allows. @param {Nudge} nudge */
  move({store, marks, by, image, name, now}) {
    // A track is moved on the frame on screen, as by the pointer.
    const shapes = marks.flatMap(({id}) => {
      const geometry = store.seen(id)?.body.geometry;
      return geometry ? [{id, geometry}] : [];
    });
    if (shapes.length === 0) return;
    const ids = shapes.map(({id}) => id).join();
    if (now - this.last > BURST_MS || ids !== this.ids) this.burst = newId();
    this.last = now;
    this.ids = ids;
    const shift = shiftOf(shapes, by, image);
    store.commit('local', {
      name,
      burst: this.burst,
      marks: shapes.flatMap(({id, geometry}) => {
        const mark = store.seen(id);
        return mark ? [{id, body: {...mark.body, geometry: moved(geometry, shift, image)}}] : [];
      }),
    });
  }
}

/**
 * Where a pixel of the screen is less than the grid, or than a pixel of a mask, it is a whole one of these nevertheless: a key does something.
 * @param {{geometry: Geometry}[]} shapes @param {readonly number[]} by @param {{width: number, height: number}} image
 * @returns {[number, number]} level-0 px
 */
function shiftOf(shapes, by, {width, height}) {
  const step = shapes.some(({geometry}) => geometry.type === 'Mask') ? 1 : GRID_PX;
  const longest = Math.max(Math.abs(by[0]), Math.abs(by[1]), Number.MIN_VALUE);
  const [dx, dy] = by.map((part) => Math.round((part * Math.max(1, step / longest)) / step) * step);
  const boxes = shapes.map(({geometry}) => boundsOf(geometry));
  /** @param {number} wanted @param {number} low @param {number} high */
  const inside = (wanted, low, high) => Math.trunc(Math.min(Math.max(wanted, low), high) / step) * step;
  return [
    inside(dx, -Math.min(...boxes.map(([x]) => x)), width - Math.max(...boxes.map(([x, , wide]) => x + wide))),
    inside(dy, -Math.min(...boxes.map(([, y]) => y)), height - Math.max(...boxes.map(([, y, , high]) => y + high))),
  ];
}

/** @param {Geometry} geometry @param {[number, number]} shift level-0 px @param {{width: number, height: number}} image @returns {Geometry} */
function moved(geometry, [dx, dy], image) {
  return geometry.type === 'Mask' ? movedMask(geometry, dx, dy) : translate(geometry, dx, dy, image);
}
