/** The planes of focus and the moments of a slide: which one is shown. To tools it is what frames are to a stack. */

import {t} from '../lib/i18n.js';

/** @import {Planes} from './types.js' */

export class PlaneStack {
  /**
   * @param {object} options
   * @param {Planes} options.planes
   * @param {() => void} options.onChange another plane is shown
   */
  constructor({planes, onChange}) {
    this.planes = planes;
    this.count = planes.count;
    this.encoding = /** @type {'planes'} */ ('planes');
    this.onChange = onChange;
    /** 0-based plane on screen: moment * z + focus. Marks belong to this one. */
    this.current = planes.first;
    this.failed = false;
    this.playing = false;
    /** Tiles of a plane that was left are gone with it, so what is on screen is the plane that marks belong to. */
    this.settled = true;
  }

  get wanted() {
    return this.current;
  }

  /** @returns {number} 0-based */
  get focus() {
    return this.current % this.planes.z;
  }

  /** @returns {number} 0-based */
  get moment() {
    return Math.floor(this.current / this.planes.z);
  }

  /**
   * @param {number} plane 0-based, brought into range
   * @returns {Promise<boolean>}
   */
  async setFrame(plane) {
    const wanted = Math.min(this.count - 1, Math.max(0, Math.round(plane)));
    if (wanted !== this.current) {
      this.current = wanted;
      this.onChange();
    }
    return true;
  }

  /** @param {number} focus 0-based @param {number} [moment] 0-based @returns {Promise<boolean>} */
  setFocus(focus, moment = this.moment) {
    const within = Math.min(this.planes.z - 1, Math.max(0, Math.round(focus)));
    return this.setFrame(moment * this.planes.z + within);
  }

  /** @param {number} delta planes of focus, or moments where there is one plane of focus @returns {Promise<boolean>} */
  step(delta) {
    return this.planes.z > 1 ? this.setFocus(this.focus + delta) : this.setFrame(this.current + delta);
  }

  /** @param {number} plane 0-based @returns {string} what people call it */
  nameOf(plane) {
    const {z, t: moments} = this.planes;
    const [focus, moment] = [(plane % z) + 1, Math.floor(plane / z) + 1];
    if (moments < 2) return t('Focus {focus}', {focus});
    return z < 2 ? t('Time {moment}', {moment}) : t('Focus {focus}, time {moment}', {focus, moment});
  }

  /** @returns {number | null} micrometres from the first plane of focus, where the file says it */
  get depthUm() {
    return this.planes.z_step_um === null ? null : this.focus * this.planes.z_step_um;
  }

  /** @returns {null} the pixels on screen are a picture, not values */
  valueAt() {
    return null;
  }

  retry() {
    // Tiles ask again by themselves.
  }

  dispose() {
    this.onChange = () => {};
  }
}
