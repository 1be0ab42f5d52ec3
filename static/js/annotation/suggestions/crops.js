/** Small pictures of places of the image, cut from its own tiles or frames: what the film strip shows. */

import {levelsByZ} from '../../viewer/tile-grid.js';
import {applyTable, fillTable, makeTable} from '../../viewer/voi.js';
import {boundsOf, ringsOf} from '../outline.js';

/** @import {ValuesFrame} from '../../viewer/frame-decode.js' */
/** @import {FrameStack} from '../../viewer/frame-stack.js' */
/** @import {Level} from '../../viewer/types.js' */
/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {Geometry} from '../types.js' */

/** @typedef {{x: number, y: number, side: number}} Square level-0 px */

const TILE_BYTES = 48 * 1024 * 1024;
/** A crop is this many times as wide as what it is about: without its surroundings a nucleus is a blot. */
const SURROUNDINGS = 2.2;
/** No smaller than this; level-0 px. */
const SMALLEST_SIDE = 40;

/** @param {Geometry} geometry @returns {Square} around its middle */
export function squareAround(geometry) {
  const [x, y, width, height] = boundsOf(geometry);
  const side = Math.max(Math.max(width, height) * SURROUNDINGS, SMALLEST_SIDE);
  return {x: x + width / 2 - side / 2, y: y + height / 2 - side / 2, side};
}

/**
 * @param {Level[]} levels @param {number} side level-0 px @param {number} px of the picture
 * @returns {Level} the coarsest one that is fine enough
 */
export function levelFor(levels, side, px) {
  const ordered = levelsByZ(levels);
  return ordered.find(({downsample}) => side / downsample >= px) ?? ordered[ordered.length - 1];
}

/**
 * @param {Level} level @param {Square} square
 * @returns {{column: number, row: number}[]} the tiles that a square lies on
 */
export function tilesUnder(level, {x, y, side}) {
  const [width, height] = [level.tile_width * level.downsample, level.tile_height * level.downsample];
  const range = (/** @type {number} */ from, /** @type {number} */ step, /** @type {number} */ count) => {
    const [first, last] = [Math.max(0, Math.floor(from / step)), Math.min(count - 1, Math.floor((from + side) / step))];
    return Array.from({length: Math.max(last - first + 1, 0)}, (_, i) => first + i);
  };
  return range(y, height, level.rows).flatMap((row) => range(x, width, level.columns).map((column) => ({column, row})));
}

export class Crops {
  /** @param {Viewer} viewer */
  constructor(viewer) {
    this.viewer = viewer;
    /** @type {Map<string, Promise<ImageBitmap>>} those used longest ago first */
    this.tiles = new Map();
    this.table = makeTable();
    /** @type {{key: unknown[], picture: OffscreenCanvas} | null} the frame of grey values that crops were cut from last */
    this.grey = null;
  }

  /**
   * @param {HTMLCanvasElement} canvas square
   * @param {{geometry: Geometry, frame: number | null}} place
   * @param {string} colour of the outline
   * @param {() => boolean} isWanted asked after each wait
   */
  async draw(canvas, {geometry, frame}, colour, isWanted) {
    const square = squareAround(geometry);
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    const scale = canvas.width / square.side;
    const place = () => context.setTransform(scale, 0, 0, scale, -square.x * scale, -square.y * scale);
    if (this.viewer.tiles) await this.#drawTiles(context, square, place, isWanted);
    else await this.#drawFrame(context, frame ?? 0, place, isWanted);
    if (!isWanted()) return;
    place();
    outline(context, geometry, colour, scale);
  }

  /** @param {CanvasRenderingContext2D} context @param {Square} square @param {() => void} place @param {() => boolean} isWanted */
  async #drawTiles(context, square, place, isWanted) {
    const level = levelFor(this.viewer.manifest.levels, square.side, context.canvas.width);
    const [width, height] = [level.tile_width * level.downsample, level.tile_height * level.downsample];
    for (const {column, row} of tilesUnder(level, square)) {
      const tile = await this.#tile(level, column, row);
      if (!isWanted()) return;
      place();
      context.drawImage(tile, column * width, row * height, width, height);
    }
  }

  /** @param {Level} level @param {number} column @param {number} row @returns {Promise<ImageBitmap>} */
  #tile(level, column, row) {
    const source = /** @type {NonNullable<Viewer['tiles']>} */ (this.viewer.tiles);
    const key = `${source.getKey()} ${level.index} ${column} ${row}`;
    const tile = this.tiles.get(key) ?? source.load({level, column, row});
    this.tiles.delete(key);
    this.tiles.set(key, tile);
    const most = Math.max(8, Math.floor(TILE_BYTES / (level.tile_width * level.tile_height * 4)));
    for (const other of [...this.tiles.keys()].slice(0, Math.max(this.tiles.size - most, 0))) this.tiles.delete(other);
    return tile;
  }

  /** @param {CanvasRenderingContext2D} context @param {number} number @param {() => void} place @param {() => boolean} isWanted */
  async #drawFrame(context, number, place, isWanted) {
    const {frames} = this.viewer;
    if (!frames || frames.encoding === 'planes') return;
    const stack = /** @type {FrameStack} */ (frames);
    const frame = await stack.loader.load(number, stack.neighbours());
    if (!isWanted()) return;
    place();
    if (frame.kind === 'colour') {
      context.drawImage(frame.bitmap, 0, 0);
      return;
    }
    const key = [frame, stack.window, stack.inverted];
    if (!this.grey || key.some((part, at) => part !== this.grey?.key[at])) this.grey = {key, picture: this.#greyOf(frame, stack)};
    context.drawImage(this.grey.picture, 0, 0);
  }

  /** @param {ValuesFrame} frame @param {FrameStack} stack @returns {OffscreenCanvas} */
  #greyOf(frame, stack) {
    fillTable(this.table, frame.modality, stack.window ?? {center: 0, width: 1}, frame.invert !== stack.inverted, null);
    const pixels = new ImageData(frame.columns, frame.rows);
    applyTable(frame.stored, this.table, new Uint32Array(pixels.data.buffer));
    const picture = new OffscreenCanvas(frame.columns, frame.rows);
    /** @type {OffscreenCanvasRenderingContext2D} */ (picture.getContext('2d')).putImageData(pixels, 0, 0);
    return picture;
  }
}

/** @param {CanvasRenderingContext2D} context in level-0 px @param {Geometry} geometry @param {string} colour @param {number} scale */
function outline(context, geometry, colour, scale) {
  context.beginPath();
  for (const ring of ringsOf(geometry)) {
    ring.forEach(([x, y], i) => (i === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
  }
  for (const [style, width] of /** @type {[string, number][]} */ ([['rgba(0, 0, 0, 0.55)', 2.5], [colour, 1]])) {
    context.strokeStyle = style;
    context.lineWidth = width / scale;
    context.stroke();
  }
}
