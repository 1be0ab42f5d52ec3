/** Has the shapes of a layer drawn as a crowd while there are very many of them. */

import {later} from '../../lib/later.js';

/** @import {Feature, Style, VectorLayer, VectorSource} from '../../../vendor/ol.mjs' */
/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {Crowd} from './crowd.js' */

/** From here on a vector layer takes longer than a frame; half as many, and it does not any more. */
export const CROWD = 1_000;
const fetchCrowd = later(() => import('./crowd.js'));

export class Gathering {
  /**
   * @param {object} parts
   * @param {Viewer} parts.viewer
   * @param {VectorLayer} parts.layer draws what is no crowd, and of a crowd what is drawn by itself
   * @param {VectorSource} parts.source all shapes
   * @param {(feature: Feature, resolution: number) => Style[]} parts.styleOf
   * @param {() => Iterable<string>} [parts.alone] shapes that are drawn by themselves now
   */
  constructor({viewer, layer, source, styleOf, alone = () => []}) {
    this.parts = {viewer, layer, source, styleOf};
    this.alone = alone;
    /** @type {Crowd | null} */
    this.crowd = null;
    this.isGathering = false;
  }

  /** Shapes become a crowd, or cease to be one. */
  look() {
    const {layer, source} = this.parts;
    const count = source.getFeatures().length;
    if (this.crowd && count < CROWD / 2) this.stop();
    if (this.crowd || this.isGathering || count <= CROWD) return;
    this.isGathering = true;
    // Else all of them would be drawn one by one once before that.
    layer.setSource(null);
    fetchCrowd()
      .then(({Crowd}) => {
        this.crowd = new Crowd(this.parts);
        this.leave();
      })
      .catch(() => layer.setSource(source))
      .finally(() => {
        this.isGathering = false;
      });
  }

  /** What is drawn by itself has changed. */
  leave() {
    this.crowd?.leave(this.alone());
  }

  /** What all shapes look like has changed. */
  restyle() {
    this.crowd?.refresh();
    this.parts.layer.changed();
  }

  stop() {
    this.crowd?.stop();
    this.crowd = null;
  }
}
