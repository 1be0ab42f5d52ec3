/** Showing an image the way a presentation state says: fetched when first asked for, chosen by the reader, and taken off again. */

import {t} from '../lib/i18n.js';
import {later} from '../lib/later.js';

/** @import {Drawing} from './frame-look.js' */
/** @import {Presentation} from './types.js' */
/** @import {Viewer} from './viewer.js' */

const NOTICE = 'presentation';

/** Few files have a state, and nobody needs one before the first frame. */
const fetchDrawing = later(() => import('./presentation-drawing.js'));

/** @type {Record<string, () => string>} */
const UNSUPPORTED = {
  colour_profile: () => t('its colour profile'),
  compound_graphics: () => t('compound graphics'),
  graphics: () => t('some of its graphics'),
  mask: () => t('subtraction of a mask'),
  mirrored: () => t('mirroring: the image is shown unmirrored'),
  modality_lut: () => t('its own modality table'),
  overlay: () => t('some of its bitmaps'),
  rotation: () => t('rotation by an odd angle'),
  shutter: () => t('a shutter of an unknown shape'),
  size_mode: () => t('its magnification: the area is fitted to the screen'),
};

/** @param {string[]} codes @returns {string[]} */
export function unsupportedWords(codes) {
  return codes.map((code) => UNSUPPORTED[code]?.() ?? code);
}

/** @param {Presentation} state @returns {string} */
export function presentationName({name, description}) {
  return description && description !== name ? `${name || t('Presentation state')} · ${description}` : name || t('Presentation state');
}

export class Presentations {
  /** @param {Viewer} viewer of an image with frames and states */
  constructor(viewer) {
    this.viewer = viewer;
    /** @type {Promise<Presentation[]> | null} */
    this.pending = null;
  }

  /** @returns {Promise<Presentation[]>} oldest first @throws {ApiError} */
  list() {
    this.pending ??= this.viewer.grant.api.get(String(this.viewer.manifest.presentations_url)).then(({presentations}) => presentations);
    return this.pending;
  }

  /** @param {string} id of a state; empty: as the file itself says */
  async choose(id) {
    const {frames} = this.viewer;
    if (!frames || frames.encoding === 'planes') return;
    const state = id ? (await this.list()).find((candidate) => candidate.id === id) : undefined;
    this.viewer.dismiss(NOTICE);
    if (!state) {
      frames.setPresentation(null);
      this.viewer.goTo({...this.viewer.navigation.state(), rotation: 0});
      this.viewer.fit();
      return;
    }
    if (!state.frames.includes(frames.current)) await frames.setFrame(state.frames[0] ?? 0);
    const drawing = await fetchDrawing();
    frames.setPresentation({state, bitmaps: await drawing.bitmapsOf(state), drawing});
    this.bringIntoView(state, drawing);
    if (state.unsupported.length > 0) {
      const hint = t('Left out: {what}. Look at the original if it matters.', {what: unsupportedWords(state.unsupported).join(t(', '))});
      this.viewer.notify(t('The presentation state is not shown in full.'), {level: 'warn', id: NOTICE, hint});
    }
  }

  /** Turns the image and fits the area that the state names into the screen. @param {Presentation} state @param {Drawing} drawing */
  bringIntoView(state, drawing) {
    const {viewer} = this;
    viewer.goTo({...viewer.navigation.state(), rotation: state.rotation});
    const area = state.areas.find((one) => drawing.isFor(one, state, viewer.frames?.current ?? 0));
    if (!area) {
      viewer.fit();
      return;
    }
    const [[x, y], [otherX, otherY]] = [area.start, area.end];
    const box = [Math.min(x, otherX), Math.min(y, otherY), Math.abs(otherX - x), Math.abs(otherY - y)];
    viewer.fitTo(box, {padding: 0, duration: 0, minResolution: 0});
  }
}
