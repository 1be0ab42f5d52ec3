/** The tools that measure: for everybody who may see the image, also where nothing is drawn or changed any more. */

import {t} from '../../../lib/i18n.js';
import {toolName} from '../../words.js';

/** @import {Action} from '../../../actions/registry.js' */
/** @import {Workspace} from '../../workspace.js' */
/** @import {Toolbox} from '../toolbox.js' */

/** @type {Record<'ruler' | 'angle', string>} */
const KEYS = {ruler: 't', angle: 'Shift+G'};
export const MEASURING = /** @type {const} */ (['ruler', 'angle']);

/** @param {{workspace: Workspace, toolbox: () => Toolbox}} parts @returns {Action[]} */
export function measureActions({workspace, toolbox}) {
  return [
    ...MEASURING.map((tool) => ({
      id: `tool.${tool}`,
      label: () => toolName(tool),
      group: /** @type {const} */ ('tools'),
      keys: [KEYS[tool]],
      icon: tool,
      isPressed: () => workspace.state.tool === tool,
      run: () => workspace.set({tool}),
    })),
    {
      id: 'measure.clear',
      label: t('Wipe the measurements away'),
      group: 'tools',
      keys: ['Shift+T'],
      when: () => workspace.state.hasMeasures,
      run: () => toolbox().measures?.clear(),
    },
  ];
}
