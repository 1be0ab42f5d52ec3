/** Some points are set; the next one follows the pointer. */

import {clampToImage, withoutRepeats} from '../../outline.js';
import {isSlip} from '../drag_box.js';

/** @import {State, StateChart, ToolEvent} from '../chart.js' */
/** @import {Position} from '../../types.js' */
/** @import {MeasureHost} from './tool.js' */
/** @import {MeasureKind} from './figures.js' */

/** The two clicks of a double click lie this near; screen px. */
const DOUBLE_PX = 4;

/** @implements {State} */
export class Measuring {
  /** @param {StateChart} chart @param {MeasureHost} host @param {MeasureKind} kind */
  constructor(chart, host, kind) {
    this.chart = chart;
    this.host = host;
    this.kind = kind;
    /** @type {Position[]} */
    this.points = [];
    /** @type {[number, number]} where the button went down, screen px */
    this.pixel = [0, 0];
    /** @type {[number, number][]} where the button was let go the last two times, screen px */
    this.clicks = [];
    /** Whether the button is down since the first point: a drag may end here. */
    this.isFirst = true;
  }

  /** @param {{from: Position, pixel: [number, number]}} start */
  enter({from, pixel}) {
    this.points = [from];
    this.pixel = pixel;
    this.isFirst = true;
    this.clicks = [];
    this.host.begin();
    this.host.show(this.kind, this.points);
  }

  exit() {
    this.host.show(this.kind, null);
    this.host.end();
  }

  /** @param {ToolEvent} event */
  down(event) {
    this.pixel = event.pixel;
    return true;
  }

  /** @param {ToolEvent} event */
  move(event) {
    this.hover(event);
  }

  /** @param {ToolEvent} event */
  hover(event) {
    this.host.show(this.kind, withoutRepeats([...this.points, clampToImage(event.point, this.host.image)]));
  }

  /** @param {ToolEvent} event */
  up(event) {
    const isClick = isSlip(this.pixel, event.pixel);
    const wasFirst = this.isFirst;
    this.clicks = [...this.clicks.slice(-1), event.pixel];
    this.isFirst = false;
    if (wasFirst && isClick) return;
    this.points = withoutRepeats([...this.points, clampToImage(event.point, this.host.image)]);
    const isLine = wasFirst && !isClick && this.kind === 'line';
    if (isLine || (this.kind === 'angle' && this.points.length === 3)) this.confirm();
    else this.host.show(this.kind, this.points);
  }

  /** Two quick clicks at different places are two points, set by somebody who is in practice. */
  doubleClick() {
    const [before, last] = this.clicks;
    if (!last || Math.hypot(last[0] - before[0], last[1] - before[1]) > DOUBLE_PX) return true;
    const [first, second] = this.points.slice(-2);
    const isTwice = second && Math.hypot(second[0] - first[0], second[1] - first[1]) <= DOUBLE_PX * this.host.resolution();
    if (isTwice && this.points.length > 2) this.points = this.points.slice(0, -1);
    this.confirm();
    return true;
  }

  confirm() {
    if (this.points.length < (this.kind === 'angle' ? 3 : 2)) return;
    this.host.keep(this.kind, this.points);
    this.chart.go('idle');
  }

  back() {
    this.points = this.points.slice(0, -1);
    if (this.points.length === 0) this.chart.go('idle');
    else this.host.show(this.kind, this.points);
  }

  cancel() {
    this.chart.go('idle');
  }
}
