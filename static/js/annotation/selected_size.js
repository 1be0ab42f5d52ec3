/** The size of the one selected mark with its error, on the line below the image; what it rests on stands in its title and is read out. */

import {el} from '../lib/dom.js';
import {t} from '../lib/i18n.js';
import {areaOf, areaText, basisText, lengthText, shareOf, withError} from './tools/measure/doubt.js';

/** @import {Viewer} from '../viewer/viewer.js' */
/** @import {Store} from './store.js' */
/** @import {Geometry} from './types.js' */
/** @import {Workspace} from './workspace.js' */

/** @param {{viewer: Viewer, store: Store, workspace: Workspace, after: HTMLElement}} parts after: what it stands behind */
export function showSelectedSize({viewer, store, workspace, after}) {
  const place = el('span', {class: 'numbers status-size'});
  const show = () => {
    const [id, ...others] = workspace.state.selection;
    const geometry = others.length === 0 ? store.seen(id ?? '')?.body.geometry : null;
    const text = geometry ? sizeText(geometry, viewer.manifest) : '';
    place.textContent = text;
    place.hidden = text === '';
    place.title = basisText(viewer.manifest);
  };
  after.after(place);
  store.observe(show);
  workspace.observe((changed) => {
    if (changed.has('selection')) show();
  });
  viewer.onChange(({kind}) => {
    if (kind === 'frame') show();
  });
  show();
}

/** @param {Geometry} geometry @param {Pick<Viewer['manifest'], 'spacing' | 'warnings'>} manifest @returns {string} empty for a point */
export function sizeText(geometry, {spacing, warnings}) {
  const area = areaOf(geometry, spacing);
  if (!area) return '';
  const sure = spacing ? areaText(area.value, area.error) : withError(area.value, area.error, 'px²');
  const sides = geometry.type === 'Rectangle' ? `${sidesText(geometry.bbox, spacing)} · ` : '';
  const isUpper = spacing !== null && warnings?.includes('spacing_at_detector');
  return `${sides}${isUpper ? t('at most {size}', {size: sure}) : sure}`;
}

/** @param {readonly number[]} bbox level-0 px @param {Viewer['manifest']['spacing']} spacing @returns {string} each side is off by a pixel at most */
function sidesText([, , width, height], spacing) {
  if (!spacing) return `${withError(width, 1, 'px')} × ${withError(height, 1, 'px')}`;
  const share = shareOf(spacing);
  const side = (/** @type {number} */ px, /** @type {number} */ um) => lengthText(px * um, um + share * px * um);
  return `${side(width, spacing.x_um)} × ${side(height, spacing.y_um)}`;
}
