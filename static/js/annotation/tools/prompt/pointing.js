/** The pointer is down: let go where it was pressed it is a place, dragged away it is a box. */

import {boxBetween, isSlip} from '../drag_box.js';

/** @import {State, StateChart, ToolEvent, ToolHost} from '../chart.js' */
/** @import {Position} from '../../types.js' */
/** @import {PromptHost} from './host.js' */

/** @implements {State} */
export class Pointing {
  /** @param {StateChart} chart @param {ToolHost & PromptHost} host */
  constructor(chart, host) {
    this.chart = chart;
    this.host = host;
    /** @type {{from: Position, pixel: [number, number]}} */
    this.start = {from: [0, 0], pixel: [0, 0]};
  }

  /** @param {Pointing['start']} start */
  enter(start) {
    this.start = start;
    this.host.begin();
  }

  exit() {
    this.host.sketch(null);
    this.host.end();
  }

  /** @param {ToolEvent} event @returns {[number, number, number, number]} x, y, width, height in level-0 px; without size: a place */
  #box(event) {
    const [x, y] = this.start.from;
    return isSlip(this.start.pixel, event.pixel) ? [x, y, 0, 0] : boxBetween(this.start.from, event.point, this.host.image);
  }

  /** @param {ToolEvent} event */
  move(event) {
    const [x, y, width, height] = this.#box(event);
    this.host.sketch(width > 0 && height > 0 ? {kind: 'box', path: [[x, y], [x + width, y + height]]} : null); // prettier-ignore
  }

  /** @param {ToolEvent} event */
  up(event) {
    const box = this.#box(event);
    this.chart.go('idle');
    // Flat boxes hold nothing.
    if ((box[2] > 0) === (box[3] > 0)) this.host.ask(box, this.start.pixel, event.pixel);
  }

  cancel() {
    this.chart.go('idle');
  }
}
