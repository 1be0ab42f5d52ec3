/** The help sheet: every action that has a key, in groups, from the same records that the keyboard uses. */

import {el, replaceChildren} from '../lib/dom.js';
import {t} from '../lib/i18n.js';
import {keyHint} from './buttons.js';
import {keyOf, labelOf} from './registry.js';

/** @import {Action, Group, Registry} from './registry.js' */

/** @returns {[Group, string][]} in reading order */
export const headings = () => [
  ['tools', t('Tools')],
  ['drawing', t('While drawing')],
  ['labels', t('Labels and diagnosis')],
  ['marks', t('Marks')],
  ['suggestions', t('Suggestions')],
  ['image', t('Image')],
  ['read', t('Read')],
];

/** @param {Group} group @returns {string} */
export const groupName = (group) => headings().find(([one]) => one === group)?.[1] ?? '';

/** @param {Action} action @returns {HTMLElement} */
function row(action) {
  const keys = (action.keys ?? []).slice(0, 2).map((key) => keyHint(key));
  const caps = el('dd', {}, ...keys.flatMap((hint, i) => (i === 0 ? [hint] : [' ', hint])));
  return el('div', {class: 'help-row'}, el('dt', {text: labelOf(action)}), caps);
}

export class HelpSheet {
  /** @param {Registry} registry @param {() => void} changeKeys opens what keys are changed with */
  constructor(registry, changeKeys) {
    this.registry = registry;
    this.body = el('div', {class: 'help-columns'});
    const change = el('button', {
      text: t('Change keys…'),
      attrs: {type: 'button'},
      on: {
        click: () => {
          this.dialog.close();
          changeKeys();
        },
      },
    });
    const close = el('button', {text: t('Close'), attrs: {type: 'button', autofocus: true}, on: {click: () => this.dialog.close()}});
    this.dialog = el(
      'dialog',
      {
        class: 'help-sheet',
        attrs: {'aria-labelledby': 'help-title'},
        on: {keydown: (event) => this.#onKey(event), click: (event) => this.#onClick(event)},
      },
      el('header', {}, el('h2', {text: t('Keys'), attrs: {id: 'help-title'}}), el('div', {class: 'dialog-actions'}, change, close)),
      this.body,
      el('p', {
        class: 'muted small',
        text: t(
          'Hold Space or the middle button to move the image with any tool. The wheel zooms; on stacks it scrolls frames and zooms with Ctrl.',
        ),
      }),
    );
    document.body.append(this.dialog);
  }

  open() {
    const actions = [...this.registry.actions.values()].filter((action) => action.keys?.length);
    replaceChildren(
      this.body,
      ...headings().map(([group, heading]) => {
        const rows = actions.filter((action) => action.group === group).map(row);
        return rows.length > 0 && el('section', {}, el('h3', {text: heading}), el('dl', {}, ...rows));
      }),
    );
    this.dialog.showModal();
  }

  /** @param {KeyboardEvent} event the key that opened the sheet closes it */
  #onKey(event) {
    if (!this.registry.get('read.help').keys?.includes(keyOf(event))) return;
    event.preventDefault();
    this.dialog.close();
  }

  /** @param {MouseEvent} event on the backdrop */
  #onClick(event) {
    if (event.target === this.dialog) this.dialog.close();
  }
}
