/**
 * Freehand: the outline follows the pointer and closes when it is let go. An outline that crosses itself stays on screen
 * in red: Backspace takes the stroke back to before the crossing, Enter tries to close it again.
 */

import {t} from '../../../lib/i18n.js';
import {clampToImage, closeRing, findCrossing, outlineProblem, simplify, withoutRepeats} from '../../outline.js';
import {StateChart} from '../chart.js';
import {modeOf, withModes} from '../combine/mode.js';
import {aloneOrNot, problemText} from '../problems.js';

/** @import {State, ToolEvent, ToolHost} from '../chart.js' */
/** @import {PolygonGeometry, Position} from '../../types.js' */
/** @import {Mode} from '../combine/mode.js' */

/** How far the kept outline may lie from the drawn one; screen px, below what can be seen. */
const TOLERANCE_PX = 0.75;
/** Shorter strokes are a slip of the hand; screen px. */
const SHORTEST_STROKE_PX = 12;
/** A stroke that runs past its start by less than this is cut back; screen px. */
const OVERSHOOT_PX = 30;

/** @implements {State} */
class Idle {
  /** @param {StateChart} chart @param {ToolHost} host */
  constructor(chart, host) {
    this.chart = chart;
    this.host = host;
  }

  enter() {
    this.host.say(this.host.obstacle() ?? withModes(t('Drag around the outline and let go.')));
  }

  /** @param {ToolEvent} event */
  down(event) {
    const obstacle = this.host.obstacle(modeOf(event));
    if (obstacle) {
      this.host.say(obstacle, true);
      return false;
    }
    this.chart.go('drawing', [clampToImage(event.point, this.host.image)]);
    return true;
  }
}

/** @implements {State} */
class Drawing {
  /** @param {StateChart} chart @param {ToolHost} host */
  constructor(chart, host) {
    this.chart = chart;
    this.host = host;
    /** @type {Position[]} */
    this.path = [];
  }

  /** @param {Position[]} path */
  enter(path) {
    this.path = path;
    this.host.begin();
  }

  exit() {
    this.host.sketch(null);
  }

  /** @param {ToolEvent} event */
  move(event) {
    for (const point of event.path) this.path.push(clampToImage(point, this.host.image));
    this.host.sketch({kind: 'line', path: this.path});
  }

  /** @param {ToolEvent} event */
  up(event) {
    close(this.path, this.chart, this.host, modeOf(event));
  }

  cancel() {
    this.host.end();
    this.chart.go('idle');
  }
}

/** @implements {State} */
class Refused {
  /** @param {StateChart} chart @param {ToolHost} host */
  constructor(chart, host) {
    this.chart = chart;
    this.host = host;
    /** @type {Position[]} */
    this.path = [];
  }

  /** @param {{path: Position[], problem: string, fault: Position[] | null}} refused */
  enter({path, problem, fault}) {
    this.path = path;
    this.host.sketch({kind: 'outline', path, isRefused: true, fault});
    this.host.say(problem, true);
  }

  exit() {
    this.host.sketch(null);
  }

  /** Drawing goes on from the end of what is there. @param {ToolEvent} event */
  down(event) {
    this.chart.go('drawing', [...this.path, clampToImage(event.point, this.host.image)]);
    return true;
  }

  back() {
    const crossing = findCrossing(this.path, {closed: false});
    this.path = this.path.slice(0, crossing ? crossing[1] + 1 : Math.floor(this.path.length * 0.9));
    if (this.path.length < 3) this.cancel();
    else this.host.sketch({kind: 'line', path: this.path, isRefused: findCrossing(this.path, {closed: false}) !== null});
  }

  /** @param {Mode | null} [mode] */
  confirm(mode = null) {
    close(this.path, this.chart, this.host, mode);
  }

  cancel() {
    this.host.end();
    this.chart.go('idle');
  }
}

/**
 * Closes a stroke to an outline, or says why it cannot be one.
 * @param {Position[]} drawn @param {StateChart} chart @param {ToolHost} host @param {Mode | null} mode
 */
function close(drawn, chart, host, mode) {
  const path = trimOvershoot(withoutRepeats(drawn), OVERSHOOT_PX * host.resolution());
  if (lengthOf(path) < SHORTEST_STROKE_PX * host.resolution()) {
    host.end();
    chart.go('idle');
    return;
  }
  const geometry = thinned(path, TOLERANCE_PX * host.resolution());
  const fault = outlineProblem(geometry);
  const problem = fault
    ? `${problemText(fault.code)} ${t('Backspace goes back to before the crossing; press and drag to draw on from there.')}`
    : aloneOrNot(host.finish(geometry, mode));
  if (problem) {
    chart.go('refused', {path: withoutRepeats(path), problem, fault: fault?.edge ?? null});
    return;
  }
  host.end();
  chart.go('idle');
}

/**
 * Thinning may make a narrow neck touch itself; then a finer outline is kept.
 * @param {Position[]} path @param {number} tolerance level-0 px
 * @returns {PolygonGeometry}
 */
function thinned(path, tolerance) {
  for (const part of [tolerance, tolerance / 4]) {
    /** @type {PolygonGeometry} */
    const geometry = {type: 'Polygon', coordinates: [closeRing(simplify(path, part))]};
    if (!outlineProblem(geometry)) return geometry;
  }
  return {type: 'Polygon', coordinates: [closeRing(path)]};
}

/**
 * A hand that closes an outline runs a little past its start. The end of the stroke is cut back, as little as makes the
 * outline a simple one.
 * @param {Position[]} path
 * @param {number} reach how much may be cut, level-0 px along the stroke
 * @returns {Position[]} as it was when cutting does not help
 */
export function trimOvershoot(path, reach) {
  let cut = 0;
  for (let end = path.length; end > 3 && cut <= reach; end -= 1) {
    const trimmed = path.slice(0, end);
    if (!findCrossing(closeRing(trimmed))) return trimmed;
    cut += Math.hypot(path[end - 1][0] - path[end - 2][0], path[end - 1][1] - path[end - 2][1]);
  }
  return path;
}

/** @param {Position[]} path @returns {number} level-0 px */
function lengthOf(path) {
  return path.reduce((sum, [x, y], i) => (i === 0 ? 0 : sum + Math.hypot(x - path[i - 1][0], y - path[i - 1][1])), 0);
}

/** @param {ToolHost} host @returns {StateChart} */
export function freehandTool(host) {
  /** @type {Record<string, State>} */
  const states = {};
  const chart = new StateChart(states, 'idle', {takesModes: true});
  states.idle = new Idle(chart, host);
  states.drawing = new Drawing(chart, host);
  states.refused = new Refused(chart, host);
  return chart;
}
