/** Closing an outline into the region that is there, by key and from the palette. */

import {t} from '../../../lib/i18n.js';
import {MODES} from './mode.js';

/** @import {Action} from '../../../actions/registry.js' */
/** @import {Workspace} from '../../workspace.js' */
/** @import {Toolbox} from '../toolbox.js' */
/** @import {Mode} from './mode.js' */

/** @type {Record<Mode, string>} the keys that are held at the end of a drag, and Enter */
const KEYS = {add: 'Ctrl+Enter', subtract: 'Alt+Enter', intersect: 'Ctrl+Alt+Enter', cut: 'Ctrl+Shift+Enter'};

/** @param {Mode} mode @returns {string} */
function label(mode) {
  switch (mode) {
    case 'add':
      return t('Close: add to the region below');
    case 'subtract':
      return t('Close: subtract from the region below');
    case 'intersect':
      return t('Close: keep what is common with the region below');
    case 'cut':
      return t('Close: cut the region below apart');
  }
}

/** @param {{workspace: Workspace, toolbox: () => Toolbox}} parts @returns {Action[]} */
export function modeActions({workspace, toolbox}) {
  return MODES.map((mode) => ({
    id: `drawing.${mode}`,
    label: label(mode),
    group: 'drawing',
    context: 'drawing',
    keys: [KEYS[mode]],
    onControls: true,
    when: () => workspace.state.isDrawing && toolbox().current.takesModes,
    run: () => toolbox().current.handle('confirm', mode),
  }));
}
