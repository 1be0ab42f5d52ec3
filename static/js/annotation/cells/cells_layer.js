/** Shows cells over the image: bitmaps from the worker, as tiles of the canvas library. */

import {TileLayer} from '../../../vendor/ol.mjs';
import {fromOl} from '../../viewer/geometry.js';
import {RenewedTiles} from '../render/renewed_tiles.js';
import {TileShelf} from '../render/tile_shelf.js';

/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {CellsClient} from './client.js' */
/** @import {Extent, Place} from '../render/tile_shelf.js' */

/** Small, so that little is drawn beside the view, and little again where one cell changed. */
const SIDE_PX = 256;
const CACHED_TILES = 480;
/** Tiles that come one by one are shown together after this long: each time, the whole canvas is drawn. */
const TOGETHER_MS = 80;
/** Views that are being drawn at once; more, and the canvas library forgets the tiles that are shown until the new ones are there. */
const MOST_UNFINISHED = 2;

export class CellsLayer {
  /**
   * @param {object} parts
   * @param {Viewer} parts.viewer
   * @param {CellsClient} parts.client
   * @param {() => void} parts.onProgress tiles came, or did not
   */
  constructor({viewer, client, onProgress}) {
    this.client = client;
    this.viewer = viewer;
    this.coming = 0;
    /** Views that are drawn before they are shown. */
    this.ahead = 0;
    /** @type {(() => void)[]} tiles that are drawn and wait to be shown with others */
    this.drawn = [];
    this.failed = 0;
    /** Number of the state that was told last. */
    this.state = 0;
    this.unfinished = 0;
    /** @type {Extent[] | null} where cells look different from what is shown; null: everywhere */
    this.changed = [];
    /** @type {TileShelf<HTMLCanvasElement>} */
    this.shelf = new TileShelf((place, canvas) => this.#draw(place, canvas));
    /** @type {WeakSet<HTMLCanvasElement>} tiles that the canvas library has */
    this.given = new WeakSet();
    /** Whether the canvas library may have tiles, out of view, that show what is no more. */
    this.isOld = false;
    /** Of the view when it changed last; level-0 px a screen px. */
    this.resolution = 0;
    this.source = new RenewedTiles({viewer, side: SIDE_PX, load: (place) => this.#load(place)});
    this.layer = new TileLayer({source: this.source, cacheSize: CACHED_TILES});
    this.onProgress = onProgress;
    viewer.addLayer(this.layer);
    /** Lets go of the view; the layer itself is for whoever has it to take out. */
    this.stop = viewer.onChange(({kind}) => {
      if (kind === 'view') this.#onView();
    });
  }

  #onView() {
    if (this.isOld) this.#askAnew();
    const {view, map} = this.viewer;
    const [resolution, centre, size] = [view.getResolution(), view.getCenter(), map.getSize()];
    if (!resolution || !centre || !size) return;
    const isNearing = resolution < this.resolution;
    this.resolution = resolution;
    if (!isNearing || !view.getAnimating()) return;
    // On its way to a higher power, mostly twice as high: the canvas library asks for tiles when it has arrived.
    const [x, y] = fromOl(centre);
    const [width, height] = size.map((side) => (side * resolution) / 4);
    this.client.tell({tell: 'ahead', extent: [x - width, y - height, x + width, y + height]});
  }

  /** @param {Place} place @param {HTMLCanvasElement | null} canvas that shows it as it was @returns {Promise<{tile: HTMLCanvasElement, state: number}>} */
  async #draw(place, canvas) {
    const {tile, state} = await this.client.ask('tile', place);
    const shown = canvas ?? Object.assign(document.createElement('canvas'), {width: place.side, height: place.side});
    shown.getContext('bitmaprenderer')?.transferFromImageBitmap(tile);
    return {tile: shown, state};
  }

  /** @returns {boolean} whether there is more to come */
  get isDrawing() {
    return this.coming > 0 || this.ahead > 0;
  }

  /** @returns {Place[]} the tiles that are seen */
  #inView() {
    const {view, map} = this.viewer;
    const {grid} = this.source;
    const [resolution, size] = [view.getResolution(), map.getSize()];
    if (!resolution || !size) return [];
    /** @type {Place[]} */
    const places = [];
    const z = grid.getZForResolution(resolution);
    grid.forEachTileCoord(view.calculateExtent(size), z, ([, column, row]) => places.push(this.source.place(z, column, row)));
    return places;
  }

  /** @param {Place} place @returns {Promise<HTMLCanvasElement>} */
  async #load(place) {
    this.coming += 1;
    this.onProgress();
    try {
      const tile = await this.shelf.get(place);
      this.given.add(tile);
      await this.#together();
      return tile;
    } catch (error) {
      this.failed += 1;
      throw error;
    } finally {
      this.coming -= 1;
      if (!this.isDrawing) this.#onComplete();
      this.onProgress();
    }
  }

  /** @returns {Promise<void>} when this tile may be shown: with all that are coming, or with those that came within a moment */
  #together() {
    return new Promise((resolve) => {
      this.drawn.push(resolve);
      if (this.drawn.length === this.coming) this.#show();
      else this.timer ??= setTimeout(() => this.#show(), TOGETHER_MS);
    });
  }

  #show() {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const resolve of this.drawn.splice(0)) resolve();
  }

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer = undefined;

  #onComplete() {
    performance.mark('mitate:cells-complete');
    this.unfinished = 0;
    this.#renew();
  }

  /** Draws everything in view anew. */
  refresh() {
    // What could not be drawn is not with the canvas library either.
    if (this.failed > 0) this.given = new WeakSet();
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
    this.isOld = true;
    void this.#drawInView();
  }

  /** Draws what is seen, and shows it when all of it is there. */
  async #drawInView() {
    this.ahead += 1;
    this.onProgress();
    const tiles = await Promise.allSettled(this.#inView().map((place) => this.shelf.get(place)));
    this.ahead -= 1;
    if (tiles.length > 0 && tiles.every((tile) => tile.status === 'fulfilled' && this.given.has(tile.value))) {
      // The canvas library has these very tiles: to ask for them again would take it several frames.
      this.layer.changed();
      if (!this.isDrawing) this.#onComplete();
      this.onProgress();
    } else {
      this.#askAnew();
    }
  }

  /** What is there stays until the answers are. */
  #askAnew() {
    this.isOld = false;
    this.source.renew();
  }
}
