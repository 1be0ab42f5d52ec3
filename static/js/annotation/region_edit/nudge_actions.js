/** The keys that move the selected marks: along the axes of the screen, however the image is turned. */

import {t} from '../../lib/i18n.js';
import {later} from '../../lib/later.js';

/** @import {Action} from '../../actions/registry.js' */
/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {Store} from '../store.js' */
/** @import {Mark} from '../types.js' */

const fetchNudger = later(async () => new (await import('./nudge.js')).Nudger());

/** Screen px. */
const NEAR_PX = 1;
const FAR_PX = 10;

/**
 * @param {{viewer: Viewer, store: Store, marks: () => Mark[]}} parts marks: those that may be moved
 * @param {{group: 'marks', when: () => boolean}} place
 * @returns {Action[]}
 */
export function nudgeActions({viewer, store, marks}, place) {
  /** @param {number} across screen px @param {number} down screen px */
  const by = (across, down) => {
    const [from, to] = [viewer.level0FromPixel([0, 0]), viewer.level0FromPixel([across, down])];
    return [to[0] - from[0], to[1] - from[1]];
  };
  /** @param {number} across @param {number} down */
  const run = (across, down) => async () => {
    const nudger = await fetchNudger();
    nudger.move({store, marks: marks(), by: by(across, down), image: viewer.manifest, name: t('Move marks'), now: performance.now()});
  };
  const ways = /** @type {const} */ ([
    ['left', -1, 0, 'ArrowLeft', t('Move the selected marks left'), t('Move the selected marks far left')],
    ['right', 1, 0, 'ArrowRight', t('Move the selected marks right'), t('Move the selected marks far right')],
    ['up', 0, -1, 'ArrowUp', t('Move the selected marks up'), t('Move the selected marks far up')],
    ['down', 0, 1, 'ArrowDown', t('Move the selected marks down'), t('Move the selected marks far down')],
  ]);
  return ways.flatMap(([name, x, y, key, near, far]) => [
    {...place, id: `marks.move-${name}`, label: near, keys: [`Ctrl+${key}`], run: run(x * NEAR_PX, y * NEAR_PX)},
    {...place, id: `marks.move-far-${name}`, label: far, keys: [`Ctrl+Shift+${key}`], run: run(x * FAR_PX, y * FAR_PX)},
  ]);
}
