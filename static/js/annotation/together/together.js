/**
 * Looking at an image together: one is shown to those who are shown as well, sees where they look and point, and may follow one of
 * them. Begun by choice on each visit of a page; nothing but name, view and pointer leaves it.
 */

import {t} from '../../lib/i18n.js';
import {Cursors} from './cursors.js';
import {Follower} from './follower.js';
import {leadsTo, turn} from './following.js';
import {Line, READING_BLIND} from './line.js';
import {TogetherPanel} from './panel.js';

/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {Shown, Told} from './line.js' */

/** @typedef {{id: number, name: string} & Shown} Person */

export class Together {
  /**
   * @param {object} parts
   * @param {Viewer} parts.viewer
   * @param {() => void} parts.onEnd it is over, by choice or because the server said so
   */
  constructor({viewer, onEnd}) {
    this.viewer = viewer;
    this.onEnd = onEnd;
    /** @type {Map<number, Person>} the others */
    this.people = new Map();
    /** @type {number | null} oneself */
    this.self = null;
    /** @type {number | null} */
    this.following = null;
    /** @type {Follower | null} */
    this.follower = null;
    /** @type {[number, number] | null} */
    this.pointer = null;
    this.panel = new TogetherPanel(this, () => this.end());
    this.cursors = new Cursors(viewer);
    this.cleanup = new AbortController();
    this.#watch();
    viewer.stage.corners.get('top-left')?.append(this.panel.element);
    this.line = new Line({
      path: `/ws/images/${viewer.manifest.id}/presence/`,
      shown: () => this.shown(),
      onTold: (told) => this.#told(told),
      onBroken: (isFinal, code) => this.#broken(isFinal, code),
    });
    this.panel.draw();
  }

  get isConnected() {
    return this.self !== null;
  }

  /** @returns {Person[]} who follow oneself */
  get followers() {
    return [...this.people.values()].filter(({following}) => following !== null && following === this.self);
  }

  /** @returns {Shown} */
  shown() {
    const {rotation, ...view} = this.viewer.state();
    return {view: {...view, rotation: turn(rotation)}, pointer: this.pointer, following: this.following};
  }

  #watch() {
    const {viewer} = this;
    const {signal} = this.cleanup;
    const tell = () => this.line.tell();
    const stop = viewer.onChange(({kind}) => {
      if (kind === 'view' || kind === 'frame') tell();
    });
    signal.addEventListener('abort', stop);
    const point = (/** @type {PointerEvent | null} */ event) => {
      const [x, y] = event ? viewer.level0FromEvent(event) : [Number.NaN, Number.NaN];
      const {width, height} = viewer.manifest;
      this.pointer = x >= 0 && y >= 0 && x <= width && y <= height ? [x, y] : null;
      tell();
    };
    viewer.canvas.addEventListener('pointermove', point, {signal});
    viewer.canvas.addEventListener('pointerleave', () => point(null), {signal});
    document.addEventListener('keydown', (event) => this.#key(event), {signal, capture: true});
  }

  /** Escape lets go of whom one follows; only the next one means something else. @param {KeyboardEvent} event */
  #key(event) {
    if (event.key !== 'Escape' || event.isComposing || this.following === null || document.querySelector('dialog[open]')) return;
    event.preventDefault();
    this.follow(null);
  }

  /** @param {Told} told */
  #told(told) {
    if (told.type === 'presence.welcome') this.self = told.person;
    if (told.type === 'presence.present') this.#present(told.person, told.name, told.shown);
    if (told.type === 'presence.left') this.#left(told.person);
    this.panel.draw();
  }

  /** @param {number} id @param {string} name @param {Shown} shown */
  #present(id, name, shown) {
    const person = {id, name, ...shown};
    if (!this.people.has(id)) this.panel.say(t('{name} is here.', {name}));
    this.people.set(id, person);
    this.cursors.show(person);
    if (this.following !== null && !this.canFollow(this.following)) this.follow(null);
    if (this.following === id) this.follower?.goTo(shown.view);
  }

  /** @param {number} id */
  #left(id) {
    const person = this.people.get(id);
    if (!person) return;
    this.people.delete(id);
    this.cursors.forget(id);
    if (this.following === id) this.follow(null);
    this.panel.say(t('{name} has left.', {name: person.name}));
  }

  /** @param {boolean} isFinal @param {number} code */
  #broken(isFinal, code) {
    this.self = null;
    for (const id of [...this.people.keys()]) this.#left(id);
    this.panel.draw();
    if (!isFinal) return;
    const isApart = code === READING_BLIND;
    const text = isApart ? t('You read this image independently of the other readers.') : t('You can no longer look at this image together.');
    const hint = isApart ? t('Submit your read first; then you can look at the image together.') : '';
    this.viewer.notify(text, {level: 'warn', id: 'together', hint});
    this.end();
  }

  /** @param {number} id @returns {boolean} false for who follows oneself */
  canFollow(id) {
    return this.people.has(id) && (this.self === null || !leadsTo(this.people, id, this.self));
  }

  /** @param {number} id */
  toggleFollowing(id) {
    if (this.following === id) this.follow(null);
    else if (this.canFollow(id)) this.follow(id);
  }

  /** @param {number | null} id nobody: one looks by oneself again */
  follow(id) {
    const before = this.following === null ? null : this.people.get(this.following);
    this.follower?.stop();
    this.follower = null;
    this.following = id;
    const person = id === null ? null : this.people.get(id);
    if (person) {
      this.follower = new Follower(this.viewer, () => this.follow(null));
      this.follower.goTo(person.view);
      this.panel.say(t('You follow {name}. Move the image, or press Escape, to look by yourself.', {name: person.name}));
    } else if (before) {
      this.panel.say(t('You look by yourself again.'));
    }
    this.line.tell();
    this.panel.draw();
  }

  /** Nobody sees one any more, nor does one see them. */
  end() {
    if (this.cleanup.signal.aborted) return;
    this.follower?.stop();
    this.cleanup.abort();
    this.line.close();
    this.cursors.remove();
    this.panel.element.remove();
    this.onEnd();
  }
}
