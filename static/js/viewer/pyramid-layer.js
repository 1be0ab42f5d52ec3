/** Slides and photographs: tiles in the image's own grid, over its thumbnail so that nothing ever flashes white. */

import {ImageLayer, ImageStatic, ImageTile, TileGrid, TileLayer} from '../../vendor/ol.mjs';
import {ApiError} from '../lib/api.js';
import {hatched} from './hatch.js';
import {cachedTiles, chooseLevel, gridOptions, levelsByZ, shownPart, tileUrl} from './tile-grid.js';

/** @import {Projection} from '../../vendor/ol.mjs' */
/** @import {PixelGrant} from './pixel-grant.js' */
/** @import {Level, Manifest} from './types.js' */

/** @typedef {{name: string, run: (tile: ImageBitmap) => Promise<ImageBitmap>}} Treatment */

/** Beyond this many px of the coarsest level in a screen px, only the thumbnail is drawn: tiles would be countless. */
const MAX_SHRINK_OF_COARSEST = 8;

const AGAIN_AFTER_MS = 1000;

/** Layers with the same name are drawn into one canvas, which spares the browser half of what it copies with each frame. */
const TOGETHER = 'ol-layer';

/** On a canvas of their own: what is done to the picture must not be done to the marks. */
const APART = 'ol-layer viewer-pixels';

/** A tile source that reports failures and can ask again for what failed without a blank moment. */
export class PyramidSource extends ImageTile {
  /**
   * @param {object} options
   * @param {Manifest} options.manifest
   * @param {Projection} options.projection
   * @param {PixelGrant} options.grant
   * @param {(error: unknown) => void} options.onFailure a tile was replaced by hatching
   */
  constructor({manifest, projection, grant, onFailure}) {
    const levels = levelsByZ(manifest.levels);
    super({
      projection,
      tileGrid: new TileGrid(gridOptions(manifest.levels, projection.getExtent())),
      wrapX: false,
      transition: 0,
      zDirection: chooseLevel(globalThis.devicePixelRatio ?? 1),
      loader: (z, column, row, {signal}) => this.load({level: levels[z], column, row, signal}),
    });
    this.template = manifest.tile_url;
    this.grant = grant;
    this.onFailure = onFailure;
    this.attempt = 0;
    this.failed = 0;
    /** @type {Treatment | null} what is done with a tile before it is shown */
    this.treatment = null;
  }

  /**
   * Fetches and decodes one tile off the main thread; a tile that fails is hatched and reported.
   * @param {{level: Level, column: number, row: number, signal?: AbortSignal}} tile
   * @returns {Promise<ImageBitmap>} as large as the grid's tile
   */
  async load({level, column, row, signal}) {
    const [width, height] = [level.tile_width, level.tile_height];
    try {
      const blob = await this.fetch(tileUrl(this.template, {level: level.index, column, row}), signal);
      const shown = shownPart(level, column, row);
      if (shown.whole) return await this.treated(await createImageBitmap(blob));
      // Cut off the padding first, then fill the cell up: OpenLayers would stretch a smaller bitmap over the whole cell.
      const part = await createImageBitmap(blob, 0, 0, shown.width, shown.height);
      const cell = await createImageBitmap(part, 0, 0, width, height);
      part.close();
      return await this.treated(cell);
    } catch (error) {
      if (signal?.aborted) throw error;
      this.failed += 1;
      this.onFailure(error);
      return hatched(width, height);
    }
  }

  /**
   * Fetches a tile; where the server came to grief over it, once more after a moment, so that nobody has to ask for that by hand.
   * @param {string} url
   * @param {AbortSignal} [signal]
   * @returns {Promise<Blob>}
   */
  async fetch(url, signal) {
    try {
      return await (await this.grant.fetch(url, signal)).blob();
    } catch (error) {
      if (signal?.aborted || !(error instanceof ApiError) || error.status < 500) throw error;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS));
      return (await this.grant.fetch(url, signal)).blob();
    }
  }

  /**
   * Shows other channels or another plane; what is on screen stays until the new tiles are there.
   * @param {string} template address of a tile, with places {level} {column} {row}
   */
  setTemplate(template) {
    if (template === this.template) return;
    this.template = template;
    this.#askAnew();
  }

  /** @param {Treatment | null} treatment null: tiles are shown as they come */
  setTreatment(treatment) {
    this.treatment = treatment;
    this.#askAnew();
  }

  #askAnew() {
    this.setKey(`${this.template} ${this.attempt} ${this.treatment?.name ?? ''}`);
  }

  /** @param {ImageBitmap} tile @returns {Promise<ImageBitmap> | ImageBitmap} */
  treated(tile) {
    return this.treatment ? this.treatment.run(tile) : tile;
  }

  /** Asks again for all tiles in view; those that arrived before come from the browser's cache. */
  retry() {
    if (this.failed === 0) return;
    this.failed = 0;
    this.attempt += 1;
    this.#askAnew();
  }
}

/** The tiles. @extends {TileLayer<PyramidSource>} */
class PixelTiles extends TileLayer {
  /** Whether the picture has a canvas of its own. */
  isApart = false;

  /** @override @returns {string} */
  getClassName() {
    return this.isApart ? APART : TOGETHER;
  }

  /**
   * @override
   * @param {any} frameState of the canvas library
   * @param {HTMLElement} target
   * @returns {any}
   */
  render(frameState, target) {
    return named(super.render(frameState, target), this);
  }

  /** @param {boolean} isApart */
  setApart(isApart) {
    if (this.isApart === isApart) return;
    this.isApart = isApart;
    this.changed();
  }
}

/**
 * The layers above share a canvas with this one by its name, which the canvas library sets only when it makes one.
 * @template {HTMLElement | null} Box
 * @param {Box} box @param {{getClassName: () => string}} layer @returns {Box}
 */
function named(box, layer) {
  if (box) box.className = layer.getClassName();
  return box;
}

/** The thumbnail, enlarged, wherever the tiles that were just drawn leave something empty; where they do not, it costs nothing. @extends {ImageLayer<ImageStatic>} */
class Underlay extends ImageLayer {
  /**
   * @param {object} options
   * @param {Manifest} options.manifest
   * @param {Projection} options.projection
   * @param {PixelTiles} options.tiles drawn before, into the same canvas
   */
  constructor({manifest, projection, tiles}) {
    const source = new ImageStatic({url: manifest.thumbnail_url, imageExtent: projection.getExtent(), projection});
    super({source});
    this.tiles = tiles;
    const compose = (/** @type {GlobalCompositeOperation} */ operation) => (/** @type {any} */ {context}) => {
      context.globalCompositeOperation = operation;
    };
    this.on('prerender', compose('destination-over'));
    this.on('postrender', compose('source-over'));
  }

  /** @override @returns {string} */
  getClassName() {
    // The canvas library asks while it makes the layer.
    return this.tiles?.getClassName() ?? TOGETHER;
  }

  /**
   * @override
   * @param {any} frameState of the canvas library
   * @param {HTMLElement} target
   * @returns {HTMLElement | null}
   */
  render(frameState, target) {
    const isCovered = frameState.viewState.resolution < this.tiles.getMaxResolution() && this.tiles.getRenderer()?.renderComplete;
    return isCovered ? null : named(super.render(frameState, target), this);
  }
}

/**
 * Makes the pixel layers of a pyramid, in the order in which they are drawn.
 * @param {object} options
 * @param {Manifest} options.manifest
 * @param {Projection} options.projection
 * @param {PixelGrant} options.grant
 * @param {(error: unknown) => void} options.onFailure
 * @returns {{tiles: PixelTiles, underlay: ImageLayer<ImageStatic>, source: PyramidSource}}
 */
export function pyramidLayers({manifest, projection, grant, onFailure}) {
  const source = new PyramidSource({manifest, projection, grant, onFailure});
  const coarsest = levelsByZ(manifest.levels)[0];
  const tiles = new PixelTiles({
    source,
    preload: Number.POSITIVE_INFINITY,
    cacheSize: cachedTiles(manifest.levels),
    maxResolution: coarsest.downsample * MAX_SHRINK_OF_COARSEST,
  });
  return {tiles, underlay: new Underlay({manifest, projection, tiles}), source};
}
