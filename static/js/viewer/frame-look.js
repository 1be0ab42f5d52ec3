/** How the frames of one image look: the window, drawings over them, a presentation state. */

import {valueAt} from './frame-decode.js';
import {FrameLayer} from './frame-layer.js';
import {FrameOverlays} from './frame-overlays.js';
import {t} from '../lib/i18n.js';
import {cleanWindow, firstWindow, windowFromValues, windowPresets} from './voi.js';

/** @import {Frame, ValuesFrame} from './frame-decode.js' */
/** @import {PixelGrant} from './pixel-grant.js' */
/** @import {Level0Point} from './geometry.js' */
/** @import {Frames, Manifest, Presentation, Window} from './types.js' */

/** @typedef {'frame' | 'loading' | 'window' | 'cine' | 'overlays' | 'failure'} FrameChange */
/** @typedef {{id: string, name: string, center: number | null, width: number | null, window?: Window}} PresetChoice null: computed on choosing */
/** @typedef {typeof import('./presentation-drawing.js')} Drawing */
/** @typedef {{state: Presentation, bitmaps: {left: number, top: number, bitmap: ImageBitmap}[], drawing: Drawing}} ShownPresentation drawing: fetched with the first state */

/** The choice of window while a presentation state sets it. */
const PRESENTATION = 'presentation';

export class FrameLook {
  /**
   * @param {object} options
   * @param {Manifest & {frames: Frames}} options.manifest
   * @param {PixelGrant} options.grant
   * @param {(change: FrameChange, error?: unknown) => void} options.onChange
   */
  constructor({manifest, grant, onChange}) {
    this.manifest = manifest;
    this.encoding = manifest.frames.encoding;
    this.onChange = onChange;
    this.layer = new FrameLayer();
    this.overlays = new FrameOverlays({
      url: manifest.overlay_url,
      grant,
      layer: this.layer,
      onFound: () => onChange('overlays'),
      onFailure: (error) => onChange('failure', error),
    });
    /** 0-based frame on screen; -1 until the first one is. Marks belong to this one. */
    this.current = -1;
    this.inverted = false;
    /** @type {Window | null} null for colour frames and before the first frame */
    this.window = null;
    this.presetId = '';
    /** @type {Frame | null} */
    this.shown = null;
    /** @type {ShownPresentation | null} */
    this.presentation = null;
    /** The window that was taken from it last. @type {Window | null} */
    this.followed = null;
  }

  draw() {
    const state = this.presentation?.state;
    const here = state?.frames.includes(this.current) ? state : null;
    const look = {window: this.window, inverted: this.inverted, rescale: here?.modality ?? null, greys: here?.greys ?? null};
    if (this.shown) this.layer.show(this.shown, look);
  }

  /** The window to begin with: the file's, or one from the frame's values. @param {ValuesFrame} frame */
  beginWindow(frame) {
    const first = firstWindow(this.manifest.frames.windows);
    this.presetId = first?.presetId ?? (frame.window ? 'frame' : 'auto');
    this.window = cleanWindow(first?.window ?? frame.window ?? windowFromValues(frame.stored, frame.modality));
    this.onChange('window');
  }

  // ----- window -----

  /**
   * @param {Window} window in rescaled values
   * @param {string} [presetId] which choice it came from
   */
  setWindow(window, presetId = '') {
    if (this.encoding !== 'values') return;
    this.window = cleanWindow(window);
    this.presetId = presetId;
    this.draw();
    this.onChange('window');
  }

  /** Sets the window to the frame's own values, without the few extreme ones. */
  autoWindow() {
    if (this.shown?.kind === 'values') this.setWindow(windowFromValues(this.shown.stored, this.shown.modality), 'auto');
  }

  /** Sets the window to everything that the frame holds. */
  fullRange() {
    if (this.shown?.kind === 'values') this.setWindow(windowFromValues(this.shown.stored, this.shown.modality, 0), 'full');
  }

  /** @param {boolean} inverted */
  setInvert(inverted) {
    if (this.encoding !== 'values') return;
    this.inverted = inverted;
    this.draw();
    this.onChange('window');
  }

  /** @returns {PresetChoice[]} */
  presets() {
    if (this.encoding !== 'values') return [];
    return [
      ...windowPresets(this.manifest),
      {id: 'auto', name: t('Automatic'), center: null, width: null},
      {id: 'full', name: t('Full range'), center: null, width: null},
    ];
  }

  /** @param {string} id of one of `presets()` */
  applyPreset(id) {
    const preset = this.presets().find((candidate) => candidate.id === id);
    if (preset?.id === 'auto') this.autoWindow();
    else if (preset?.id === 'full') this.fullRange();
    else if (preset?.window) {
      this.setWindow({...preset.window, name: preset.name}, id);
    }
  }

  /**
   * @param {Level0Point} point
   * @returns {number | null} rescaled value under a point; null on colour frames and outside
   */
  valueAt([x, y]) {
    return this.shown?.kind === 'values' ? valueAt(this.shown, Math.floor(x), Math.floor(y)) : null;
  }

  /** @param {boolean} visible the drawings that the file holds over its frames */
  showOverlays(visible) {
    this.overlays.show(visible);
    this.onChange('overlays');
  }

  // ----- presentation states -----

  /**
   * Shows the frames as a state says, or as the file itself does. The reader may change the window afterwards.
   * @param {ShownPresentation | null} presentation
   */
  setPresentation(presentation) {
    for (const {bitmap} of this.presentation?.bitmaps ?? []) bitmap.close();
    this.presentation = presentation;
    this.followed = null;
    const {shown} = this;
    const inverse = presentation?.state.inverse ?? null;
    this.inverted = inverse !== null && shown?.kind === 'values' && inverse !== shown.invert;
    if (presentation) this.presetId = PRESENTATION;
    else if (shown?.kind === 'values') this.beginWindow(shown);
    this.layer.setDrawing(presentation && ((context) => {
      presentation.drawing.drawPresentation(context, {...presentation, frame: this.current, size: this.manifest});
    }));
    this.followPresentation();
    this.showOverlays(presentation?.state.image_overlays ?? true);
    this.draw();
    this.onChange('window');
  }

  /** Takes the window that the state names for the frame on screen, unless the reader has chosen another. */
  followPresentation() {
    if (!this.presentation || this.presetId !== PRESENTATION) return;
    const {state, drawing} = this.presentation;
    const voi = state.voi.find((one) => drawing.isFor(one, state, this.current));
    if (!voi || voi.window === this.followed) return;
    this.followed = voi.window;
    this.window = cleanWindow(voi.window);
    this.onChange('window');
  }
}
