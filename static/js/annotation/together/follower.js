/** Lets one's view go where another's goes, until one moves oneself. It never takes the image out of the reader's hand. */

import {motionMs} from '../../viewer/navigation.js';
import {between, isSameView} from './following.js';

/** @import {Viewer, ViewState} from '../../viewer/viewer.js' */
/** @import {View} from './following.js' */

/** As long as it takes until the next place is told, so that one way goes over into the other. */
const WAY_MS = 120;

export class Follower {
  /** @param {Viewer} viewer @param {() => void} onMoved the reader moved: following is over */
  constructor(viewer, onMoved) {
    this.viewer = viewer;
    this.onMoved = onMoved;
    /** @type {{from: View, to: View, at: number} | null} the way that is being gone */
    this.way = null;
    /** @type {View | null} where the last step led */
    this.led = null;
    /** @type {number | null} the frame that was last gone to */
    this.frame = null;
    this.isStepping = false;
    this.raf = 0;
    // What is still gliding from before is no word of the reader's.
    viewer.view.cancelAnimations();
    this.stopListening = viewer.onChange(({kind}) => this.#changed(kind));
  }

  /** @param {ViewState} place */
  goTo({frame, ...to}) {
    const {frames} = this.viewer;
    if (frame !== null && frames && frame < frames.count && frame !== this.frame) {
      this.frame = frame;
      this.isStepping = true;
      void frames.setFrame(frame);
      this.isStepping = false;
    }
    // Somebody who did not look for a while goes to the newest place at once.
    const ms = document.visibilityState === 'visible' ? motionMs(WAY_MS) : 0;
    if (ms === 0) {
      this.way = null;
      this.#step(to);
      return;
    }
    this.way = {from: this.viewer.navigation.state(), to, at: performance.now()};
    cancelAnimationFrame(this.raf);
    this.raf = requestAnimationFrame(() => this.#walk());
  }

  #walk() {
    if (!this.way) return;
    const {view} = this.viewer;
    if (view.getAnimating() || view.getInteracting()) {
      this.onMoved();
      return;
    }
    const {from, to, at} = this.way;
    const share = Math.min(1, (performance.now() - at) / WAY_MS);
    this.#step(between(from, to, share));
    if (share < 1) this.raf = requestAnimationFrame(() => this.#walk());
    else this.way = null;
  }

  /** @param {View} to */
  #step(to) {
    this.isStepping = true;
    this.viewer.navigation.goTo(to);
    this.isStepping = false;
    // Where the view could not go quite there (the edge, the smallest pixel), it is where it should be all the same.
    this.led = this.viewer.navigation.state();
  }

  /** @param {string} kind */
  #changed(kind) {
    if (this.isStepping) return;
    const {navigation, frames} = this.viewer;
    const isTurned = kind === 'view' && this.led !== null && !isSameView(navigation.state(), this.led);
    const isLeafed = (kind === 'frame' || kind === 'loading') && this.frame !== null && frames?.wanted !== this.frame;
    if (isTurned || isLeafed) this.onMoved();
  }

  stop() {
    this.way = null;
    cancelAnimationFrame(this.raf);
    this.stopListening();
  }
}
