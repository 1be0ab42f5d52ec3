/** The list of those who look at the image together, at the top of the viewer. */

import {el, replaceChildren} from '../../lib/dom.js';
import {t, tn} from '../../lib/i18n.js';
import {face} from './faces.js';

/** @import {Person, Together} from './together.js' */

export class TogetherPanel {
  /** @param {Together} together @param {() => void} stop */
  constructor(together, stop) {
    this.together = together;
    this.state = el('p', {class: 'together-state'});
    this.list = el('ul', {class: 'together-people'});
    this.said = el('p', {class: 'visually-hidden', attrs: {role: 'status', 'aria-live': 'polite'}});
    const button = el('button', {class: 'viewer-button', text: t('Stop'), attrs: {type: 'button', title: t('The others no longer see you, nor you them.')}, on: {click: stop}});
    const head = el('div', {class: 'together-head'}, el('span', {class: 'together-title', text: t('Looking together')}), button);
    this.element = el('section', {class: 'together-panel', attrs: {'aria-label': t('Looking together')}}, head, this.state, this.list, this.said);
    /** @type {Map<number, {row: HTMLElement, button: HTMLButtonElement}>} rows stay, so that the focus does */
    this.rows = new Map();
  }

  /** @param {string} text */
  say(text) {
    this.said.textContent = text;
  }

  draw() {
    const {people, followers, isConnected} = this.together;
    const alone = isConnected ? t('You are shown; nobody else is here yet.') : t('Connecting…');
    const count = followers.length;
    const others = count > 0 ? tn('{count} person follows you', '{count} people follow you', count) : t('The others see your view and pointer.');
    this.state.textContent = people.size === 0 ? alone : others;
    this.state.classList.toggle('is-followed', count > 0);
    for (const [id, {row}] of this.rows) {
      if (people.has(id)) continue;
      row.remove();
      this.rows.delete(id);
    }
    for (const person of people.values()) this.#drawPerson(person);
    this.list.hidden = people.size === 0;
  }

  /** @param {Person} person */
  #drawPerson(person) {
    const {together} = this;
    let known = this.rows.get(person.id);
    if (!known) {
      const button = el('button', {class: 'viewer-button', attrs: {type: 'button'}, on: {click: () => together.toggleFollowing(person.id)}});
      const row = el('li', {class: 'together-person'}, face(person), el('span', {class: 'together-name', text: person.name}), button);
      known = {row, button};
      this.rows.set(person.id, known);
      this.list.append(row);
    }
    const {button} = known;
    const isFollowed = together.following === person.id;
    const canFollow = isFollowed || together.canFollow(person.id);
    const word = isFollowed ? t('Following') : t('Follow');
    if (button.textContent !== word) replaceChildren(button, word);
    button.setAttribute('aria-pressed', String(isFollowed));
    button.setAttribute('aria-label', isFollowed ? t('Following {name}', {name: person.name}) : t('Follow {name}', {name: person.name}));
    button.title = canFollow ? '' : t('{name} follows you already.', {name: person.name});
    button.setAttribute('aria-disabled', String(!canFollow));
  }
}
