/** Tiles that the page draws itself, and may want drawn anew. */

import {ImageTile, TileGrid} from '../../../vendor/ol.mjs';

/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {Place} from './tile_shelf.js' */

/** Steps so small that what is drawn is never enlarged to where it looks coarse. */
const STEP = Math.SQRT2;
const FINEST = 0.25;

export class RenewedTiles extends ImageTile {
  /**
   * @param {object} options
   * @param {Viewer} options.viewer
   * @param {number} options.side px of a tile
   * @param {(place: Place) => Promise<ImageBitmap | HTMLCanvasElement>} options.load
   */
  constructor({viewer: {view, manifest}, side, load}) {
    const projection = view.getProjection();
    const extent = projection.getExtent();
    /** @type {number[]} */
    const resolutions = [];
    const coarsest = Math.max(manifest.width, manifest.height) / 64;
    for (let resolution = FINEST; resolution < coarsest * STEP; resolution *= STEP) resolutions.unshift(resolution);
    const grid = new TileGrid({extent, origin: [extent[0], extent[3]], resolutions, tileSize: side});
    super({projection, tileGrid: grid, wrapX: false, transition: 0, loader: (z, column, row) => load(this.place(z, column, row))});
    this.view = view;
    this.grid = grid;
    this.side = side;
    this.version = 0;
  }

  /** @param {number} z @param {number} column @param {number} row @returns {Place} */
  place(z, column, row) {
    const {side} = this;
    const resolution = this.grid.getResolution(z);
    return {left: column * side * resolution, top: row * side * resolution, resolution, side};
  }

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
