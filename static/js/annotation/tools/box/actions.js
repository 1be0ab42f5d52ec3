/** What boxes are held to, from the palette. */

import {t} from '../../../lib/i18n.js';

/** @import {Action} from '../../../actions/registry.js' */
/** @import {Viewer} from '../../../viewer/viewer.js' */
/** @import {MarkingRules} from '../../marking_rules.js' */
/** @import {Store} from '../../store.js' */
/** @import {Workspace} from '../../workspace.js' */
/** @import {BoxRule} from './rule.js' */

/** @param {{session: {store: Store}, viewer: Viewer, workspace: Workspace, rules: MarkingRules}} parts @returns {Action[]} */
export function boxActions({session: {store}, viewer, workspace, rules}) {
  if (!rules.tools.includes('box')) return [];
  const when = () => workspace.state.canWrite;
  /** @param {Partial<BoxRule>} change */
  const hold = (change) => () => workspace.set({tool: 'box', boxRule: {...workspace.state.boxRule, ...change}});
  const selected = () => {
    const [id, ...others] = workspace.state.selection;
    const geometry = others.length === 0 ? store.seen(id)?.body.geometry : null;
    return geometry?.type === 'Rectangle' ? geometry : null;
  };
  const likeSelected = () => {
    const [, , width, height] = selected()?.bbox ?? [0, 0, 0, 0];
    const {spacing} = viewer.manifest;
    if (width > 0) hold(spacing ? {kind: 'size', um: [width * spacing.x_um, height * spacing.y_um]} : {kind: 'size', px: [width, height]})();
  };
  /** @type {{group: 'drawing', when: () => boolean}} */
  const place = {group: 'drawing', when};
  return [
    {...place, id: 'box.free', label: t('Box: any size'), run: hold({kind: 'free'})},
    {...place, id: 'box.square', label: t('Box: square'), run: hold({kind: 'ratio', ratio: [1, 1]})},
    {...place, id: 'box.ratio', label: t('Box: fixed ratio'), run: hold({kind: 'ratio'})},
    {...place, id: 'box.size', label: t('Box: fixed size'), run: hold({kind: 'size'})},
    {
      ...place,
      id: 'box.size-of-selected',
      label: t('Box: the size of the selected one'),
      when: () => when() && selected() !== null,
      run: likeSelected,
    },
  ];
}
