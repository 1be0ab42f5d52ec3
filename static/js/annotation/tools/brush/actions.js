/** What can be set of the brush. */

import {t} from '../../../lib/i18n.js';
import {SUPERPIXEL_PX} from '../superpixel/size.js';
import {BRUSH_PX} from './size.js';

/** @import {Action} from '../../../actions/registry.js' */
/** @import {MarkingRules} from '../../marking_rules.js' */
/** @import {Workspace} from '../../workspace.js' */

const STEP = 1.25;

/** @param {{workspace: Workspace, rules: MarkingRules}} parts @returns {Action[]} */
export function brushActions({workspace, rules}) {
  if (!rules.tools.includes('brush')) return [];
  const isSuperpixel = () => workspace.state.tool === 'superpixel';
  const when = () => workspace.state.tool === 'brush' || workspace.state.tool === 'eraser' || isSuperpixel();
  /** @param {number} factor */
  const scale = (factor) => () => {
    if (isSuperpixel()) {
      const side = Math.round(workspace.state.superpixelPx * factor);
      workspace.set({superpixelPx: Math.min(Math.max(side, SUPERPIXEL_PX.least), SUPERPIXEL_PX.most)});
      return;
    }
    const size = Math.round(workspace.state.brushPx * factor);
    workspace.set({brushPx: Math.min(Math.max(size, BRUSH_PX.least), BRUSH_PX.most)});
  };
  // Inside `drawing`, where these keys go before turning the image.
  /** @type {{group: 'drawing', context: 'drawing', when: () => boolean}} */
  const place = {group: 'drawing', context: 'drawing', when};
  const canWrite = () => workspace.state.canWrite;
  return [
    {...place, id: 'brush.smaller', label: () => (isSuperpixel() ? t('Smaller superpixels') : t('Smaller brush')), keys: ['['], run: scale(1 / STEP)},
    {...place, id: 'brush.larger', label: () => (isSuperpixel() ? t('Larger superpixels') : t('Larger brush')), keys: [']'], run: scale(STEP)},
    {
      id: 'brush.only-empty',
      label: t('Only what is empty'),
      group: 'drawing',
      keys: ['z'],
      when: canWrite,
      isPressed: () => workspace.state.paintsOnlyEmpty,
      run: () => workspace.set({paintsOnlyEmpty: !workspace.state.paintsOnlyEmpty}),
    },
    {
      id: 'brush.pixels',
      label: t('Paint pixels (a mask)'),
      group: 'drawing',
      keys: ['Shift+Z'],
      when: canWrite,
      isPressed: () => workspace.state.brushPixels,
      run: () => workspace.set({brushPixels: !workspace.state.brushPixels}),
    },
    {
      id: 'brush.pressure',
      label: t('Width by pen pressure'),
      group: 'drawing',
      keys: ['Shift+B'],
      when: canWrite,
      isPressed: () => workspace.state.penPressure,
      run: () => workspace.set({penPressure: !workspace.state.penPressure}),
    },
    {
      id: 'brush.push',
      label: t('Push the border'),
      group: 'drawing',
      keys: ['u'],
      when: canWrite,
      isPressed: () => workspace.state.brushPushes,
      // Pushing is done with the brush: whoever asks for it has it in hand.
      run: () => workspace.set(workspace.state.tool === 'brush' ? {brushPushes: !workspace.state.brushPushes} : {tool: 'brush', brushPushes: true}),
    },
  ];
}
