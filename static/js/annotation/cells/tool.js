/** The tool that picks cells: a click takes one, a drag those inside a lasso. Shift adds to what is chosen, Alt takes from it. */

import {t} from '../../lib/i18n.js';
import {StateChart} from '../tools/chart.js';

/** @import {State, ToolEvent} from '../tools/chart.js' */
/** @import {Position} from '../types.js' */

/** A press that moves less than this is a click; screen px. */
const SLIP_PX = 4;

/**
 * @typedef {object} CellToolHost
 * @property {() => number} resolution level-0 px per screen px
 * @property {(path: Position[] | null) => void} sketch the lasso so far; null wipes it
 * @property {(point: Position) => void} hover
 * @property {(point: Position, mode: Mode) => void} pick
 * @property {(ring: Position[], mode: Mode) => void} lasso
 * @property {(text: string | null) => void} say
 */

/** @typedef {'replace' | 'add' | 'subtract'} Mode */

/** @param {ToolEvent} event @returns {Mode} */
const modeOf = ({shift, alt}) => (alt ? 'subtract' : shift ? 'add' : 'replace');

/** @implements {State} */
class Idle {
  /** @param {StateChart} chart @param {CellToolHost} host */
  constructor(chart, host) {
    this.chart = chart;
    this.host = host;
  }

  enter() {
    this.host.say(t('Click a cell or drag around many. Shift adds, Alt takes away. Then press a label key.'));
  }

  /** @param {ToolEvent} event */
  hover({point}) {
    this.host.hover(point);
  }

  /** @param {ToolEvent} event */
  down({point}) {
    this.chart.go('lasso', point);
    return true;
  }
}

/** @implements {State} */
class Lasso {
  /** @param {StateChart} chart @param {CellToolHost} host */
  constructor(chart, host) {
    this.chart = chart;
    this.host = host;
    /** @type {Position[]} */
    this.path = [];
  }

  /** @param {Position} start */
  enter(start) {
    this.path = [start];
  }

  exit() {
    this.host.sketch(null);
  }

  /** @param {ToolEvent} event */
  move({path}) {
    this.path.push(...path);
    this.host.sketch(this.path);
  }

  /** @param {ToolEvent} event */
  up(event) {
    const [[x, y]] = this.path;
    const reach = Math.max(...this.path.map((point) => Math.hypot(point[0] - x, point[1] - y)));
    if (reach < SLIP_PX * this.host.resolution()) this.host.pick([x, y], modeOf(event));
    else this.host.lasso(this.path, modeOf(event));
    this.chart.go('idle');
  }

  cancel() {
    this.chart.go('idle');
  }
}

/** @param {CellToolHost} host @returns {StateChart} */
export function cellTool(host) {
  /** @type {Record<string, State>} */
  const states = {};
  const chart = new StateChart(states, 'idle', {takesAlt: true});
  states.idle = new Idle(chart, host);
  states.lasso = new Lasso(chart, host);
  return chart;
}
