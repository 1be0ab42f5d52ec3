/** What can be done with many suggestions at once, and with what is still to be done. */

import {t} from '../../lib/i18n.js';

/** @import {Action} from '../../actions/registry.js' */
/** @import {Workspace} from '../workspace.js' */
/** @import {SuggestionDesk} from './desk.js' */

/** @param {{desk: () => SuggestionDesk, workspace: Workspace}} parts @returns {Action[]} */
export function manyActions({desk, workspace}) {
  const canDecide = () => workspace.state.canWrite && desk().open.length > 0;
  return [
    {
      id: 'suggestion.lasso',
      label: t('Decide by drawing around'),
      group: 'suggestions',
      keys: [';'],
      icon: 'lasso',
      when: canDecide,
      isPressed: () => workspace.state.isLassoing,
      run: () => desk().toggleLasso(),
    },
    {
      id: 'suggestion.many',
      label: t('Decide by score'),
      group: 'suggestions',
      keys: [':'],
      icon: 'score',
      when: canDecide,
      isPressed: () => workspace.state.threshold !== null,
      run: () => desk().toggleBar(),
    },
    {
      id: 'suggestion.strip',
      label: t('Film strip'),
      group: 'suggestions',
      keys: ["'"],
      icon: 'strip',
      when: () => canDecide() || workspace.state.hasStrip,
      isPressed: () => workspace.state.hasStrip,
      run: () => desk().toggleStrip(),
    },
    {
      id: 'suggestion.lasso-leave',
      label: t('Draw around no more suggestions'),
      group: 'suggestions',
      context: 'suggestions',
      keys: ['Escape'],
      when: () => workspace.state.isLassoing,
      run: () => desk().toggleLasso(),
    },
  ];
}
