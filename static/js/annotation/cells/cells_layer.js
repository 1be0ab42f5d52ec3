/** Shows cells over the image: bitmaps from the worker, as tiles of the canvas library. */

import {ImageTile, TileGrid, TileLayer} from '../../../vendor/ol.mjs';
import {TileShelf} from '../render/tile_shelf.js';

/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {CellsClient} from './client.js' */
/** @import {Extent} from '../render/tile_shelf.js' */

const SIDE_PX = 512;
/** Steps so small that a tile is never enlarged to where it looks coarse. */
const STEP = Math.SQRT2;
const FINEST = 0.25;
const CACHED_TILES = 160;
/** Views that are being drawn at once; more, and the canvas library forgets the tiles that are shown until the new ones are there. */
const MOST_UNFINISHED = 2;

class CellTiles extends ImageTile {
  version = 0;

  /** Asks for everything in view anew; what is there stays until then. */
  renew() {
    this.version += 1;
    this.setKey(String(this.version));
  }
}

export class CellsLayer {
  /**
   * @param {object} parts
   * @param {Viewer} parts.viewer
   * @param {CellsClient} parts.client
   * @param {() => void} parts.onProgress tiles came, or did not
   */
  constructor({viewer, client, onProgress}) {
    this.client = client;
    this.coming = 0;
    this.failed = 0;
    /** Number of the state that was told last. */
    this.state = 0;
    this.unfinished = 0;
    /** @type {Extent[] | null} where cells look different from what is shown; null: everywhere */
    this.changed = [];
    /** @type {TileShelf<ImageBitmap>} */
    this.shelf = new TileShelf((place) => client.ask('tile', place));
    const projection = viewer.view.getProjection();
    const extent = projection.getExtent();
    /** @type {number[]} */
    const resolutions = [];
    const coarsest = Math.max(viewer.manifest.width, viewer.manifest.height) / 64;
    for (let resolution = FINEST; resolution < coarsest * STEP; resolution *= STEP) resolutions.unshift(resolution);
    this.source = new CellTiles({
      projection,
      tileGrid: new TileGrid({extent, origin: [extent[0], extent[3]], resolutions, tileSize: SIDE_PX}),
      wrapX: false,
      transition: 0,
      loader: (z, column, row) => this.#load(resolutions[z], column, row),
    });
    this.layer = new TileLayer({source: this.source, cacheSize: CACHED_TILES});
    this.onProgress = onProgress;
    viewer.addLayer(this.layer);
  }

  /** @param {number} resolution @param {number} column @param {number} row @returns {Promise<ImageBitmap>} */
  async #load(resolution, column, row) {
    const place = {left: column * SIDE_PX * resolution, top: row * SIDE_PX * resolution};
    this.coming += 1;
    this.onProgress();
    try {
      return await this.shelf.get({...place, resolution, side: SIDE_PX});
    } catch (error) {
      this.failed += 1;
      throw error;
    } finally {
      this.coming -= 1;
      if (this.coming === 0) this.#onComplete();
      this.onProgress();
    }
  }

  #onComplete() {
    performance.mark('mitate:cells-complete');
    this.unfinished = 0;
    this.#renew();
  }

  /** Draws everything in view anew. */
  refresh() {
    this.failed = 0;
    this.changed = null;
    this.#renewSoon();
  }

  /** Draws anew what lies in some places only. @param {readonly Extent[]} extents */
  redraw(extents) {
    this.changed?.push(...extents);
    this.#renewSoon();
  }

  #renewSoon() {
    // A slider says more in a second than can be drawn: the last word is drawn when what is being drawn is there.
    if (this.unfinished < MOST_UNFINISHED) this.#renew();
  }

  #renew() {
    if (this.changed?.length === 0) return;
    this.state += 1;
    this.unfinished += 1;
    this.client.tell({tell: 'state', state: this.state});
    this.shelf.expire(this.changed, this.state);
    this.changed = [];
    this.source.renew();
  }
}
