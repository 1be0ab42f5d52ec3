/** Polygon: a click for each vertex; Enter, a double click or a click on the first vertex closes it. */

import {t} from '../../../lib/i18n.js';
import {clampToImage, closeRing, findCrossing, outlineProblem, withoutRepeats} from '../../outline.js';
import {StateChart} from '../chart.js';
import {modeOf, withModes} from '../combine/mode.js';
import {aloneOrNot, problemText} from '../problems.js';

/** @import {State, ToolEvent, ToolHost} from '../chart.js' */
/** @import {PolygonGeometry, Position} from '../../types.js' */
/** @import {Mode} from '../combine/mode.js' */

/** Clicks this near the first vertex close the outline; screen px. Pens and fingers hit less exactly than a mouse. */
const CLOSING_PX = {mouse: 8, pen: 12, touch: 18};

/** @implements {State} */
class Idle {
  /** @param {StateChart} chart @param {ToolHost} host */
  constructor(chart, host) {
    this.chart = chart;
    this.host = host;
  }

  enter() {
    this.host.say(this.host.obstacle() ?? withModes(t('Click each vertex.')));
  }

  /** @param {ToolEvent} event */
  click(event) {
    const obstacle = this.host.obstacle(modeOf(event));
    if (obstacle) this.host.say(obstacle, true);
    else this.chart.go('drawing', event);
  }
}

/** @implements {State} */
class Drawing {
  /** @param {StateChart} chart @param {ToolHost} host */
  constructor(chart, host) {
    this.chart = chart;
    this.host = host;
    /** @type {Position[]} */
    this.vertices = [];
    /** @type {Position | null} where the pointer is */
    this.loose = null;
    /** @type {[number, number][]} where the last two clicks were; screen px */
    this.clicks = [];
  }

  /** @param {ToolEvent} event */
  enter(event) {
    this.vertices = [clampToImage(event.point, this.host.image)];
    this.loose = null;
    this.clicks = [event.pixel];
    this.host.begin();
    this.#show();
    this.host.say(t('Enter or double click closes, Backspace takes the last vertex back, Esc gives up.'));
  }

  exit() {
    this.host.sketch(null);
    this.host.end();
  }

  /** @param {ToolEvent} event */
  click(event) {
    this.clicks = [...this.clicks.slice(-1), event.pixel];
    if (this.#isNearFirst(event)) {
      this.confirm(modeOf(event));
      return;
    }
    this.vertices = withoutRepeats([...this.vertices, clampToImage(event.point, this.host.image)]);
    this.#show();
  }

  /** @param {ToolEvent} event */
  hover(event) {
    this.loose = clampToImage(event.point, this.host.image);
    this.#show();
  }

  /**
   * The second click of the pair has set its vertex on top of the first one's, where it counts once. Two quick clicks at
   * different places are two vertices, set by somebody who is in practice.
   * @param {ToolEvent} event
   */
  doubleClick(event) {
    const [[fromX, fromY], [x, y]] = [this.clicks[0], this.clicks.at(-1) ?? this.clicks[0]];
    if (Math.hypot(x - fromX, y - fromY) > CLOSING_PX.mouse) return true;
    this.#dropDouble();
    this.confirm(modeOf(event));
    return true;
  }

  /** @param {Mode | null} [mode] */
  confirm(mode = null) {
    const ring = closeRing(this.vertices);
    /** @type {PolygonGeometry} */
    const geometry = {type: 'Polygon', coordinates: [ring]};
    const fault = outlineProblem(geometry);
    const problem = fault ? problemText(fault.code) : aloneOrNot(this.host.finish(geometry, mode));
    if (!problem) {
      this.chart.go('idle');
      return;
    }
    this.host.say(problem, true);
    this.host.sketch({kind: 'outline', path: ring, vertices: this.vertices, isRefused: true, fault: fault?.edge ?? null});
  }

  back() {
    this.vertices = this.vertices.slice(0, -1);
    if (this.vertices.length === 0) this.chart.go('idle');
    else this.#show();
  }

  cancel() {
    this.chart.go('idle');
  }

  /** @param {ToolEvent} event */
  #isNearFirst(event) {
    if (this.vertices.length < 3) return false;
    const [x, y] = this.vertices[0];
    return Math.hypot(event.point[0] - x, event.point[1] - y) <= CLOSING_PX[event.pointer] * this.host.resolution();
  }

  #dropDouble() {
    const [last, before] = [this.vertices.at(-1), this.vertices.at(-2)];
    if (!last || !before) return;
    const isDouble = Math.hypot(last[0] - before[0], last[1] - before[1]) <= CLOSING_PX.mouse * this.host.resolution();
    if (isDouble) this.vertices = this.vertices.slice(0, -1);
  }

  #show() {
    const path = withoutRepeats(this.loose ? [...this.vertices, this.loose] : this.vertices);
    const crossing = findCrossing(path, {closed: false});
    const fault = crossing ? [path[crossing[1]], path[crossing[1] + 1]] : null;
    this.host.sketch({kind: 'line', path, vertices: this.vertices, isRefused: crossing !== null, fault});
  }
}

/** @param {ToolHost} host @returns {StateChart} */
export function polygonTool(host) {
  /** @type {Record<string, State>} */
  const states = {};
  const chart = new StateChart(states, 'idle', {takesModes: true});
  states.idle = new Idle(chart, host);
  states.drawing = new Drawing(chart, host);
  return chart;
}
