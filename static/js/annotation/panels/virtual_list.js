/** A list that keeps only the rows in view in the page, so that two thousand marks cost as much as twenty. */

import {el} from '../../lib/dom.js';

const SPARE_ROWS = 6;

/**
 * @template T
 */
export class VirtualList {
  /**
   * @param {object} parts
   * @param {number} parts.rowPx height of every row, CSS px
   * @param {string} parts.label accessible name
   * @param {(item: T) => string} parts.keyOf
   * @param {(item: T, index: number) => HTMLElement} parts.render
   */
  constructor({rowPx, label, keyOf, render}) {
    this.rowPx = rowPx;
    this.keyOf = keyOf;
    this.render = render;
    /** @type {T[]} */
    this.items = [];
    /** @type {Map<string, HTMLElement>} */
    this.rows = new Map();
    this.content = el('div', {class: 'virtual-content', attrs: {role: 'list', 'aria-label': label}});
    this.element = el('div', {class: 'virtual-list', attrs: {tabindex: -1}, on: {scroll: () => this.#draw()}}, this.content);
    new ResizeObserver(() => this.#draw()).observe(this.element);
  }

  /** @param {T[]} items */
  show(items) {
    const focused = this.#focusedPlace();
    this.items = items;
    this.content.style.height = `${items.length * this.rowPx}px`;
    for (const row of this.rows.values()) row.remove();
    this.rows.clear();
    this.#draw();
    if (focused) this.#focus(focused);
  }

  /** @returns {{key: string, index: number, button: number} | null} where the keyboard is, for rows are made anew */
  #focusedPlace() {
    for (const [key, row] of this.rows) {
      if (!row.contains(document.activeElement)) continue;
      const button = [...row.querySelectorAll('button')].indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
      return {key, index: this.items.findIndex((item) => this.keyOf(item) === key), button};
    }
    return null;
  }

  /** @param {{key: string, index: number, button: number}} place the same row; where it is gone, the one that took its place */
  #focus({key, index, button}) {
    const next = this.items[Math.min(index, this.items.length - 1)];
    const row = this.rows.get(key) ?? (next && this.rows.get(this.keyOf(next)));
    row?.querySelectorAll('button')[button]?.focus();
  }

  #draw() {
    const first = Math.max(0, Math.floor(this.element.scrollTop / this.rowPx) - SPARE_ROWS);
    const last = Math.min(this.items.length, Math.ceil((this.element.scrollTop + this.element.clientHeight) / this.rowPx) + SPARE_ROWS);
    /** @type {Set<string>} */
    const wanted = new Set();
    for (let i = first; i < last; i += 1) {
      const key = this.keyOf(this.items[i]);
      wanted.add(key);
      if (this.rows.has(key)) continue;
      const row = this.render(this.items[i], i);
      row.style.top = `${i * this.rowPx}px`;
      row.setAttribute('role', 'listitem');
      row.setAttribute('aria-setsize', String(this.items.length));
      row.setAttribute('aria-posinset', String(i + 1));
      this.rows.set(key, row);
      this.#insert(row, i);
    }
    for (const [key, row] of this.rows) {
      if (wanted.has(key) || row.contains(document.activeElement)) continue;
      row.remove();
      this.rows.delete(key);
    }
  }

  /** Keeps the order in the page that of the list, for whoever goes through it with Tab. @param {HTMLElement} row @param {number} index */
  #insert(row, index) {
    const following = [...this.content.children].find((other) => Number(other.getAttribute('aria-posinset')) > index + 1);
    this.content.insertBefore(row, following ?? null);
  }

  /** @param {string} key scrolls only when the row is out of view */
  reveal(key) {
    const index = this.items.findIndex((item) => this.keyOf(item) === key);
    if (index < 0) return;
    const [top, height] = [index * this.rowPx, this.element.clientHeight];
    if (top < this.element.scrollTop) this.element.scrollTop = top;
    else if (top + this.rowPx > this.element.scrollTop + height) this.element.scrollTop = top + this.rowPx - height;
  }
}
