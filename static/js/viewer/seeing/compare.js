/** Side by side: a second view beside the first, of the same image or of another one that the reader may see; linked until told otherwise. */

import {ApiError} from '../../lib/api.js';
import {el} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {chooseImage} from './choose-image.js';
import {Viewer} from '../viewer.js';
import {Relation, beginning} from './relation.js';

/**
 * @typedef {object} Options
 * @property {Viewer} viewer
 * @property {string} reader
 * @property {boolean} [hasChoice] false: the second view stays with the same image
 * @property {() => void} onChange opened or closed
 */

export class Compare {
  /** @param {Options} options */
  constructor({viewer, reader, hasChoice = true, onChange}) {
    this.viewer = viewer;
    this.reader = reader;
    this.onChange = onChange;
    /** @type {Viewer | null} */
    this.second = null;
    /** @type {Relation | null} null: each moves by itself */
    this.relation = null;
    /** A view that follows must not be followed in turn. */
    this.isFollowing = false;
    /** @type {AbortController | null} */
    this.following = null;
    this.pane = el('div', {class: 'viewer'});
    this.name = el('span', {class: 'compare-name'});
    this.link = el('button', {
      class: 'viewer-button',
      text: t('Linked'),
      attrs: {type: 'button', 'aria-pressed': 'true', title: t('While it is off, each view moves by itself; then they stay as they lie.')},
      on: {click: () => this.#setLinked(this.relation === null)},
    });
    this.cursors = [viewer.stage.element, this.pane].map(() => el('div', {class: 'compare-cursor', attrs: {'aria-hidden': 'true'}}));
    const other = hasChoice && el('button', {class: 'viewer-button', text: t('Other image…'), attrs: {type: 'button'}, on: {click: () => void this.choose()}});
    const close = el('button', {class: 'viewer-button', text: t('Close'), attrs: {type: 'button'}, on: {click: () => this.close()}});
    const head = el('div', {class: 'compare-head', attrs: {role: 'group', 'aria-label': t('Second view')}}, this.name, this.link, other, close);
    this.element = el('div', {class: 'compare-pane'}, head, this.pane);
  }

  get isOpen() {
    return this.second !== null;
  }

  /** Lets the reader choose what stands beside. */
  async choose() {
    const {manifest, grant} = this.viewer;
    const chosen = await chooseImage({api: grant.api, current: {id: manifest.id, name: manifest.name, thumbnail_url: manifest.thumbnail_url}});
    if (chosen) await this.open(chosen);
  }

  /** @param {{id: string, name: string}} image */
  async open(image) {
    const {viewer} = this;
    this.#letGo();
    /** @type {Element} */ (viewer.target).after(this.element);
    document.body.classList.add('has-compare');
    viewer.map.updateSize();
    this.name.textContent = image.id === viewer.manifest.id ? t('The same image') : image.name;
    try {
      this.second = await Viewer.open({target: this.pane, imageId: image.id, reader: this.reader, api: viewer.grant.api, label: t('Second view')});
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.close();
      viewer.notify(error.message, {level: 'warn', id: 'compare', hint: error.hint});
      return;
    }
    this.second.goTo({...beginning(viewer.state(), viewer.manifest, this.second.manifest), frame: viewer.frame});
    this.#follow(this.second);
    this.#setLinked(true);
    this.onChange();
  }

  /** @param {Viewer} second */
  #follow(second) {
    const {viewer} = this;
    this.following = new AbortController();
    const {signal} = this.following;
    const stops = [viewer.onChange(({kind}) => this.#pass(kind, viewer, second)), second.onChange(({kind}) => this.#pass(kind, second, viewer))];
    signal.addEventListener('abort', () => stops.forEach((stop) => stop()));
    [viewer, second].forEach((one, at) => {
      const [other, cursor] = at === 0 ? [second, this.cursors[1]] : [viewer, this.cursors[0]];
      other.stage.element.append(cursor);
      one.canvas.addEventListener('pointermove', (event) => this.#point(one, other, cursor, event), {signal});
      one.canvas.addEventListener('pointerleave', () => (cursor.hidden = true), {signal});
      cursor.hidden = true;
    });
  }

  /** @param {string} kind @param {Viewer} from @param {Viewer} to */
  #pass(kind, from, to) {
    if (this.isFollowing || !this.relation) return;
    this.isFollowing = true;
    if (kind === 'view') to.navigation.goTo((from === this.viewer ? this.relation : this.relation.inverse).viewOf(from.state()));
    if (kind === 'frame' && from.frame !== null && from.frames?.count === to.frames?.count && from.frame !== to.frame) void to.frames?.setFrame(from.frame);
    this.isFollowing = false;
  }

  /** Shows in the other view what the pointer points to. @param {Viewer} one @param {Viewer} other @param {HTMLElement} cursor @param {PointerEvent} event */
  #point(one, other, cursor, event) {
    cursor.hidden = this.relation === null;
    if (!this.relation) return;
    const [x, y] = one.level0FromEvent(event);
    const place = (one === this.viewer ? this.relation : this.relation.inverse).pointOf({x, y});
    const [left, top] = other.pixelFromLevel0(/** @type {any} */ ([place.x, place.y]));
    cursor.style.transform = `translate(${left}px, ${top}px)`;
  }

  /** @param {boolean} isLinked as they lie now */
  #setLinked(isLinked) {
    this.relation = isLinked && this.second ? new Relation(this.viewer.state(), this.second.state()) : null;
    this.link.setAttribute('aria-pressed', String(this.relation !== null));
  }

  #letGo() {
    this.following?.abort();
    for (const cursor of this.cursors) cursor.remove();
    this.second?.dispose();
    this.second = null;
    this.relation = null;
  }

  close() {
    this.#letGo();
    this.element.remove();
    document.body.classList.remove('has-compare');
    this.viewer.map.updateSize();
    this.viewer.canvas.focus();
    this.onChange();
  }
}
