/** Ruler and angle: looked at while the page is open, and saved nowhere. */

import {StateChart} from '../chart.js';
import {Idle} from './idle.js';
import {Measuring} from './measuring.js';

/** @import {State, ToolHost} from '../chart.js' */
/** @import {Position} from '../../types.js' */
/** @import {MeasureKind} from './figures.js' */

/**
 * @typedef {object} Measures what a measurement asks of the workbench besides
 * @property {string} basis what lengths rest on, or why they are in pixels
 * @property {(kind: MeasureKind, points: Position[] | null) => void} show the unfinished one; null: there is none
 * @property {(kind: MeasureKind, points: Position[]) => void} keep
 *
 * @typedef {Pick<ToolHost, 'image' | 'resolution' | 'say' | 'begin' | 'end'> & Measures} MeasureHost
 */

/** @param {MeasureHost} host @param {MeasureKind} kind @returns {StateChart} */
export function measureTool(host, kind) {
  /** @type {Record<string, State>} */
  const states = {};
  const chart = new StateChart(states, 'idle');
  states.idle = new Idle(chart, host, kind);
  states.measuring = new Measuring(chart, host, kind);
  return chart;
}
