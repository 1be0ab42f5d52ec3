/** A box grows between the place of the press and the pointer. */

import {modeOf} from '../combine/mode.js';
import {boxBetween, isSlip} from '../drag_box.js';
import {cornersOf} from './placing.js';

/** @import {State, StateChart, ToolEvent, ToolHost} from '../chart.js' */
/** @import {Position} from '../../types.js' */

/** @implements {State} */
export class Dragging {
  /** @param {StateChart} chart @param {ToolHost} host */
  constructor(chart, host) {
    this.chart = chart;
    this.host = host;
    /** @type {{from: Position, pixel: [number, number], ratio: number | null}} */
    this.start = {from: [0, 0], pixel: [0, 0], ratio: null};
  }

  /** @param {Dragging['start']} start */
  enter(start) {
    this.start = start;
    this.host.begin();
  }

  exit() {
    this.host.sketch(null);
    this.host.end();
  }

  /** @param {ToolEvent} event @returns {[number, number, number, number]} */
  #box(event) {
    const isSquare = event.shift && modeOf(event) !== 'cut';
    return boxBetween(this.start.from, event.point, this.host.image, this.start.ratio ?? (isSquare ? 1 : null));
  }

  /** @param {ToolEvent} event */
  move(event) {
    this.host.sketch({kind: 'box', path: cornersOf(this.#box(event))});
  }

  /** @param {ToolEvent} event */
  up(event) {
    const bbox = this.#box(event);
    const isBox = !isSlip(this.start.pixel, event.pixel) && bbox[2] > 0 && bbox[3] > 0;
    const problem = isBox ? this.host.finish({type: 'Rectangle', bbox}, modeOf(event)) : null;
    this.chart.go('idle');
    if (problem) this.host.say(problem, true);
  }

  cancel() {
    this.chart.go('idle');
  }
}
