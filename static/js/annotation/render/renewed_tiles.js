/** Tiles that the page draws itself, and may want drawn anew. */

import {ImageTile} from '../../../vendor/ol.mjs';

/** @import {View} from '../../../vendor/ol.mjs' */

export class RenewedTiles extends ImageTile {
  version = 0;
  /** @type {View | null} */
  view = null;

  /** Asks for everything in view anew; what is there stays until then. */
  renew() {
    this.version += 1;
    this.setKey(String(this.version));
  }

  /**
   * Whether tiles are smoothed where they are drawn smaller or larger than they are. On the way from one magnification to another they are
   * not: it takes longer than all else of a frame, and nobody sees it.
   * @override
   * @returns {boolean}
   */
  getInterpolate() {
    return !this.view?.getAnimating();
  }
}
