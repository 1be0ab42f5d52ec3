/** Active time in words, in every place of a page that names its seconds. */

import {t} from '../lib/i18n.js';

/** @param {number} seconds @returns {string} */
export function activeTime(seconds) {
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? t('{minutes} min', {minutes}) : t('{hours} h {minutes} min', {hours: Math.floor(minutes / 60), minutes: minutes % 60});
}

/** Fills in all that wait for it. */
export function writeActiveTimes() {
  for (const place of document.querySelectorAll('[data-seconds]')) {
    place.textContent = activeTime(Number(/** @type {HTMLElement} */ (place).dataset.seconds));
  }
}
