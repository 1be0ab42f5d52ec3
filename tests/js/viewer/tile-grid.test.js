import assert from 'node:assert/strict';
import {test} from 'node:test';

import {TileGrid} from '../../../static/vendor/ol.mjs';
import {cachedTiles, chooseLevel, gridOptions, levelsByZ, shownPart, tileUrl} from '../../../static/js/viewer/tile-grid.js';

/**
 * @param {number} index
 * @param {number} downsample
 * @param {number} tile
 */
function level(index, downsample, tile, width = 4404, height = 2200) {
  const [w, h] = [Math.ceil(width / downsample), Math.ceil(height / downsample)];
  return {
    index, downsample, width: w, height: h, tile_width: tile, tile_height: tile, columns: Math.ceil(w / tile), rows: Math.ceil(h / tile),
  };
}

/** A pyramid that steps by 4, each level with a tile size of its own. */
const GAPPED = [level(0, 1, 256), level(1, 4, 512), level(2, 16, 240)];
const EXTENT = [0, -2200, 4404, 0];

test('OpenLayers counts from the coarsest level, whatever order the levels come in', () => {
  assert.deepEqual(levelsByZ([GAPPED[1], GAPPED[0], GAPPED[2]]).map(({index}) => index), [2, 1, 0]);
});

test('levels that were added between come behind the slide\'s own and find their place by downsample', () => {
  const completed = [...GAPPED, level(3, 2, 256), level(4, 8, 256)];
  assert.deepEqual(levelsByZ(completed).map(({index}) => index), [2, 4, 1, 3, 0]);
  assert.deepEqual(gridOptions(completed, EXTENT).resolutions, [16, 8, 4, 2, 1]);
  const grid = new TileGrid(gridOptions(completed, EXTENT));
  assert.equal(levelsByZ(completed)[grid.getZForResolution(2, chooseLevel(1))].index, 3);
});

test('two levels of one downsample would make a grid that OpenLayers refuses: one is kept', () => {
  assert.deepEqual(levelsByZ([level(0, 1, 256), level(1, 1, 256), level(2, 2, 256)]).map(({downsample}) => downsample), [2, 1]);
});

test('the grid keeps each level its own tile size and count', () => {
  const options = gridOptions(GAPPED, EXTENT);
  assert.deepEqual(options.resolutions, [16, 4, 1]);
  assert.deepEqual(options.tileSizes, [[240, 240], [512, 512], [256, 256]]);
  assert.deepEqual(options.sizes, [[2, 1], [3, 2], [18, 9]]);
  assert.deepEqual(options.origin, [0, 0]);
});

test('a tile of the grid covers the level-0 pixels that the server cuts for it', () => {
  const grid = new TileGrid(gridOptions(GAPPED, EXTENT));
  assert.deepEqual(grid.getTileCoordExtent([2, 3, 1]), [768, -512, 1024, -256]);
  assert.deepEqual(grid.getTileCoordExtent([1, 1, 0]), [2048, -2048, 4096, 0]);
  const range = grid.getFullTileRange(2);
  assert.deepEqual([range?.minX, range?.maxX, range?.minY, range?.maxY], [0, 17, 0, 8]);
});

test('a coarser level is taken while it is enlarged by half at most', () => {
  const grid = new TileGrid(gridOptions(GAPPED, EXTENT));
  const zAt = (/** @type {number} */ resolution, ratio = 1) => grid.getZForResolution(resolution, chooseLevel(ratio));
  assert.equal(zAt(1), 2);
  assert.equal(zAt(2.6), 2);
  assert.equal(zAt(2.7), 1);
  assert.equal(zAt(4), 1);
  assert.equal(zAt(10), 1);
  assert.equal(zAt(11), 0);
  assert.equal(zAt(0.1), 2);
  assert.equal(zAt(100), 0);
  assert.equal(zAt(3.9), 1);
  assert.equal(zAt(3.9, 2), 2, 'a screen with twice the pixels needs the finer level');
});

test('addresses count levels from the finest', () => {
  assert.equal(tileUrl('/pixels/a/1/tiles/{level}/{column}/{row}', {level: 2, column: 3, row: 4}), '/pixels/a/1/tiles/2/3/4');
});

test('only the last column and row are clipped', () => {
  assert.deepEqual(shownPart(GAPPED[0], 16, 7), {width: 256, height: 256, whole: true});
  assert.deepEqual(shownPart(GAPPED[0], 17, 0), {width: 4404 - 17 * 256, height: 256, whole: false});
  assert.deepEqual(shownPart(GAPPED[0], 17, 8), {width: 4404 - 17 * 256, height: 2200 - 8 * 256, whole: false});
});

test('larger tiles, fewer of them', () => {
  assert.equal(cachedTiles([level(0, 1, 256)]), 768);
  assert.equal(cachedTiles([level(0, 1, 256), level(1, 2, 512)]), 192);
  assert.equal(cachedTiles([level(0, 1, 4096)]), 48);
});
