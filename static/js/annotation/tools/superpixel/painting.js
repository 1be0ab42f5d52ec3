/** The button is down: superpixels that are touched join, and meet the mark when it is let go. */

/** @import {StrokeKind} from '../brush/host.js' */
/** @import {State, StateChart, ToolEvent} from '../chart.js' */
/** @import {SuperpixelHost} from './host.js' */

/** @implements {State} */
export class Painting {
  /** @param {StateChart} chart @param {SuperpixelHost} host */
  constructor(chart, host) {
    this.chart = chart;
    this.host = host;
    /** @type {StrokeKind} */
    this.kind = 'new';
    /** @type {[number, number]} */
    this.last = [0, 0];
  }

  /** @param {{event: ToolEvent, kind: StrokeKind}} start */
  enter({event, kind}) {
    this.kind = kind;
    this.last = event.pixel;
    this.host.begin(kind);
    this.host.touch(event.pixel, event.pixel, kind);
  }

  exit() {
    this.host.clear();
    this.host.end();
  }

  /** @param {ToolEvent} event */
  move(event) {
    this.host.touch(this.last, event.pixel, this.kind);
    this.last = event.pixel;
  }

  /** @param {ToolEvent} event */
  up(event) {
    this.move(event);
    this.host.finish(this.kind);
    this.chart.go('idle');
    this.host.point(event.pointer === 'touch' ? null : event.pixel);
  }

  cancel() {
    this.chart.go('idle');
  }
}
