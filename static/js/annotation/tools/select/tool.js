/** Select: click, Shift + click, drag what is selected, drag the handles of a rectangle. Vertices: see shape_editor.js. */

import {translate} from '../../outline.js';
import {StateChart} from '../chart.js';
import {handleAt, resize} from './handles.js';

/** @import {State, ToolEvent} from '../chart.js' */
/** @import {Geometry, OutlineGeometry, Position, RectangleGeometry, SeenMark, Suggestion} from '../../types.js' */
/** @import {Handle} from './handles.js' */

/**
 * @typedef {object} SelectHost
 * @property {{width: number, height: number}} image
 * @property {() => number} resolution level-0 px per screen px
 * @property {() => boolean} canWrite
 * @property {(text: string | null, isProblem?: boolean) => void} say
 * @property {() => string} hint what can be done now
 * @property {(point: Position, tolerance: number) => SeenMark | null} markAt
 * @property {(point: Position, tolerance: number) => Suggestion | null} suggestionAt
 * @property {() => SeenMark[]} selected
 * @property {(id: string | null, add: boolean) => void} select
 * @property {(id: string | null) => void} focusSuggestion
 * @property {(id: string, geometry: Geometry) => void} preview
 * @property {(shapes: {id: string, geometry: Geometry}[]) => void} reshape
 * @property {(ids: string[]) => void} revert draws the marks as they are stored
 * @property {(cursor: string) => void} cursor
 */

/** How near the pointer must be; screen px. */
const REACH_PX = {mouse: 6, pen: 12, touch: 16};
/** A press becomes a drag after this; screen px. */
const DRAG_PX = {mouse: 3, pen: 8, touch: 10};

/** @param {ToolEvent} event @param {SelectHost} host */
const reach = (event, host) => REACH_PX[event.pointer] * host.resolution();

/** @param {ToolEvent} event @param {SelectHost} host @returns {{mark: SeenMark, rectangle: RectangleGeometry, handle: Handle} | null} */
function handleUnder(event, host) {
  const [mark, ...others] = host.selected();
  const geometry = mark?.body.geometry;
  if (!host.canWrite() || others.length > 0 || geometry?.type !== 'Rectangle') return null;
  const handle = handleAt(geometry, event.point, reach(event, host));
  return handle && {mark, rectangle: geometry, handle};
}

/** @implements {State} */
class Idle {
  /** @param {StateChart} chart @param {SelectHost} host */
  constructor(chart, host) {
    this.chart = chart;
    this.host = host;
  }

  enter() {
    this.host.say(this.host.hint());
  }

  /** @param {ToolEvent} event */
  down(event) {
    const grip = handleUnder(event, this.host);
    if (grip) {
      this.chart.go('resizing', grip);
      return true;
    }
    const hit = this.host.markAt(event.point, reach(event, this.host));
    const isSelected = hit !== null && this.host.selected().some(({id}) => id === hit.id);
    // Masks stay where they are painted.
    if (!isSelected || event.shift || !this.host.canWrite() || hit.body.geometry?.type === 'Mask') return false;
    this.chart.go('pressing', event);
    return true;
  }

  /** @param {ToolEvent} event */
  click(event) {
    const hit = this.host.markAt(event.point, reach(event, this.host));
    if (hit) {
      this.host.select(hit.id, event.shift);
      return;
    }
    const suggestion = this.host.suggestionAt(event.point, reach(event, this.host));
    if (!event.shift) this.host.select(null, false);
    this.host.focusSuggestion(suggestion?.id ?? null);
  }

  /** @param {ToolEvent} event */
  hover(event) {
    if (event.pointer !== 'mouse') return;
    const grip = handleUnder(event, this.host);
    if (grip) this.host.cursor(cursorOf(grip.handle));
    else this.host.cursor(this.host.markAt(event.point, reach(event, this.host)) ? 'pointer' : '');
  }

  cancel() {
    this.host.select(null, false);
    this.host.focusSuggestion(null);
  }
}

/** On a selected mark with the button down: a click or the start of a move. @implements {State} */
class Pressing {
  /** @param {StateChart} chart @param {SelectHost} host */
  constructor(chart, host) {
    this.chart = chart;
    this.host = host;
    /** @type {ToolEvent | null} */
    this.start = null;
  }

  /** @param {ToolEvent} event */
  enter(event) {
    this.start = event;
  }

  /** @param {ToolEvent} event */
  move(event) {
    if (!this.start) return;
    const [dx, dy] = [event.pixel[0] - this.start.pixel[0], event.pixel[1] - this.start.pixel[1]];
    if (Math.hypot(dx, dy) > DRAG_PX[event.pointer]) this.chart.go('moving', this.start.point);
  }

  /** @param {ToolEvent} event */
  up(event) {
    const hit = this.host.markAt(event.point, reach(event, this.host));
    if (hit) this.host.select(hit.id, false);
    this.chart.go('idle');
  }

  cancel() {
    this.chart.go('idle');
  }
}

/** @implements {State} */
class Moving {
  /** @param {StateChart} chart @param {SelectHost} host */
  constructor(chart, host) {
    this.chart = chart;
    this.host = host;
    /** @type {Position} */
    this.from = [0, 0];
    /** @type {{id: string, geometry: OutlineGeometry}[]} */
    this.shapes = [];
    /** @type {{id: string, geometry: Geometry}[]} */
    this.moved = [];
  }

  /** @param {Position} from level-0 px */
  enter(from) {
    this.from = from;
    this.shapes = this.host.selected().flatMap(({id, body}) => (body.geometry && body.geometry.type !== 'Mask' ? [{id, geometry: body.geometry}] : []));
    this.moved = [];
    this.host.cursor('move');
  }

  exit() {
    this.host.cursor('');
  }

  /** @param {ToolEvent} event */
  move({point}) {
    const [dx, dy] = [point[0] - this.from[0], point[1] - this.from[1]];
    this.moved = this.shapes.map(({id, geometry}) => ({id, geometry: translate(geometry, dx, dy, this.host.image)}));
    for (const {id, geometry} of this.moved) this.host.preview(id, geometry);
  }

  /** @param {ToolEvent} event */
  up(event) {
    this.move(event);
    this.host.reshape(this.moved);
    this.chart.go('idle');
  }

  cancel() {
    this.host.revert(this.shapes.map(({id}) => id));
    this.chart.go('idle');
  }
}

/** @implements {State} */
class Resizing {
  /** @param {StateChart} chart @param {SelectHost} host */
  constructor(chart, host) {
    this.chart = chart;
    this.host = host;
    /** @type {{mark: SeenMark, rectangle: RectangleGeometry, handle: Handle} | null} */
    this.grip = null;
    /** @type {RectangleGeometry | null} */
    this.resized = null;
  }

  /** @param {{mark: SeenMark, rectangle: RectangleGeometry, handle: Handle}} grip */
  enter(grip) {
    this.grip = grip;
    this.resized = null;
    this.host.cursor(cursorOf(grip.handle));
  }

  exit() {
    this.host.cursor('');
  }

  /** @param {ToolEvent} event */
  move({point}) {
    if (!this.grip) return;
    this.resized = resize(this.grip.rectangle, this.grip.handle, point, this.host.image) ?? this.resized;
    if (this.resized) this.host.preview(this.grip.mark.id, this.resized);
  }

  up() {
    if (this.grip && this.resized) this.host.reshape([{id: this.grip.mark.id, geometry: this.resized}]);
    this.chart.go('idle');
  }

  cancel() {
    if (this.grip) this.host.revert([this.grip.mark.id]);
    this.chart.go('idle');
  }
}

/** @param {Handle} handle @returns {string} CSS cursor */
function cursorOf({x, y}) {
  if (x === 0) return 'ns-resize';
  if (y === 0) return 'ew-resize';
  return x === y ? 'nwse-resize' : 'nesw-resize';
}

/** @param {SelectHost} host @returns {StateChart} */
export function selectTool(host) {
  /** @type {Record<string, State>} */
  const states = {};
  const chart = new StateChart(states, 'idle');
  Object.assign(states, {
    idle: new Idle(chart, host),
    pressing: new Pressing(chart, host),
    moving: new Moving(chart, host),
    resizing: new Resizing(chart, host),
  });
  return chart;
}
