/** Outline by model: a click on something, or a box around it, and the campaign's model outlines it while the reader goes on. */

import {StateChart} from '../chart.js';
import {Idle} from './idle.js';
import {Pointing} from './pointing.js';

/** @import {State, ToolHost} from '../chart.js' */
/** @import {PromptHost} from './host.js' */

/** @param {ToolHost & PromptHost} host @returns {StateChart} */
export function promptTool(host) {
  /** @type {Record<string, State>} */
  const states = {};
  const chart = new StateChart(states, 'idle');
  states.idle = new Idle(chart, host);
  states.pointing = new Pointing(chart, host);
  return chart;
}
