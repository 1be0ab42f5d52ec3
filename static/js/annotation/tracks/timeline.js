/**
 * The strip under an image with frames: which frames have marks, where tracks are, and their keyframes. Only the rows in view are
 * drawn, and only when marks change; going from frame to frame moves one line.
 */

import {el} from '../../lib/dom.js';
import {pickText, t} from '../../lib/i18n.js';
import {firstFrame, isTrack} from './keyframes.js';
import {Span} from './span.js';
import {drawRow, drawRuler, MARGIN_PX, NAMES_PX, ROW_PX, RULER_PX} from './timeline_drawing.js';
import {TwoFingers} from './two_fingers.js';
import {rangeText} from './words.js';

/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {MarkingRules} from '../marking_rules.js' */
/** @import {Store} from '../store.js' */
/** @import {Row, Strip} from './timeline_drawing.js' */
/** @import {Workspace} from '../workspace.js' */

/** A press this near to a keyframe means it; screen px. */
const SNAP_PX = 5;
/** One step of zooming by key or button. */
const NEARER = 2;
/** This much of the wheel doubles what is seen; CSS px. */
const WHEEL_PX = 240;

export class Timeline {
  /** @param {{viewer: Viewer, store: Store, workspace: Workspace, rules: MarkingRules}} parts */
  constructor({viewer, store, workspace, rules}) {
    this.parts = {viewer, store, workspace, rules};
    this.frames = /** @type {NonNullable<Viewer['frames']>} */ (viewer.frames);
    this.canvas = el('canvas', {class: 'timeline-canvas', attrs: {'aria-hidden': 'true'}});
    this.now = el('div', {class: 'timeline-now', attrs: {'aria-hidden': 'true'}});
    this.element = el(
      'div',
      {
        class: 'timeline',
        attrs: {
          tabindex: 0,
          role: 'slider',
          'aria-label': t('Timeline of marks'),
          'aria-valuemin': 1,
          'aria-valuemax': this.frames.count,
          title: t('Arrows: frames. Up and down: tracks. Shift+PageUp and Shift+PageDown: keyframes. + and -: zoom, 0: all, Ctrl+arrows: move.'),
        },
        on: {
          keydown: (event) => this.#onKey(event),
          pointerdown: (event) => this.#press(event),
          pointermove: (event) => this.#drag(event),
          pointerup: (event) => this.#release(event),
          pointercancel: (event) => this.#release(event),
          wheel: (event) => this.#roll(event),
        },
      },
      this.canvas,
      this.now,
    );
    this.span = new Span(this.frames.count);
    this.fingers = new TwoFingers();
    /** Where a drag that moves the strip was last; screen px. @type {number | null} */
    this.held = null;
    const button = (/** @type {string} */ text, /** @type {string} */ label, /** @type {() => void} */ run) =>
      el('button', {class: 'timeline-button', text, attrs: {type: 'button', 'aria-label': label, title: label}, on: {click: run}});
    this.buttons = {
      out: button('−', t('Show more frames'), () => this.#zoom(1 / NEARER)),
      in: button('+', t('Show fewer frames, larger'), () => this.#zoom(NEARER)),
      fit: button('↔', t('Show all frames'), () => this.#moved(this.span.fit())),
    };
    const zooming = el('div', {class: 'timeline-zoom', attrs: {role: 'group', 'aria-label': t('Zoom of the timeline')}}, ...Object.values(this.buttons));
    /** What is put on the page: the strip and its buttons. */
    this.box = el('div', {class: 'timeline-box'}, this.element, zooming);
    /** @type {Row[]} */
    this.rows = [];
    /** Frames that have plain marks. @type {number[]} */
    this.ticks = [];
    this.top = 0;
    this.isStale = false;
    store.observe(() => this.#later());
    workspace.observe((changed) => {
      if (changed.has('selection')) this.#reveal();
      if (['selection', 'hidden', 'layers'].some((key) => changed.has(/** @type {any} */ (key)))) this.#later();
    });
    viewer.onChange(({kind}) => {
      if (kind !== 'frame' && kind !== 'loading') return;
      if (this.span.reveal(this.frames.wanted)) this.#draw();
      else this.#showFrame();
    });
    new ResizeObserver(() => this.#draw()).observe(this.element);
    this.#moved(true);
    this.#later();
  }

  /** Many changes at once are one drawing. */
  #later() {
    if (this.isStale) return;
    this.isStale = true;
    requestAnimationFrame(() => {
      this.isStale = false;
      this.#collect();
      this.#draw();
    });
  }

  #collect() {
    const {store, rules, workspace} = this.parts;
    const {hidden, layers} = workspace.state;
    const ticks = new Set();
    this.rows = [];
    for (const mark of store.marks.values()) {
      const {geometry, frame, labels, origin} = mark.body;
      if (!geometry || hidden.has(mark.id) || layers.labels.has(labels[0] ?? '') || layers.origins.has(origin)) continue;
      if (!isTrack(geometry)) {
        if (frame !== null) ticks.add(frame);
        continue;
      }
      const label = rules.byCode.get(labels[0]);
      const name = `${label ? pickText(label.display) : t('No label')} ${rangeText(geometry, this.frames.count)}`;
      this.rows.push({mark, track: geometry, colour: label?.colour ?? '#d0d0d0', name});
    }
    this.rows.sort((a, b) => firstFrame(a.track) - firstFrame(b.track));
    this.ticks = [...ticks];
    const hasTracks = this.rows.length > 0;
    if (hasTracks !== this.element.classList.contains('has-tracks')) {
      this.element.classList.toggle('has-tracks', hasTracks);
      this.parts.viewer.map.updateSize();
    }
    this.#scrollTo(this.top);
  }

  /** @returns {number} rows that fit below the ruler */
  get room() {
    return Math.max(1, Math.floor((this.element.clientHeight - RULER_PX) / ROW_PX));
  }

  /** @param {number} top the first row in view */
  #scrollTo(top) {
    this.top = Math.max(0, Math.min(top, this.rows.length - this.room));
  }

  /** @returns {number} screen px over which the frames are spread */
  get width() {
    return Math.max(1, this.element.clientWidth - NAMES_PX - MARGIN_PX);
  }

  /** @param {number} frame @returns {number} screen px of its middle */
  #middle(frame) {
    return NAMES_PX + this.span.shareOf(frame + 0.5) * this.width;
  }

  #draw() {
    const {clientWidth, clientHeight} = this.element;
    const ratio = devicePixelRatio;
    this.canvas.width = Math.round(clientWidth * ratio);
    this.canvas.height = Math.round(clientHeight * ratio);
    const context = this.canvas.getContext('2d');
    if (!context || clientWidth === 0) return;
    context.scale(ratio, ratio);
    context.font = '11px system-ui, "Noto Sans CJK JP", sans-serif';
    context.textBaseline = 'middle';
    /** @type {Strip} */
    const strip = {context, span: this.span, width: this.width, full: clientWidth, height: clientHeight};
    const {selection} = this.parts.workspace.state;
    drawRuler(strip, this.ticks, this.rows.length);
    this.rows.slice(this.top, this.top + this.room).forEach((row, i) => drawRow(strip, row, RULER_PX + i * ROW_PX, selection.has(row.mark.id)));
    if (this.rows.length > this.room) {
      context.fillStyle = '#b9bdc3';
      const share = (clientHeight - RULER_PX) / this.rows.length;
      context.fillRect(clientWidth - 4, RULER_PX + this.top * share, 3, Math.max(6, this.room * share));
    }
    this.#showFrame();
  }

  /** The one thing that follows every frame. */
  #showFrame() {
    const {wanted, count} = this.frames;
    const {first, length, isWhole} = this.span;
    this.now.hidden = !this.span.holds(wanted);
    this.now.style.transform = `translateX(${this.#middle(wanted)}px)`;
    this.element.setAttribute('aria-valuenow', String(wanted + 1));
    const place = t('Frame {frame} of {count}', {frame: wanted + 1, count});
    const part = t('{first} to {last} are shown', {first: Math.floor(first) + 1, last: Math.min(count, Math.ceil(first + length))});
    this.element.setAttribute('aria-valuetext', isWhole ? place : `${place}, ${part}`);
  }

  /** Draws anew where what is shown has changed. @param {boolean} isNew */
  #moved(isNew) {
    if (!isNew) return;
    this.buttons.out.disabled = this.span.isWhole;
    this.buttons.fit.disabled = this.span.isWhole;
    this.buttons.in.disabled = this.span.isNearest;
    this.#draw();
  }

  /** Around the frame that is looked at. @param {number} factor 2 shows half as many frames */
  #zoom(factor) {
    const {wanted} = this.frames;
    this.span.reveal(wanted);
    this.span.zoom(factor, wanted + 0.5);
    this.#moved(true);
  }

  /** @param {MouseEvent} event @returns {{x: number, row: Row | undefined}} */
  #place({clientX, clientY}) {
    const box = this.element.getBoundingClientRect();
    const at = Math.floor((clientY - box.top - RULER_PX) / ROW_PX);
    return {x: clientX - box.left, row: at < 0 ? undefined : this.rows[this.top + at]};
  }

  /** @param {number} x @returns {number} frame */
  #frameAt(x) {
    return Math.max(0, Math.min(this.frames.count - 1, Math.floor(this.span.frameAt((x - NAMES_PX) / this.width))));
  }

  /** @param {number} clientX @returns {number} frame there, not rounded */
  #under(clientX) {
    return this.span.frameAt((clientX - this.element.getBoundingClientRect().left - NAMES_PX) / this.width);
  }

  /** @param {PointerEvent} event */
  #press(event) {
    this.fingers.down(event);
    if (event.button > 1) return;
    this.element.setPointerCapture(event.pointerId);
    if (event.button === 1 || event.shiftKey || this.fingers.areTwo) {
      event.preventDefault();
      this.held = event.clientX;
      return;
    }
    const {x, row} = this.#place(event);
    if (row) this.parts.workspace.select([row.mark.id]);
    if (x < NAMES_PX) {
      if (row) void this.frames.setFrame(firstFrame(row.track));
      return;
    }
    const near = row?.track.keyframes.find(({frame}) => Math.abs(this.#middle(frame) - x) <= SNAP_PX);
    void this.frames.setFrame(near?.frame ?? this.#frameAt(x));
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    if (!this.element.hasPointerCapture(event.pointerId)) return;
    const pinch = this.fingers.move(event);
    if (pinch) {
      const isNearer = this.span.zoom(pinch.factor, this.#under(pinch.before));
      this.#moved(this.span.pan(((pinch.before - pinch.middle) / this.width) * this.span.length) || isNearer);
      return;
    }
    if (this.held !== null) {
      this.#moved(this.span.pan(((this.held - event.clientX) / this.width) * this.span.length));
      this.held = event.clientX;
      return;
    }
    const {x} = this.#place(event);
    const frame = this.#frameAt(x);
    if (x >= NAMES_PX && frame !== this.frames.wanted) void this.frames.setFrame(frame);
  }

  /** @param {PointerEvent} event */
  #release(event) {
    this.fingers.up(event);
    if (this.fingers.fingers.size === 0) this.held = null;
  }

  /** The wheel goes through the tracks where not all fit; over the ruler, or with Ctrl, it zooms; with Shift, or sideways, it moves. @param {WheelEvent} event */
  #roll(event) {
    const {deltaX, deltaY, shiftKey} = event;
    const across = shiftKey && deltaX === 0 ? deltaY : deltaX;
    const isOverRows = this.#place(event).row !== undefined;
    if (Math.abs(across) > (shiftKey ? 0 : Math.abs(deltaY))) {
      event.preventDefault();
      this.#moved(this.span.pan((across / this.width) * this.span.length));
    } else if (event.ctrlKey || !isOverRows || this.rows.length <= this.room) {
      event.preventDefault();
      this.#moved(this.span.zoom(2 ** (-deltaY / WHEEL_PX), this.#under(event.clientX)));
    } else {
      event.preventDefault();
      this.#scrollTo(this.top + Math.sign(deltaY));
      this.#draw();
    }
  }

  #reveal() {
    const at = this.#selectedRow();
    if (at >= 0 && (at < this.top || at >= this.top + this.room)) this.#scrollTo(at < this.top ? at : at - this.room + 1);
  }

  #selectedRow() {
    const {selection} = this.parts.workspace.state;
    return this.rows.findIndex(({mark}) => selection.has(mark.id));
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.altKey || event.metaKey || (event.ctrlKey && !event.key.startsWith('Arrow'))) return;
    if (this.#onZoomKey(event)) {
      event.preventDefault();
      return;
    }
    const far = event.shiftKey ? 10 : 1;
    const page = Math.max(1, Math.round(this.frames.count / 10));
    /** @type {Record<string, number>} */
    const steps = {ArrowLeft: -far, ArrowRight: far, PageUp: -page, PageDown: page, Home: -this.frames.count, End: this.frames.count};
    const isKeyframes = event.shiftKey && event.key.startsWith('Page');
    if (event.key in steps && !isKeyframes) void this.frames.setFrame(this.frames.wanted + steps[event.key]);
    else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') this.#selectBeside(event.key === 'ArrowUp' ? -1 : 1);
    else return;
    event.preventDefault();
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether it was one */
  #onZoomKey({key, ctrlKey}) {
    if (ctrlKey) this.#moved(this.span.pan(((key === 'ArrowLeft' ? -1 : key === 'ArrowRight' ? 1 : 0) * this.span.length) / 4));
    else if (key === '+' || key === '=') this.#zoom(NEARER);
    else if (key === '-') this.#zoom(1 / NEARER);
    else if (key === '0') this.#moved(this.span.fit());
    else return false;
    return true;
  }

  /** @param {1 | -1} way */
  #selectBeside(way) {
    const at = this.#selectedRow();
    const row = this.rows[at < 0 ? 0 : Math.max(0, Math.min(this.rows.length - 1, at + way))];
    if (row) this.parts.workspace.select([row.mark.id]);
  }
}
