/** The slide's own tile grid in OpenLayers' terms. OpenLayers counts levels from the coarsest, the catalogue from the finest. */

/** @import {Level} from './types.js' */

/**
 * How much a coarser level may be enlarged before the next finer one is fetched. Pyramids step by 4 or 16 as well as
 * by 2; fetching the finer level at once would ask for hundreds of tiles, waiting longer would blur the picture.
 */
export const MAX_ENLARGEMENT = 1.5;

/** Decoded tiles kept in memory. */
const CACHE_BYTES = 192 * 1024 * 1024;

/**
 * @typedef {object} GridOptions
 * @property {number[]} origin top-left corner
 * @property {number[]} extent
 * @property {number[]} resolutions level-0 px per level px, coarsest first
 * @property {number[][]} tileSizes px, per level
 * @property {number[][]} sizes columns and rows, per level
 */

/**
 * Levels from the coarsest to the finest, as OpenLayers counts z. Levels with the same downsample appear once.
 * @param {Level[]} levels
 * @returns {Level[]}
 */
export function levelsByZ(levels) {
  const sorted = [...levels].sort((one, other) => other.downsample - one.downsample || other.index - one.index);
  return sorted.filter((level, z) => z === 0 || level.downsample < sorted[z - 1].downsample);
}

/**
 * Options of `ol/tilegrid/TileGrid` for a list of levels.
 * @param {Level[]} levels
 * @param {number[]} extent of the image
 * @returns {GridOptions}
 */
export function gridOptions(levels, extent) {
  const ordered = levelsByZ(levels);
  return {
    origin: [extent[0], extent[3]],
    extent,
    resolutions: ordered.map((level) => level.downsample),
    tileSizes: ordered.map((level) => [level.tile_width, level.tile_height]),
    sizes: ordered.map((level) => [level.columns, level.rows]),
  };
}

/**
 * Decides between two neighbouring levels, in the form OpenLayers wants it: positive takes the coarser one.
 * @param {number} pixelRatio device px per CSS px
 * @returns {(resolution: number, coarser: number, finer: number) => number}
 */
export function chooseLevel(pixelRatio) {
  return (resolution, coarser) => (coarser <= (resolution / pixelRatio) * MAX_ENLARGEMENT ? 1 : -1);
}

/**
 * Fills a tile address. The server counts levels from the finest.
 * @param {string} template with {level} {column} {row}
 * @param {{level: number, column: number, row: number}} address
 * @returns {string}
 */
export function tileUrl(template, {level, column, row}) {
  return template
    .replace('{level}', String(level))
    .replace('{column}', String(column))
    .replace('{row}', String(row));
}

/**
 * How many decoded tiles fit the memory set aside for them.
 * @param {Level[]} levels
 * @returns {number}
 */
export function cachedTiles(levels) {
  const largest = Math.max(...levels.map((level) => level.tile_width * level.tile_height * 4));
  return Math.min(1024, Math.max(48, Math.floor(CACHE_BYTES / largest)));
}

/**
 * How much of a tile shows the image. In the last column and row the rest of the cell lies beyond the level: a rendered
 * tile ends there, a stored one goes on with padding that must not be seen.
 * @param {Level} level
 * @param {number} column
 * @param {number} row
 * @returns {{width: number, height: number, whole: boolean}} px of the level; whole where that is the full cell
 */
export function shownPart(level, column, row) {
  const width = Math.min(level.tile_width, level.width - column * level.tile_width);
  const height = Math.min(level.tile_height, level.height - row * level.tile_height);
  return {width, height, whole: width === level.tile_width && height === level.tile_height};
}
