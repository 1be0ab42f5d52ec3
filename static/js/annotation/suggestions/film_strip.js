/**
 * The open suggestions as small pictures, the least certain first: chosen by mouse or keyboard as in a folder of pictures, and
 * accepted, rejected or labelled by one key. Only the pictures in view are in the page and drawn.
 */

import {actionButton, actionKeyHint} from '../../actions/buttons.js';
import {icon} from '../../actions/icons.js';
import {ApiError} from '../../lib/api.js';
import {el} from '../../lib/dom.js';
import {pickText, t} from '../../lib/i18n.js';
import {formatScore} from '../format.js';
import {leastCertainFirst} from './batches.js';
import {Crops} from './crops.js';
import {Picking} from './picking.js';

/** @import {Suggestion} from '../types.js' */
/** @import {SuggestionDesk} from './desk.js' */
/** @import {How} from './picking.js' */

const CROP_PX = 92;
/** With its border and the line below it; CSS px. */
const CELL = {width: 102, height: 118};
const STILL_MS = 400;
const UNKNOWN_COLOUR = '#d0d0d0';
const DECISIONS = ['suggestion.accept', 'suggestion.reject', 'suggestion.ignore'];

/** @typedef {{element: HTMLElement, canvas: HTMLCanvasElement, isDrawn: boolean}} Cell */

export class FilmStrip {
  /** @param {SuggestionDesk} desk */
  constructor(desk) {
    this.desk = desk;
    this.picking = new Picking();
    this.crops = new Crops(desk.parts.viewer);
    /** @type {Map<string, Cell>} */
    this.cells = new Map();
    /** @type {string[]} drawn one after the other */
    this.queue = [];
    this.isDrawing = false;
    this.isStale = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.stillTimer = undefined;
    /** A press on a picture that may become a drag over more of them. */
    this.isDragging = false;
    /** @type {Suggestion[]} */
    this.items = [];
    this.content = el('div', {class: 'film-content'});
    this.list = this.#makeList();
    this.count = el('span', {class: 'film-count', attrs: {role: 'status'}});
    this.element = this.#makeFrame();
    const {workspace, store, viewer} = desk.parts;
    /** @type {Element} */ (viewer.target.parentElement).append(this.element);
    this.element.hidden = true;
    workspace.observe((changed) => {
      if (changed.has('hasStrip')) this.#follow();
    });
    store.observe(({decided}) => this.#onStore(decided.length > 0));
    viewer.onChange(({kind}) => {
      if (kind === 'window' || kind === 'channels') this.#again();
    });
    new ResizeObserver(() => this.#draw()).observe(this.list);
  }

  #makeList() {
    return el(
      'div',
      {
        class: 'film-list',
        attrs: {role: 'listbox', tabindex: 0, 'aria-multiselectable': 'true', 'aria-label': t('Suggestions, the least certain first')},
        on: {
          scroll: () => this.#draw(),
          keydown: (event) => this.#onKey(event),
          pointerdown: (event) => this.#onPress(event),
          pointermove: (event) => this.#onDrag(event),
          pointerup: () => (this.isDragging = false),
          pointercancel: () => (this.isDragging = false),
          dblclick: () => this.#goThere(),
        },
      },
      this.content,
    );
  }

  #makeFrame() {
    const {registry} = this.desk.parts;
    const title = t('Close the film strip');
    const close = el('button', {class: 'row-button', attrs: {type: 'button', 'aria-label': title, title}, on: {click: () => this.#close()}}, icon('reject', 16));
    return el(
      'section',
      {class: 'film-strip', attrs: {'aria-label': t('Film strip')}},
      el(
        'header',
        {class: 'film-head'},
        el('h2', {text: t('Film strip')}),
        this.count,
        el('span', {class: 'spacer'}),
        ...DECISIONS.map((id) => actionButton(registry, id, {text: true, class: 'decision-button', showKey: true, icon: false})),
        el('span', {class: 'film-hint', text: t('A label’s key labels what is chosen. Enter shows it on the image.')}),
        actionKeyHint(registry, 'suggestion.strip'),
        close,
      ),
      this.list,
    );
  }

  open() {
    this.desk.parts.workspace.set({hasStrip: true, threshold: null, isLassoing: false});
    this.list.focus();
  }

  #close() {
    this.desk.parts.workspace.set({hasStrip: false, chosen: new Set(), pointed: null});
  }

  #follow() {
    const {workspace, viewer} = this.desk.parts;
    const {hasStrip} = workspace.state;
    const hadFocus = this.element.contains(document.activeElement);
    this.element.hidden = !hasStrip;
    document.body.classList.toggle('has-strip', hasStrip);
    viewer.map.updateSize();
    if (hasStrip) {
      this.picking = new Picking();
      this.#takeOver();
      this.picking.go(0, 'one');
      this.#show();
    } else if (hadFocus) viewer.canvas.focus();
  }

  /** The choice moves on at once, for the next key may come before the next picture. @param {boolean} isDecided */
  #onStore(isDecided) {
    if (this.element.hidden) return;
    if (isDecided) {
      this.#takeOver();
      this.#tell();
    }
    this.#later();
  }

  #later() {
    if (this.isStale || this.element.hidden) return;
    this.isStale = true;
    requestAnimationFrame(() => {
      this.isStale = false;
      if (this.element.hidden) return;
      this.#takeOver();
      this.#show();
    });
  }

  /** The pictures themselves look different now. */
  #again() {
    for (const {element} of this.cells.values()) element.remove();
    this.cells.clear();
    this.#draw();
  }

  #takeOver() {
    this.items = leastCertainFirst(this.desk.open);
    this.picking.show(this.items.map(({id}) => id));
  }

  /** Brings the choice to the page and to the image. */
  #show() {
    const {picking} = this;
    this.#tell();
    this.desk.parts.registry.refresh();
    this.count.textContent = t('{chosen} of {count} chosen', {chosen: picking.chosen.size, count: picking.keys.length});
    this.#reveal();
    this.#draw();
  }

  #tell() {
    this.desk.parts.workspace.set({chosen: this.picking.chosen, pointed: this.picking.key});
  }

  get columns() {
    return Math.max(1, Math.floor(this.list.clientWidth / CELL.width));
  }

  #reveal() {
    const top = Math.floor(Math.max(this.picking.at, 0) / this.columns) * CELL.height;
    const {scrollTop, clientHeight} = this.list;
    if (top < scrollTop) this.list.scrollTop = top;
    else if (top + CELL.height > scrollTop + clientHeight) this.list.scrollTop = top + CELL.height - clientHeight;
  }

  #draw() {
    if (this.element.hidden) return;
    const {columns, picking, list} = this;
    const {keys} = picking;
    this.content.style.height = `${Math.ceil(keys.length / columns) * CELL.height}px`;
    const first = Math.max(0, Math.floor(list.scrollTop / CELL.height) - 1) * columns;
    const last = Math.min(keys.length, (Math.ceil((list.scrollTop + list.clientHeight) / CELL.height) + 1) * columns);
    const wanted = new Set(keys.slice(first, last));
    for (const [key, {element}] of this.cells) {
      if (wanted.has(key)) continue;
      element.remove();
      this.cells.delete(key);
    }
    for (let at = first; at < last; at += 1) this.#place(keys[at], at, columns);
    this.list.setAttribute('aria-activedescendant', picking.key ? `crop-${picking.key}` : '');
    this.queue = keys.slice(first, last).filter((key) => !this.cells.get(key)?.isDrawn);
    void this.#drawCrops();
    clearTimeout(this.stillTimer);
    this.stillTimer = setTimeout(() => this.#noteSeen(), STILL_MS);
  }

  /** @param {string} key @param {number} at @param {number} columns */
  #place(key, at, columns) {
    let cell = this.cells.get(key);
    if (!cell) {
      cell = this.#cell(key);
      this.cells.set(key, cell);
      this.content.append(cell.element);
    }
    const {element} = cell;
    element.style.left = `${(at % columns) * CELL.width}px`;
    element.style.top = `${Math.floor(at / columns) * CELL.height}px`;
    element.setAttribute('aria-posinset', String(at + 1));
    element.setAttribute('aria-setsize', String(this.picking.keys.length));
    element.setAttribute('aria-selected', String(this.picking.chosen.has(key)));
    element.classList.toggle('is-here', key === this.picking.key);
  }

  /** @param {string} key @returns {Cell} */
  #cell(key) {
    const {store, rules} = this.desk.parts;
    const suggestion = store.suggestions.get(key);
    const label = rules.byCode.get(suggestion?.labels[0] ?? '');
    const name = label ? pickText(label.display) : (suggestion?.labels.join(', ') ?? '');
    const score = formatScore(suggestion?.score ?? null);
    const ratio = Math.min(globalThis.devicePixelRatio ?? 1, 2);
    const canvas = el('canvas', {attrs: {width: CROP_PX * ratio, height: CROP_PX * ratio}});
    const line = el('span', {class: 'film-line'}, el('span', {class: 'film-name', text: name}), el('span', {class: 'film-score', text: score}));
    line.style.setProperty('--label', label?.colour ?? UNKNOWN_COLOUR);
    const attrs = {role: 'option', id: `crop-${key}`};
    return {element: el('div', {class: 'film-crop', attrs, data: {key}}, canvas, line), canvas, isDrawn: false};
  }

  /** One after the other, so that what left the view meanwhile is not drawn at all. */
  async #drawCrops() {
    if (this.isDrawing) return;
    this.isDrawing = true;
    for (let key = this.queue.shift(); key !== undefined; key = this.queue.shift()) {
      const cell = this.cells.get(key);
      const suggestion = this.desk.parts.store.suggestions.get(key);
      if (!cell || cell.isDrawn || !suggestion?.geometry) continue;
      await this.#drawCrop(cell, {geometry: suggestion.geometry, frame: suggestion.frame}, suggestion.labels[0]);
    }
    this.isDrawing = false;
  }

  /** @param {Cell} cell @param {Parameters<Crops['draw']>[1]} place @param {string} code */
  async #drawCrop(cell, place, code) {
    const colour = this.desk.parts.rules.byCode.get(code)?.colour ?? UNKNOWN_COLOUR;
    try {
      await this.crops.draw(cell.canvas, place, colour, () => cell.element.isConnected);
      cell.isDrawn = cell.element.isConnected;
      cell.element.classList.toggle('is-drawn', cell.isDrawn);
    } catch (error) {
      // Without its pixels the suggestion can still be shown on the image; the viewer says what is wrong with them.
      if (!(error instanceof ApiError) && !(error instanceof DOMException)) throw error;
      cell.element.classList.add('is-missing');
    }
  }

  /** Pictures that stood still on the screen were shown to the reader. */
  #noteSeen() {
    if (this.element.hidden || document.visibilityState !== 'visible') return;
    const [top, bottom] = [this.list.scrollTop, this.list.scrollTop + this.list.clientHeight];
    const seen = [...this.cells].filter(([, {element, isDrawn}]) => {
      const middle = element.offsetTop + CELL.height / 2;
      return isDrawn && middle >= top && middle <= bottom;
    });
    this.desk.parts.exposures.note(seen.map(([key]) => key));
    if (this.queue.length > 0 || this.isDrawing) this.stillTimer = setTimeout(() => this.#noteSeen(), STILL_MS);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.isComposing) return;
    const rows = Math.max(1, Math.floor(this.list.clientHeight / CELL.height));
    if (event.key === 'Escape') this.#close();
    else if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) this.#goThere();
    else if (this.picking.onKey(event, {columns: this.columns, rows})) this.#show();
    else return;
    event.preventDefault();
  }

  #goThere() {
    const suggestion = this.desk.parts.store.suggestions.get(this.picking.key ?? '');
    if (suggestion) this.desk.parts.show(suggestion);
  }

  /** @param {PointerEvent} event @returns {number} which picture; -1: none */
  #at(event) {
    const crop = document.elementFromPoint(event.clientX, event.clientY)?.closest('.film-crop');
    return crop instanceof HTMLElement ? this.picking.keys.indexOf(crop.dataset.key ?? '') : -1;
  }

  /** @param {PointerEvent} event */
  #onPress(event) {
    const at = this.#at(event);
    if (event.button !== 0 || at < 0) return;
    this.isDragging = true;
    /** @type {How} */
    const how = event.shiftKey ? 'run' : event.ctrlKey || event.metaKey ? 'besides' : 'one';
    this.picking.go(at, how);
    this.#show();
  }

  /** @param {PointerEvent} event */
  #onDrag(event) {
    if (!this.isDragging || event.buttons !== 1) return;
    const at = this.#at(event);
    if (at < 0 || at === this.picking.at) return;
    this.picking.go(at, 'run');
    this.#show();
  }
}
