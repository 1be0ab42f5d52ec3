/** Ellipse: press, drag, let go; with Shift a circle. */

import {StateChart} from '../chart.js';
import {Dragging} from './dragging.js';
import {Idle} from './idle.js';

/** @import {State, ToolHost} from '../chart.js' */

/** @param {ToolHost} host @returns {StateChart} */
export function ellipseTool(host) {
  /** @type {Record<string, State>} */
  const states = {};
  const chart = new StateChart(states, 'idle', {takesModes: true});
  states.idle = new Idle(chart, host);
  states.dragging = new Dragging(chart, host);
  return chart;
}
