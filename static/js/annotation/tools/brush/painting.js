/** The brush is down: the stroke grows, and meets the region when it is let go; a border that is pushed moves at once. */

import {Pieces} from './pressure.js';

/** @import {State, StateChart, ToolEvent} from '../chart.js' */
/** @import {Position} from '../../types.js' */
/** @import {Region} from '../../regions.js' */
/** @import {BrushHost, StrokeKind} from './host.js' */

/** @implements {State} */
export class Painting {
  /** @param {StateChart} chart @param {BrushHost} host */
  constructor(chart, host) {
    this.chart = chart;
    this.host = host;
    /** @type {Position[]} */
    this.path = [];
    /** @type {StrokeKind} */
    this.kind = 'new';
    this.radius = 0;
    /** @type {Region | null} what the border was pushed to so far; null: it is not pushed */
    this.pushed = null;
    /** How much of the path has pushed it, or is drawn. */
    this.done = 0;
    /** @type {Pieces | null} of a pen whose pressure counts */
    this.pieces = null;
    /** What they cover so far. @type {Region} */
    this.covered = [];
  }

  /** @param {{event: ToolEvent, kind: StrokeKind, pushed: Region | null}} start */
  enter({event, kind, pushed}) {
    this.pushed = pushed;
    this.done = 0;
    this.path = [event.point];
    this.kind = kind;
    // A stroke keeps its width on the image, though the wheel may zoom meanwhile.
    this.radius = this.host.radius();
    this.pieces = event.pointer === 'pen' && this.host.feelsPressure() ? new Pieces(this.radius) : null;
    this.covered = [];
    this.pieces?.add(event.point, event.pressures?.at(-1) ?? 0.5);
    this.host.begin(kind);
    this.#show(event);
  }

  exit() {
    this.host.sketch(null);
    this.host.end();
  }

  /** @param {ToolEvent} event */
  move(event) {
    event.path.forEach((point, at) => {
      this.path.push(point);
      this.pieces?.add(point, event.pressures?.[at] ?? 0.5);
    });
    this.#show(event);
  }

  /** @param {ToolEvent} event */
  up(event) {
    this.path.push(event.point);
    // A pen that is lifted presses no more: its last place has the width that it came with.
    this.host.finish({path: this.path, radius: this.radius, kind: this.kind, pieces: this.pieces?.all ?? null});
    this.host.settle();
    if (event.pointer === 'touch') this.host.ring(null, false);
    this.chart.go('idle');
  }

  cancel() {
    this.host.settle();
    this.chart.go('idle');
  }

  /** @param {ToolEvent} event */
  #show(event) {
    const erases = this.kind === 'erase';
    this.host.ring(event.pixel, erases);
    if (this.#push()) return;
    if (this.pieces) {
      const {pieces, count} = this.pieces.since(this.done);
      this.done = count;
      this.covered = this.host.widened(pieces, this.covered);
      this.host.sketch({kind: 'region', path: [], rings: this.covered[0] ?? []});
      return;
    }
    // A line that ends where it begins is not drawn: a dab gets a length that nobody sees.
    const [[x, y]] = this.path;
    this.host.sketch({kind: 'line', path: [[x + this.radius / 1000, y], ...this.path], stroke: {width: 2 * this.radius, erases}});
  }

  /** @returns {boolean} whether the region itself shows what the stroke does */
  #push() {
    if (!this.pushed) return false;
    const path = this.path.slice(Math.max(this.done - 1, 0));
    const {pieces, count} = this.pieces?.since(this.done) ?? {pieces: null, count: this.path.length};
    this.done = count;
    this.pushed = this.host.pushed(this.pushed, {path, radius: this.radius, kind: this.kind, pieces});
    if (!this.pushed) this.done = 0;
    return this.pushed !== null;
  }
}
