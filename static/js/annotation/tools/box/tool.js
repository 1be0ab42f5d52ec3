/** Box: press, drag, let go. */

import {t} from '../../../lib/i18n.js';
import {clampToImage} from '../../outline.js';
import {StateChart} from '../chart.js';
import {modeOf, withModes} from '../combine/mode.js';

/** @import {State, ToolEvent, ToolHost} from '../chart.js' */
/** @import {Position} from '../../types.js' */

/** Shorter drags are a slip of the hand; screen px. */
const SMALLEST_DRAG_PX = 4;

/** @implements {State} */
class Idle {
  /** @param {StateChart} chart @param {ToolHost} host */
  constructor(chart, host) {
    this.chart = chart;
    this.host = host;
  }

  enter() {
    this.host.say(this.host.obstacle() ?? withModes(t('Drag from corner to corner.')));
  }

  /** @param {ToolEvent} event */
  down(event) {
    const obstacle = this.host.obstacle(modeOf(event));
    if (obstacle) {
      this.host.say(obstacle, true);
      return false;
    }
    this.chart.go('dragging', event);
    return true;
  }
}

/** @implements {State} */
class Dragging {
  /** @param {StateChart} chart @param {ToolHost} host */
  constructor(chart, host) {
    this.chart = chart;
    this.host = host;
    /** @type {Position} */
    this.from = [0, 0];
    /** @type {[number, number]} */
    this.pixel = [0, 0];
  }

  /** @param {ToolEvent} event */
  enter(event) {
    this.from = clampToImage(event.point, this.host.image);
    this.pixel = event.pixel;
    this.host.begin();
  }

  exit() {
    this.host.sketch(null);
    this.host.end();
  }

  /** @param {ToolEvent} event */
  move(event) {
    this.host.sketch({kind: 'box', path: [this.from, clampToImage(event.point, this.host.image)]});
  }

  /** @param {ToolEvent} event */
  up(event) {
    const to = clampToImage(event.point, this.host.image);
    const [x, y] = [Math.min(this.from[0], to[0]), Math.min(this.from[1], to[1])];
    const [width, height] = [Math.abs(to[0] - this.from[0]), Math.abs(to[1] - this.from[1])];
    const isSlip = Math.hypot(event.pixel[0] - this.pixel[0], event.pixel[1] - this.pixel[1]) < SMALLEST_DRAG_PX;
    const isShape = !isSlip && width > 0 && height > 0;
    const problem = isShape ? this.host.finish({type: 'Rectangle', bbox: [x, y, width, height]}, modeOf(event)) : null;
    this.chart.go('idle');
    if (problem) this.host.say(problem, true);
  }

  cancel() {
    this.chart.go('idle');
  }
}

/** @param {ToolHost} host @returns {StateChart} */
export function boxTool(host) {
  /** @type {Record<string, State>} */
  const states = {};
  const chart = new StateChart(states, 'idle', {takesModes: true});
  states.idle = new Idle(chart, host);
  states.dragging = new Dragging(chart, host);
  return chart;
}
