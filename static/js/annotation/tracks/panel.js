/** What is known of the selected track, and what can be done with it: below the list of marks. */

import {actionButton} from '../../actions/buttons.js';
import {el, replaceChildren} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {formatSize} from '../format.js';
import {TRACK_BUTTONS} from './actions.js';
import {firstShape, isTrack, keyframeOn} from './keyframes.js';
import {framesOf} from './lens.js';
import {volumeOf} from './volume.js';
import {trackText, volumeText} from './words.js';

/** @import {Registry} from '../../actions/registry.js' */
/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {Store} from '../store.js' */
/** @import {Track} from '../types.js' */
/** @import {Workspace} from '../workspace.js' */

export class TrackPanel {
  /** @param {{viewer: Viewer, store: Store, workspace: Workspace, registry: Registry}} parts */
  constructor({viewer, store, workspace, registry}) {
    this.parts = {viewer, store, workspace, registry};
    this.range = el('span', {class: 'track-range'});
    this.here = el('span', {class: 'track-here'});
    this.volume = el('p', {class: 'track-volume', attrs: {role: 'status'}});
    /** @type {Track | null} whose volume is shown or on its way */
    this.measured = null;
    const buttons = TRACK_BUTTONS.map((id) => actionButton(registry, id, {class: 'track-button', text: true, showKey: true}));
    this.element = el(
      'section',
      {class: 'track-panel', attrs: {'aria-label': t('The selected track')}},
      el('p', {class: 'track-facts'}, this.range, this.here),
      this.volume,
      el('div', {class: 'track-buttons'}, ...buttons),
    );
    workspace.observe((changed) => {
      if (changed.has('selection') || changed.has('canWrite')) this.#show();
    });
    store.observe(() => this.#show());
    viewer.onChange(({kind}) => {
      if (kind === 'frame') this.#show();
    });
    this.#show();
  }

  /** @returns {{id: string, track: Track} | null} */
  #selected() {
    const {store, workspace} = this.parts;
    const [id, ...others] = workspace.state.selection;
    const geometry = others.length === 0 ? store.get(id)?.body.geometry : null;
    return geometry && isTrack(geometry) ? {id, track: geometry} : null;
  }

  #show() {
    const {viewer, store, registry} = this.parts;
    const selected = this.#selected();
    const wasHidden = this.element.hidden;
    this.element.hidden = selected === null;
    if (!selected) {
      this.measured = null;
      return;
    }
    const {track, id} = selected;
    this.range.textContent = trackText(track, viewer.frames?.count ?? 1);
    this.here.textContent = this.#stateHere(track, store.seen(id)?.body.geometry ?? null);
    if (!wasHidden || viewer.frames) registry.refresh();
    void this.#measure(track);
  }

  /** @param {Track} track @param {import('../types.js').Geometry | null} seen @returns {string} */
  #stateHere(track, seen) {
    const {viewer} = this.parts;
    if (!seen) return t('Not on this frame');
    const size = formatSize(seen, viewer.manifest.spacing);
    const state = keyframeOn(track, viewer.frame ?? -1) ? t('Keyframe') : t('Between keyframes');
    return size ? `${state} · ${size}` : state;
  }

  /** @param {Track} track */
  async #measure(track) {
    if (this.measured === track) return;
    this.measured = track;
    const kind = firstShape(track)?.type;
    const isOutline = kind === 'Polygon' || kind === 'MultiPolygon';
    this.volume.hidden = !(isOutline && framesOf(this.parts.viewer).isStack);
    if (this.volume.hidden) return;
    const volume = await volumeOf(track, this.parts.viewer.manifest, () => this.measured === track);
    if (volume !== null) replaceChildren(this.volume, ...volumeText(volume).map((text, i) => el('span', {class: i ? 'track-rule' : '', text})));
  }
}
