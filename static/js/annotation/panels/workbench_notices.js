/** Lines above the image that stay as long as what they say is true. */

import {el} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {formatClock} from '../format.js';

/** @import {Lease} from '../lease.js' */
/** @import {ReadBundle} from '../types.js' */

/** @typedef {'signed-out' | 'tabs' | 'durable' | 'lease' | 'read-only'} NoticeId */

export class Notices {
  /** @param {{element: HTMLElement, loginUrl: string}} parts */
  constructor({element, loginUrl}) {
    this.element = element;
    this.loginUrl = loginUrl;
    /** @type {Map<NoticeId, HTMLElement>} */
    this.shown = new Map();
  }

  /**
   * @param {NoticeId} id
   * @param {string | null} text null: it is over
   * @param {{level?: 'info' | 'warn' | 'danger', link?: {text: string, href: string}}} [options]
   */
  #set(id, text, {level = 'warn', link} = {}) {
    const before = this.shown.get(id);
    if (text === null) {
      before?.remove();
      this.shown.delete(id);
      return;
    }
    const anchor = link ? el('a', {text: link.text, attrs: {href: link.href, target: '_blank', rel: 'noopener'}}) : null;
    // The remaining time changes each second: the text is replaced in place, or screen readers would read it each second.
    const first = before?.querySelector('span');
    if (before && first && !anchor) {
      first.textContent = text;
      return;
    }
    const notice = el('div', {class: `notice is-${level}`, attrs: {role: id === 'lease' ? null : 'status'}}, el('span', {text}), anchor);
    before?.remove();
    this.shown.set(id, notice);
    this.element.append(notice);
  }

  /** @param {boolean} isSignedOut */
  signedOut(isSignedOut) {
    const text = t('Your session has ended. Your work is kept in this browser; sign in and it goes on from here.');
    this.#set('signed-out', isSignedOut ? text : null, {level: 'danger', link: {text: t('Sign in (new tab)'), href: this.loginUrl}});
  }

  /** @param {number} count other tabs with this read */
  otherTabs(count) {
    this.#set('tabs', count > 0 ? t('This image is open in another tab as well. Work in one of them; changes appear in both.') : null);
  }

  /** @param {boolean} isDurable */
  durable(isDurable) {
    this.#set(
      'durable',
      isDurable
        ? null
        : t('This browser keeps nothing on disk (a private window?). Unsaved work is lost if the tab closes without a connection.'),
    );
  }

  /** @param {Lease} lease */
  lease(lease) {
    if (lease.state === 'lost') {
      this.#set('lease', [lease.problem?.message, lease.problem?.hint].filter(Boolean).join(' '), {level: 'danger'});
    } else if (lease.state === 'short') {
      this.#set('lease', t('This image is kept for you for another {time} min.', {time: formatClock((lease.remainingMs ?? 0) / 1000)}));
    } else this.#set('lease', null);
  }

  /** @param {ReadBundle} read @param {number} userId */
  readOnly(read, userId) {
    const isOwn = String(read.reader.id) === String(userId);
    const text = !isOwn
      ? t('You are looking at the read of {reader}. It cannot be changed here.', {reader: read.reader.name})
      : read.state === 'submitted'
        ? t('This read is submitted and cannot be changed any more.')
        : t('You may look at this read, but not change it.');
    this.#set('read-only', text, {level: 'info'});
  }
}
