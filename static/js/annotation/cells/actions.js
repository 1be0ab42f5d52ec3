/** What can be done with cells, by key, palette and button. */

import {t} from '../../lib/i18n.js';
import {viewExtent} from './panel.js';
import {outlineOf} from './region.js';

/** @import {Action} from '../../actions/registry.js' */
/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {Store} from '../store.js' */
/** @import {Workspace} from '../workspace.js' */
/** @import {Cells} from './cells.js' */

/** @param {{cells: Cells, viewer: Viewer, store: Store, workspace: Workspace}} parts @returns {Action[]} */
export function cellActions({cells, viewer, store, workspace}) {
  const isChosen = () => cells.chosen > 0 && !workspace.state.isDrawing;
  const canChange = () => isChosen() && workspace.state.canWrite;
  /** @type {{group: 'marks', context: 'drawing'}} */
  const place = {group: 'marks', context: 'drawing'};
  return [
    {
      id: 'tool.cells',
      label: t('Choose cells'),
      group: 'tools',
      keys: ['m'],
      icon: 'cells',
      isPressed: () => workspace.state.tool === 'cells',
      run: () => workspace.set({tool: 'cells'}),
    },
    {
      id: 'cells.view',
      label: t('Choose all cells in view'),
      group: 'marks',
      run: () => cells.select('replace', {extent: viewExtent(viewer)}),
    },
    {
      id: 'cells.region',
      label: t('Choose all cells in the selected region'),
      group: 'marks',
      when: () => outlineOf(store, workspace) !== null,
      run: async () => {
        const region = outlineOf(store, workspace);
        await cells.clear();
        for (const ring of region?.rings ?? []) await cells.select('add', ring ? {ring} : {extent: region?.extent ?? []});
      },
    },
    {...place, id: 'cells.accept', label: t('Accept cells'), keys: ['y'], when: canChange, run: () => cells.change({kind: 'accept'})},
    {
      ...place,
      id: 'cells.delete',
      label: t('Delete cells'),
      keys: ['Delete'],
      when: () => canChange() && workspace.state.selection.size === 0,
      run: () => cells.change({kind: 'delete'}),
    },
    {...place, id: 'cells.edit', label: t('Edit the outline'), when: () => canChange() && cells.chosen === 1, run: () => cells.edit()},
    {...place, id: 'cells.clear', label: t('Choose none'), when: isChosen, run: () => cells.clear()},
  ];
}
