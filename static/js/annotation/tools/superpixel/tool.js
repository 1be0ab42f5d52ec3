/** Superpixel painting: what looks alike and hangs together is painted at once, a drag paints all that it touches. */

import {StateChart} from '../chart.js';
import {Idle} from './idle.js';
import {Painting} from './painting.js';

/** @import {State} from '../chart.js' */
/** @import {SuperpixelHost} from './host.js' */

/** @param {SuperpixelHost} host @returns {StateChart} */
export function superpixelTool(host) {
  /** @type {Record<string, State>} */
  const states = {};
  const chart = new StateChart(states, 'idle', {takesAlt: true});
  states.idle = new Idle(chart, host);
  states.painting = new Painting(chart, host);
  return chart;
}
