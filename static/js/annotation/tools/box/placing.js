/** A box of fixed size is held down: it follows the pointer until it is let go. */

import {modeOf} from '../combine/mode.js';
import {boxAround} from '../drag_box.js';

/** @import {State, StateChart, ToolEvent, ToolHost} from '../chart.js' */
/** @import {Position} from '../../types.js' */

/** @param {[number, number, number, number]} bbox @returns {Position[]} two opposite corners */
export const cornersOf = ([x, y, width, height]) => [
  [x, y],
  [x + width, y + height],
];

/** @implements {State} */
export class Placing {
  /** @param {StateChart} chart @param {ToolHost} host */
  constructor(chart, host) {
    this.chart = chart;
    this.host = host;
    /** @type {[number, number]} */
    this.size = [0, 0];
  }

  /** @param {{event: ToolEvent, size: [number, number]}} start */
  enter({event, size}) {
    this.size = size;
    this.host.begin();
    this.move(event);
  }

  exit() {
    this.host.sketch(null);
    this.host.end();
  }

  /** @param {ToolEvent} event */
  move(event) {
    this.host.sketch({kind: 'box', path: cornersOf(boxAround(this.size, event.point, this.host.image))});
  }

  /** @param {ToolEvent} event */
  up(event) {
    const bbox = boxAround(this.size, event.point, this.host.image);
    const problem = this.host.finish({type: 'Rectangle', bbox}, modeOf(event));
    this.chart.go('idle');
    if (problem) this.host.say(problem, true);
  }

  cancel() {
    this.chart.go('idle');
  }
}
