/** Box: press, drag, let go; or one of fixed size, set down by its middle. */

import {StateChart} from '../chart.js';
import {Dragging} from './dragging.js';
import {Idle} from './idle.js';
import {Placing} from './placing.js';
import {NOT_HELD} from './rule.js';

/** @import {State, ToolHost} from '../chart.js' */
/** @import {BoxHold} from './rule.js' */

/** @param {ToolHost} host @param {() => BoxHold} [hold] what boxes are held to on this image @returns {StateChart} */
export function boxTool(host, hold = () => NOT_HELD) {
  /** @type {Record<string, State>} */
  const states = {};
  const chart = new StateChart(states, 'idle', {takesModes: true});
  states.idle = new Idle(chart, host, hold);
  states.dragging = new Dragging(chart, host);
  states.placing = new Placing(chart, host);
  return chart;
}
