/** Magic wand: what looks alike on screen, from one click. */

import {StateChart} from '../chart.js';
import {Growing} from './growing.js';
import {Idle} from './idle.js';

/** @import {State, ToolHost} from '../chart.js' */
/** @import {WandHost} from './host.js' */

/** @param {ToolHost & WandHost} host @returns {StateChart} */
export function wandTool(host) {
  /** @type {Record<string, State>} */
  const states = {};
  const chart = new StateChart(states, 'idle', {takesModes: true});
  states.idle = new Idle(chart, host);
  states.growing = new Growing(chart, host);
  return chart;
}
