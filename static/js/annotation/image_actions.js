/** What can be done with any image, whether it is marked or only looked at. */

import {t} from '../lib/i18n.js';

/** @import {Action} from '../actions/registry.js' */
/** @import {Viewer} from '../viewer/viewer.js' */

const ROTATION_DEGREES = 90;

/** @param {{viewer: Viewer}} parts @returns {Action[]} */
export function imageActions({viewer}) {
  /** @type {Action[]} */
  const actions = [
    {id: 'image.fit', label: t('Whole image'), group: 'image', keys: ['Home'], run: () => viewer.fit({duration: 150})},
    {id: 'image.in', label: t('Zoom in'), group: 'image', keys: ['+', '='], run: () => viewer.zoomBy(1.5)},
    {id: 'image.out', label: t('Zoom out'), group: 'image', keys: ['-'], run: () => viewer.zoomBy(1 / 1.5)},
    {id: 'image.left', label: t('Turn left'), group: 'image', keys: ['['], run: () => viewer.rotateBy(-ROTATION_DEGREES)},
    {id: 'image.right', label: t('Turn right'), group: 'image', keys: [']'], run: () => viewer.rotateBy(ROTATION_DEGREES)},
    {id: 'image.fullscreen', label: t('Full screen'), group: 'image', keys: ['Shift+F'], run: () => viewer.toggleFullscreen()},
  ];
  const {frames} = viewer;
  if (frames?.encoding === 'planes') {
    actions.push(
      {id: 'image.next-plane', label: t('Next plane'), group: 'image', keys: ['PageDown', '.'], run: () => frames.step(1)},
      {id: 'image.previous-plane', label: t('Previous plane'), group: 'image', keys: ['PageUp', ','], run: () => frames.step(-1)},
    );
  } else if (frames && frames.count > 1) {
    actions.push(
      {id: 'image.next-frame', label: t('Next frame'), group: 'image', keys: ['PageDown', '.'], run: () => frames.step(1)},
      {id: 'image.previous-frame', label: t('Previous frame'), group: 'image', keys: ['PageUp', ','], run: () => frames.step(-1)},
      {
        id: 'image.play',
        label: t('Play or pause'),
        group: 'image',
        keys: ['c'],
        run: () => (frames.playing ? frames.pause() : frames.play()),
      },
    );
  }
  const {channels} = viewer;
  if (channels) {
    actions.push({
      id: 'image.auto-range',
      label: t('Auto range'),
      group: 'image',
      keys: ['Shift+A'],
      run: () => channels.autoRange(),
    });
  }
  return actions;
}
