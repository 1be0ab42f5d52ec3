/** The line below the image: what the tool in hand waits for, and how large the image is. */

import {el, replaceChildren} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';

/** @import {Viewer} from '../../viewer/viewer.js' */

/** @param {number} um @returns {string} */
const perPixel = (um) => (um >= 100 ? `${(um / 1000).toFixed(3)} mm/px` : `${um.toFixed(4).replace(/0+$/, '').replace(/\.$/, '')} µm/px`);

export class StatusBar {
  /** @param {{element: HTMLElement, viewer: Viewer}} parts */
  constructor({element, viewer}) {
    /** Where the tool in hand has what can be set of it. */
    this.options = el('span', {class: 'tool-options', attrs: {role: 'group', 'aria-label': t('Options of the tool')}});
    this.options.hidden = true;
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
      el('span', {class: 'numbers', text: `${width} × ${height} px`}),
      el('span', {class: `numbers${spacing ? '' : ' is-unknown'}`, text: scale}),
      modality ? el('span', {text: modality}) : null,
    );
  }

  /** @param {string | null} text null: nothing to say @param {boolean} [isProblem] */
  say(text, isProblem = false) {
    this.message.textContent = text ?? '';
    this.message.classList.toggle('is-problem', isProblem);
  }
}
