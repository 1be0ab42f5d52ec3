/** The line below the image: what the tool in hand waits for, and how large the image is. */

import {el, replaceChildren} from '../../lib/dom.js';
import {t, tn} from '../../lib/i18n.js';
import {formatClock} from '../format.js';

/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {ActivityClock} from '../activity.js' */

/** So often the time is written anew; seldom enough to draw no eye away. */
const EFFORT_EVERY_MS = 5000;

/** @param {number} um @returns {string} */
const perPixel = (um) => (um >= 100 ? `${(um / 1000).toFixed(3)} mm/px` : `${um.toFixed(4).replace(/0+$/, '').replace(/\.$/, '')} µm/px`);

export class StatusBar {
  /** @param {{element: HTMLElement, viewer: Viewer}} parts */
  constructor({element, viewer}) {
    /** Where the tool in hand has what can be set of it. */
    this.options = el('span', {class: 'tool-options', attrs: {role: 'group', 'aria-label': t('Options of the tool')}});
    this.options.hidden = true;
    this.effort = el('span', {class: 'numbers status-effort', attrs: {title: t('Your time and actions on this image. Pauses of more than 30 seconds do not count.')}});
    this.effort.hidden = true;
    this.message = el('span', {class: 'status-message', attrs: {role: 'status', 'aria-live': 'polite'}});
    const {width, height, spacing, modality} = viewer.manifest;
    const isSquare = spacing !== null && Math.abs(spacing.x_um - spacing.y_um) < 1e-6 * spacing.x_um;
    const scale = spacing
      ? isSquare
        ? perPixel(spacing.x_um)
        : `${perPixel(spacing.x_um)} × ${perPixel(spacing.y_um)}`
      : t('Scale unknown');
    replaceChildren(
      element,
      this.options,
      this.message,
      el('span', {class: 'spacer'}),
      this.effort,
      el(
        'span',
        {class: 'status-facts'},
        el('span', {class: 'numbers', text: `${width} × ${height} px`}),
        el('span', {class: `numbers${spacing ? '' : ' is-unknown'}`, text: scale}),
        modality ? el('span', {text: modality}) : null,
      ),
    );
  }

  /** Keeps showing how long a person has worked, and how often they pressed something. @param {ActivityClock} clock */
  showEffort(clock) {
    const show = () => {
      const actions = tn('{count} action', '{count} actions', clock.actions);
      this.effort.textContent = `${formatClock(clock.seconds)} · ${actions}`;
    };
    this.effort.hidden = false;
    show();
    setInterval(show, EFFORT_EVERY_MS);
  }

  /** @param {string | null} text null: nothing to say @param {boolean} [isProblem] */
  say(text, isProblem = false) {
    this.message.textContent = text ?? '';
    this.message.classList.toggle('is-problem', isProblem);
  }
}
