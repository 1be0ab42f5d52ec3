/** How the picture is shown: tone, one stain alone, a grid. Lasts as long as the page; what is not neutral is said on the image. */

import {svg} from '../../lib/dom.js';
import {GridLayer} from './grid-layer.js';
import {STAINS, stainTreatment} from './stains.js';
import {NEUTRAL, isNeutral, tableValues} from './tone.js';

/** @import {Viewer} from '../viewer.js' */
/** @import {Stain} from './stains.js' */
/** @import {Tone} from './tone.js' */

const FILTER = 'viewer-tone';

export class Look {
  /** @param {Viewer} viewer */
  constructor(viewer) {
    this.viewer = viewer;
    /** @type {Tone} */
    this.tone = NEUTRAL;
    /** @type {Stain | null} */
    this.stain = null;
    /** @type {GridLayer | null} */
    this.grid = null;
    /** @type {Set<() => void>} */
    this.listeners = new Set();
    this.functions = ['feFuncR', 'feFuncG', 'feFuncB'].map((name) => svg(/** @type {'feFuncR'} */ (name), {type: 'table'}));
    const transfer = svg('feComponentTransfer', {}, ...this.functions);
    // sRGB: the table is for the values as they are stored, not for light.
    const filter = svg('filter', {id: FILTER, 'color-interpolation-filters': 'sRGB', x: 0, y: 0, width: 1, height: 1}, transfer);
    viewer.stage.element.append(svg('svg', {class: 'viewer-filters', width: 0, height: 0, 'aria-hidden': 'true'}, filter));
  }

  /** Grey values have a window in place of a tone. */
  get hasTone() {
    return this.viewer.frames?.encoding !== 'values';
  }

  /** Stains are those of slides; channels are no stains. */
  get hasStains() {
    const {kind, channels} = this.viewer.manifest;
    return kind === 'slide' && !channels && this.viewer.tiles !== undefined;
  }

  /** Nothing but what the file holds is on the screen. */
  get isPlain() {
    return isNeutral(this.tone) && this.stain === null;
  }

  /** @param {() => void} listener */
  observe(listener) {
    this.listeners.add(listener);
  }

  /** @param {Partial<Tone>} part */
  setTone(part) {
    this.tone = {...this.tone, ...part};
    const values = tableValues(this.tone);
    for (const one of this.functions) one.setAttribute('tableValues', values);
    this.viewer.picture?.setApart(!isNeutral(this.tone));
    this.viewer.canvas.style.setProperty('--tone', isNeutral(this.tone) ? 'none' : `url(#${FILTER})`);
    this.#changed();
  }

  /** @param {Stain | null} stain null: the picture as it is */
  setStain(stain) {
    this.stain = stain;
    this.viewer.tiles?.setTreatment(stain && {name: stain, run: stainTreatment(stain)});
    // The thumbnail below the tiles is not separated, and would shine through where tiles are on their way.
    this.viewer.underlay?.setVisible(stain === null);
    this.#changed();
  }

  /** One stain after the other, then all of them again. */
  nextStain() {
    const at = this.stain === null ? -1 : STAINS.indexOf(this.stain);
    this.setStain(STAINS[at + 1] ?? null);
  }

  /** @param {boolean} isShown */
  showGrid(isShown) {
    if (this.grid) this.viewer.removeLayer(this.grid);
    this.grid = isShown ? new GridLayer(this.viewer.manifest) : null;
    if (this.grid) this.viewer.addLayer(this.grid);
    this.#changed();
  }

  reset() {
    this.setTone(NEUTRAL);
    if (this.stain !== null) this.setStain(null);
  }

  #changed() {
    for (const listener of this.listeners) listener();
  }
}
