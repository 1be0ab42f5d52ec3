/** Short messages over the picture. Read out by screen readers; an error stays until it is solved or closed. */

import {el} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {iconButton} from './parts.js';

/**
 * @typedef {object} NoticeOptions
 * @property {'info' | 'warn' | 'error'} [level]
 * @property {string} [id] a new notice with the same id takes the place of the old one
 * @property {string} [hint] what to do next
 * @property {{label: string, run: () => void}} [action]
 */

const INFO_STAYS_MS = 6000;

export class Notices {
  constructor() {
    this.element = el('div', {class: 'viewer-notices', attrs: {role: 'status', 'aria-live': 'polite'}});
    /** @type {Map<string, {text: string, close: () => void}>} */
    this.open = new Map();
    this.made = 0;
  }

  /**
   * @param {string} text
   * @param {NoticeOptions} [options]
   * @returns {() => void} closes it
   */
  show(text, {level = 'info', id = `notice-${(this.made += 1)}`, hint = '', action} = {}) {
    const same = this.open.get(id);
    // Ten tiles that fail are one message, not ten readings of it.
    if (same?.text === text) return same.close;
    this.dismiss(id);
    const close = () => {
      notice.remove();
      if (this.open.get(id)?.close === close) this.open.delete(id);
    };
    const body = el('span', {class: 'viewer-notice-text'}, el('span', {text}), hint ? el('span', {class: 'viewer-notice-hint', text: hint}) : null);
    const notice = el('div', {class: `viewer-notice is-${level}`}, body);
    if (action) {
      notice.append(el('button', {
        class: 'viewer-button viewer-notice-action',
        text: action.label,
        attrs: {type: 'button'},
        on: {click: () => {
          close();
          action.run();
        }},
      }));
    }
    notice.append(iconButton('close', t('Close'), close));
    this.open.set(id, {text, close});
    this.element.append(notice);
    if (level === 'info') setTimeout(close, INFO_STAYS_MS);
    return close;
  }

  /** @param {string} id */
  dismiss(id) {
    this.open.get(id)?.close();
  }
}
