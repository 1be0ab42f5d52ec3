/** What to tell a person whose outline cannot be saved. */

import {t} from '../../lib/i18n.js';

/** @param {string} code @returns {string} */
export function problemText(code) {
  switch (code) {
    case 'geometry_self_crossing':
      return t('The outline crosses or touches itself. Take vertices back or move them, then close it again.');
    case 'geometry_too_many_vertices':
      return t('The outline has more than 20,000 vertices. Split it into several marks.');
    case 'mask_too_large':
      return t('The mask has too many tiles, or its border is too long. Split it into several marks.');
    default:
      return t('The shape has no area. Draw a larger one.');
  }
}

/**
 * What can be done with an outline that a mode could not use: it stays on screen.
 * @param {string | null} problem @returns {string | null}
 */
export const aloneOrNot = (problem) => problem && `${problem} ${t('Enter makes it a mark of its own, Esc gives it up.')}`;
