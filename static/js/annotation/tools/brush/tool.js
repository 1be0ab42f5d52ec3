/** Brush and eraser: one chart, painting or erasing by default, and with Alt held the other way about. */

import {StateChart} from '../chart.js';
import {Idle} from './idle.js';
import {Painting} from './painting.js';

/** @import {State} from '../chart.js' */
/** @import {BrushHost} from './host.js' */

/** @param {BrushHost} host @param {{isEraser: boolean}} options @returns {StateChart} */
export function brushTool(host, {isEraser}) {
  /** @type {Record<string, State>} */
  const states = {};
  const chart = new StateChart(states, 'idle', {takesAlt: true});
  states.idle = new Idle(chart, host, isEraser);
  states.painting = new Painting(chart, host);
  return chart;
}
