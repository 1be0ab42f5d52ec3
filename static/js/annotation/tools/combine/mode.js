/** What a key held at the end of a shape makes of it: with the region that is there instead of a mark of its own. */

import {t} from '../../../lib/i18n.js';

/** @typedef {'add' | 'subtract' | 'intersect' | 'cut'} Mode */

/** @type {Mode[]} */
export const MODES = ['add', 'subtract', 'intersect', 'cut'];

/**
 * Shift alone is not among them: with it held, a drag changes the window of a CT and a circle or a square is drawn.
 * @param {{ctrl: boolean, alt: boolean, shift: boolean}} held Cmd counts as Ctrl
 * @returns {Mode | null} null: the shape becomes a mark of its own
 */
export function modeOf({ctrl, alt, shift}) {
  if (ctrl) return alt ? 'intersect' : shift ? 'cut' : 'add';
  return alt ? 'subtract' : null;
}

/** @param {Pick<PointerEvent | KeyboardEvent, 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>} event */
export const heldIn = ({ctrlKey, metaKey, altKey, shiftKey}) => ({ctrl: ctrlKey || metaKey, alt: altKey, shift: shiftKey});

/** @param {Mode} mode @returns {string} a word for the pointer, with its sign */
export function modeWord(mode) {
  switch (mode) {
    case 'add':
      return t('+ Add');
    case 'subtract':
      return t('− Subtract');
    case 'intersect':
      return t('∩ Keep what is common');
    case 'cut':
      return t('✂ Cut apart');
  }
}

/** @param {Mode} mode @returns {string} the step, for the undo button */
export function stepName(mode) {
  switch (mode) {
    case 'add':
      return t('Add to a region');
    case 'subtract':
      return t('Subtract from a region');
    case 'intersect':
      return t('Intersect a region');
    case 'cut':
      return t('Cut a region apart');
  }
}

/** @param {string} hint of a tool @returns {string} with a word about the keys */
export const withModes = (hint) => `${hint} ${t('Ctrl held at the end adds to the region below, Alt takes out of it.')}`;
