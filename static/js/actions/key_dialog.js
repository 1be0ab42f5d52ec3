/** Changes the keys of actions, for the person who is signed in: they count at once, and on every computer after that. */

import {ApiError} from '../lib/api.js';
import {el, replaceChildren} from '../lib/dom.js';
import {t} from '../lib/i18n.js';
import {holdersOf, refusalOf, withKeys} from './bindings.js';
import {keyHint} from './buttons.js';
import {headings} from './help.js';
import {keyOf, keyText, labelOf} from './registry.js';

/** @import {Api} from '../lib/api.js' */
/** @import {Refusal} from './bindings.js' */
/** @import {Action, Registry} from './registry.js' */

const ADDRESS = '/api/account/key-bindings/';

/** @param {string[]} keys @returns {string} */
const written = (keys) => keys.map(keyText).join(t(', '));

/** @param {Refusal} refusal @param {string} key @returns {string} */
function reasonOf(refusal, key) {
  const shown = {key: written([key])};
  switch (refusal) {
    case 'browser':
      return t('The browser keeps {key} for itself. Press another key.', shown);
    case 'input-method':
      return t('This key belongs to Japanese input. Switch the input to direct, or press another key.');
    case 'focus':
      return t('{key} moves through the page. Press another key.', shown);
    case 'pan':
      return t('{key} moves the image while it is held. Press another key.', shown);
    default:
      return t('This key cannot be told apart from others. Press another key.');
  }
}

export class KeyDialog {
  /** @param {Registry} registry @param {Api} api */
  constructor(registry, api) {
    this.registry = registry;
    this.api = api;
    /** @type {Map<string, HTMLElement>} */
    this.rows = new Map();
    /** @type {Action | null} the action that waits for its new key */
    this.waiting = null;
    /** @type {Promise<void>} one request after the other, so that the last choice is the one that is kept */
    this.saved = Promise.resolve();
    this.body = el('div', {class: 'key-groups'});
    this.state = el('div', {class: 'key-state', attrs: {role: 'status'}});
    const close = el('button', {text: t('Close'), attrs: {type: 'button'}, on: {click: () => this.dialog.close()}});
    this.resetAll = el('button', {text: t('Reset all'), attrs: {type: 'button'}, on: {click: () => this.#askResetAll()}});
    this.dialog = el(
      'dialog',
      {
        class: 'key-dialog',
        attrs: {'aria-labelledby': 'key-title'},
        on: {close: () => this.#leave(), click: (event) => event.target === this.dialog && this.dialog.close()},
      },
      el('header', {}, el('h2', {text: t('Change keys'), attrs: {id: 'key-title'}}), close),
      el('p', {class: 'muted small', text: t('Your keys go with your account to every computer.')}),
      this.body,
      el('footer', {}, this.state, this.resetAll),
    );
    // Before anything inside sees it: the key that is pressed is the new one, whatever else it means.
    this.dialog.addEventListener('keydown', (event) => this.#onKey(event), {capture: true});
    document.body.append(this.dialog);
  }

  open() {
    const actions = [...this.registry.actions.values()];
    this.rows = new Map(actions.map((action) => [action.id, el('div', {class: 'key-row', data: {action: action.id}})]));
    replaceChildren(
      this.body,
      ...headings().map(([group, heading]) => {
        const rows = actions.filter((action) => action.group === group).map(({id}) => this.rows.get(id));
        return rows.length > 0 && el('section', {}, el('h3', {text: heading}), ...rows);
      }),
    );
    this.#drawAll();
    replaceChildren(this.state);
    this.dialog.showModal();
  }

  #drawAll() {
    for (const action of this.registry.actions.values()) this.#draw(action);
    this.resetAll.disabled = Object.keys(this.registry.chosen).length === 0;
  }

  /** @param {Action} action as it is when nothing is asked */
  #draw(action) {
    const name = labelOf(action);
    const isChosen = Object.hasOwn(this.registry.chosen, action.id);
    const hints = (action.keys ?? []).flatMap((key, at) => (at === 0 ? [keyHint(key)] : [' ', keyHint(key)]));
    this.#fill(
      action,
      el('span', {class: 'key-caps'}, ...hints, el('span', {class: 'visually-hidden', text: written(action.keys ?? []) || t('no key')})),
      this.#button(t('Change'), () => this.#wait(action), t('Change the key of “{action}”', {action: name})),
      isChosen && this.#button(t('Reset'), () => this.#propose(action, null), t('Reset the key of “{action}”', {action: name})),
    );
  }

  /** @param {Action} action @param {...(Node | false)} parts */
  #fill(action, ...parts) {
    const row = this.rows.get(action.id);
    if (row) replaceChildren(row, el('span', {class: 'key-name', text: labelOf(action)}), ...parts);
  }

  /** @param {string} text @param {() => void} run @param {string} [name] where the text alone does not say it */
  #button(text, run, name) {
    return el('button', {text, class: 'button-small', attrs: {type: 'button', 'aria-label': name}, on: {click: run}});
  }

  /** @param {Action} action @param {string} [problem] why the key that was pressed is not taken */
  #wait(action, problem = '') {
    this.#leave();
    this.waiting = action;
    const cancel = this.#button(t('Leave it'), () => this.#done(action));
    this.#fill(
      action,
      el('span', {
        class: problem ? 'key-problem' : 'key-asked',
        text: problem || t('Press the new key (Esc: leave it)'),
        attrs: {role: 'alert'},
      }),
      cancel,
    );
    cancel.focus();
  }

  #leave() {
    const {waiting} = this;
    this.waiting = null;
    if (waiting) this.#draw(waiting);
  }

  /** @param {Action} action nothing more is asked about it */
  #done(action) {
    this.waiting = null;
    this.#drawAll();
    this.rows.get(action.id)?.querySelector('button')?.focus();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const {waiting} = this;
    if (!waiting) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.repeat) return;
    const key = event.isComposing || event.keyCode === 229 ? 'Process' : keyOf(event);
    const refusal = refusalOf(key);
    if (refusal === 'modifier') return;
    if (refusal === 'leave') this.#done(waiting);
    else if (refusal) this.#wait(waiting, reasonOf(refusal, key));
    else this.#propose(waiting, [key]);
  }

  /** @param {Action} action @param {string[] | null} keys null: those that it comes with */
  #propose(action, keys) {
    const {registry} = this;
    const original = registry.originals.get(action.id) ?? action;
    const originals = [...registry.originals.values()];
    const given = keys ?? original.keys ?? [];
    const take = () => {
      registry.rebind(withKeys(originals, registry.chosen, original, keys));
      this.#done(action);
      void this.#save();
    };
    const [holder] = holdersOf(originals, registry.chosen, original, given);
    if (!holder) {
      take();
      return;
    }
    this.waiting = null;
    const takeOver = this.#button(t('Take it over'), take);
    const text = t('{key} belongs to “{action}”.', {key: written(given), action: labelOf(registry.get(holder))});
    this.#fill(
      action,
      el('span', {class: 'key-problem', text, attrs: {role: 'alert'}}),
      takeOver,
      this.#button(t('Leave it'), () => this.#done(action)),
    );
    takeOver.focus();
  }

  #askResetAll() {
    this.#leave();
    const reset = this.#button(t('Reset all'), () => {
      this.registry.rebind({});
      this.#drawAll();
      void this.#save();
    });
    const leave = this.#button(t('Leave it'), () => replaceChildren(this.state));
    replaceChildren(this.state, el('span', {text: t('Give every action the key that it came with?')}), reset, leave);
    reset.focus();
  }

  /** Sends the keys as they are when it is this request's turn. @returns {Promise<void>} */
  #save() {
    replaceChildren(this.state, t('Saving…'));
    this.saved = this.saved.then(() => this.#send());
    return this.saved;
  }

  async #send() {
    try {
      await this.api.put(ADDRESS, {bindings: this.registry.chosen});
      replaceChildren(this.state, t('Saved.'));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      replaceChildren(
        this.state,
        el('span', {class: 'key-problem', text: `${error.message} ${t('Your keys count on this page only.')}`, attrs: {role: 'alert'}}),
        this.#button(t('Try again'), () => void this.#save()),
      );
    }
  }
}
