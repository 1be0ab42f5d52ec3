/** Showing oneself to others who look at the same image. Off on every visit of a page until it is switched on. */

import {t} from '../../lib/i18n.js';
import {later} from '../../lib/later.js';

/** @import {Action, Registry} from '../../actions/registry.js' */
/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {Together} from './together.js' */

const fetchTogether = later(() => import('./together.js'));

/** @param {{viewer: Viewer, registry: Registry}} parts @returns {Action[]} */
export function togetherActions({viewer, registry}) {
  /** @type {Together | null} */
  let together = null;
  const onEnd = () => {
    together = null;
    registry.refresh();
  };
  return [
    {
      id: 'image.together',
      label: t('Show me to others'),
      group: 'image',
      keys: ['Shift+Y'],
      icon: 'together',
      isPressed: () => together !== null,
      run: async () => {
        const {Together} = await fetchTogether();
        if (together) together.end();
        else together = new Together({viewer, onEnd});
        registry.refresh();
      },
    },
  ];
}
