/** An ellipse grows in the box between the place of the press and the pointer. */

import {outlineProblem} from '../../outline.js';
import {modeOf} from '../combine/mode.js';
import {boxBetween, isSlip} from '../drag_box.js';
import {problemText} from '../problems.js';
import {ellipseRing} from './outline.js';

/** @import {State, StateChart, ToolEvent, ToolHost} from '../chart.js' */
/** @import {PolygonGeometry, Position, Ring} from '../../types.js' */

/** @implements {State} */
export class Dragging {
  /** @param {StateChart} chart @param {ToolHost} host */
  constructor(chart, host) {
    this.chart = chart;
    this.host = host;
    /** @type {{from: Position, pixel: [number, number]}} */
    this.start = {from: [0, 0], pixel: [0, 0]};
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

  /** @param {ToolEvent} event @returns {Ring} */
  #ring(event) {
    const isCircle = event.shift && modeOf(event) !== 'cut';
    return ellipseRing(boxBetween(this.start.from, event.point, this.host.image, isCircle ? 1 : null));
  }

  /** @param {ToolEvent} event */
  move(event) {
    this.host.sketch({kind: 'outline', path: this.#ring(event)});
  }

  /** @param {ToolEvent} event */
  up(event) {
    const problem = isSlip(this.start.pixel, event.pixel) ? null : this.#finish(event);
    this.chart.go('idle');
    if (problem) this.host.say(problem, true);
  }

  /** @param {ToolEvent} event @returns {string | null} */
  #finish(event) {
    /** @type {PolygonGeometry} */
    const geometry = {type: 'Polygon', coordinates: [this.#ring(event)]};
    const fault = outlineProblem(geometry);
    return fault ? problemText(fault.code) : this.host.finish(geometry, modeOf(event));
  }

  cancel() {
    this.chart.go('idle');
  }
}
