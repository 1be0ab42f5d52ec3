/**
 * The strip under an image with frames: which frames have marks, where tracks are, and their keyframes. Only the rows in view are
 * drawn, and only when marks change; going from frame to frame moves one line.
 */

import {el} from '../../lib/dom.js';
import {pickText, t} from '../../lib/i18n.js';
import {firstFrame, isTrack, spansOf} from './keyframes.js';
import {rangeText} from './words.js';

/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {MarkingRules} from '../marking_rules.js' */
/** @import {Store} from '../store.js' */
/** @import {Mark, Track} from '../types.js' */
/** @import {Workspace} from '../workspace.js' */

/** @typedef {{mark: Mark, track: Track, colour: string, name: string}} Row */

const [ROW_PX, RULER_PX, NAMES_PX, MARGIN_PX] = [16, 16, 132, 10];
/** A press this near to a keyframe means it; screen px. */
const SNAP_PX = 5;
const DIAMOND_PX = 5.5;
const COLOURS = {ruler: '#26282b', text: '#b9bdc3', tick: '#e0e2e5', selected: '#34373c', casing: '#111214'};
/** Named steps of the ruler, the smallest that leaves room between numbers is taken. */
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];
const NUMBER_PX = 44;

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
          title: t('Arrows: frames. Up and down: tracks. Shift+PageUp and Shift+PageDown: keyframes.'),
        },
        on: {
          keydown: (event) => this.#onKey(event),
          pointerdown: (event) => this.#press(event),
          pointermove: (event) => this.#drag(event),
          wheel: (event) => this.#roll(event),
        },
      },
      this.canvas,
      this.now,
    );
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
      if (kind === 'frame' || kind === 'loading') this.#showFrame();
    });
    new ResizeObserver(() => this.#draw()).observe(this.element);
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

  /** @param {number} frame @returns {number} screen px of where it begins */
  #left(frame) {
    return NAMES_PX + (frame / this.frames.count) * this.width;
  }

  /** @param {number} frame @returns {number} screen px of its middle */
  #middle(frame) {
    return this.#left(frame + 0.5);
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
    this.#drawRuler(context);
    this.rows.slice(this.top, this.top + this.room).forEach((row, i) => this.#drawRow(context, row, RULER_PX + i * ROW_PX));
    if (this.rows.length > this.room) {
      context.fillStyle = COLOURS.text;
      const share = (clientHeight - RULER_PX) / this.rows.length;
      context.fillRect(clientWidth - 4, RULER_PX + this.top * share, 3, Math.max(6, this.room * share));
    }
    this.#showFrame();
  }

  /** @param {CanvasRenderingContext2D} context */
  #drawRuler(context) {
    context.fillStyle = COLOURS.ruler;
    context.fillRect(0, 0, this.element.clientWidth, RULER_PX);
    const step = STEPS.find((each) => (each / this.frames.count) * this.width >= NUMBER_PX) ?? STEPS[STEPS.length - 1];
    context.fillStyle = COLOURS.text;
    context.textAlign = 'left';
    context.fillText(this.rows.length > 0 ? t('Tracks: {count}', {count: this.rows.length}) : t('No tracks'), 8, RULER_PX / 2);
    context.textAlign = 'center';
    for (let number = step === 1 ? 1 : step; number <= this.frames.count; number += step) {
      context.fillText(String(number), this.#middle(number - 1), RULER_PX / 2);
    }
    context.fillStyle = COLOURS.tick;
    for (const frame of this.ticks) context.fillRect(this.#middle(frame) - 1, RULER_PX - 4, 2, 4);
  }

  /** @param {CanvasRenderingContext2D} context @param {Row} row @param {number} y */
  #drawRow(context, {mark, track, colour, name}, y) {
    const middle = y + ROW_PX / 2;
    if (this.parts.workspace.state.selection.has(mark.id)) {
      context.fillStyle = COLOURS.selected;
      context.fillRect(0, y, this.element.clientWidth, ROW_PX);
    }
    context.fillStyle = colour;
    for (const [first, last] of spansOf(track, this.frames.count)) {
      const left = this.#left(first);
      context.fillRect(left, middle - 2, Math.max(2, this.#left(last + 1) - left), 4);
    }
    for (const {frame, outside} of track.keyframes) diamond(context, this.#middle(frame), middle, colour, outside);
    context.save();
    context.beginPath();
    context.rect(0, y, NAMES_PX - 8, ROW_PX);
    context.clip();
    context.textAlign = 'left';
    context.fillRect(8, middle - 4, 8, 8);
    context.fillStyle = COLOURS.text;
    context.fillText(name, 22, middle);
    context.restore();
  }

  /** The one thing that follows every frame. */
  #showFrame() {
    const {wanted, count} = this.frames;
    this.now.style.transform = `translateX(${this.#middle(wanted)}px)`;
    this.element.setAttribute('aria-valuenow', String(wanted + 1));
    this.element.setAttribute('aria-valuetext', t('Frame {frame} of {count}', {frame: wanted + 1, count}));
  }

  /** @param {MouseEvent} event @returns {{x: number, row: Row | undefined}} */
  #place({clientX, clientY}) {
    const box = this.element.getBoundingClientRect();
    const at = Math.floor((clientY - box.top - RULER_PX) / ROW_PX);
    return {x: clientX - box.left, row: at < 0 ? undefined : this.rows[this.top + at]};
  }

  /** @param {number} x @returns {number} frame */
  #frameAt(x) {
    return Math.max(0, Math.min(this.frames.count - 1, Math.floor(((x - NAMES_PX) / this.width) * this.frames.count)));
  }

  /** @param {PointerEvent} event */
  #press(event) {
    if (event.button !== 0) return;
    this.element.setPointerCapture(event.pointerId);
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
    const {x} = this.#place(event);
    const frame = this.#frameAt(x);
    if (x >= NAMES_PX && frame !== this.frames.wanted) void this.frames.setFrame(frame);
  }

  /** @param {WheelEvent} event */
  #roll(event) {
    if (this.rows.length <= this.room) return;
    event.preventDefault();
    this.#scrollTo(this.top + Math.sign(event.deltaY));
    this.#draw();
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
    if (event.altKey || event.ctrlKey || event.metaKey) return;
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

  /** @param {1 | -1} way */
  #selectBeside(way) {
    const at = this.#selectedRow();
    const row = this.rows[at < 0 ? 0 : Math.max(0, Math.min(this.rows.length - 1, at + way))];
    if (row) this.parts.workspace.select([row.mark.id]);
  }
}

/**
 * @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {string} colour
 * @param {boolean} isHollow outside from here on
 */
function diamond(context, x, y, colour, isHollow) {
  context.beginPath();
  context.moveTo(x, y - DIAMOND_PX);
  context.lineTo(x + DIAMOND_PX, y);
  context.lineTo(x, y + DIAMOND_PX);
  context.lineTo(x - DIAMOND_PX, y);
  context.closePath();
  context.fillStyle = isHollow ? COLOURS.casing : colour;
  context.strokeStyle = isHollow ? colour : COLOURS.casing;
  context.lineWidth = isHollow ? 1.5 : 1;
  context.fill();
  context.stroke();
  context.fillStyle = colour;
}
