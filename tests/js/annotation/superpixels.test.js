import assert from 'node:assert/strict';
import {test} from 'node:test';

import {areaOf} from '../../../static/js/annotation/regions.js';
import {maskOf, pixelsOfOutlines} from '../../../static/js/annotation/masks/pixels.js';
import {pixelCount} from '../../../static/js/annotation/masks/tiles.js';
import {spanOf} from '../../../static/js/annotation/tools/screen_frame.js';
import {Segments} from '../../../static/js/annotation/tools/superpixel/segments.js';
import {superpixelTool} from '../../../static/js/annotation/tools/superpixel/tool.js';
import {superpixels} from '../../../static/js/annotation/tools/superpixel/work/slic.js';

/** @import {SuperpixelHost} from '../../../static/js/annotation/tools/superpixel/host.js' */

const [WIDTH, HEIGHT] = [160, 120];

/** A dark disc on a light ground, with grain. */
function disc() {
  const data = new Uint8ClampedArray(4 * WIDTH * HEIGHT);
  for (let at = 0; at < WIDTH * HEIGHT; at += 1) {
    const isIn = isInDisc(at % WIDTH, Math.floor(at / WIDTH));
    data.fill((isIn ? 60 : 200) + ((at * 7919) % 13), 4 * at, 4 * at + 3);
    data[4 * at + 3] = 255;
  }
  return {data, width: WIDTH, height: HEIGHT};
}

/** @param {number} x @param {number} y */
const isInDisc = (x, y) => (x - 80) ** 2 + (y - 60) ** 2 < 40 ** 2;
/** @type {(y: number) => [number, number]} */
const everywhere = () => [0, WIDTH];
const found = superpixels(disc(), 16, everywhere);
const frame = {origin: /** @type {[number, number]} */ ([100, 200]), across: /** @type {[number, number]} */ ([2, 0]), down: /** @type {[number, number]} */ ([0, 2]), image: {width: 1000, height: 1000}};
const segments = new Segments({...found, width: WIDTH, height: HEIGHT}, frame);

test('superpixels cover everything, hang together, and keep to the borders of what is seen', () => {
  assert.ok(found.count > 40 && found.count < 130, String(found.count));
  assert.ok(found.labels.every((label) => label >= 0 && label < found.count));
  let astray = 0;
  for (let label = 0; label < found.count; label += 1) {
    let [inside, outside] = [0, 0];
    found.labels.forEach((each, at) => {
      if (each !== label) return;
      if (isInDisc(at % WIDTH, Math.floor(at / WIDTH))) inside += 1;
      else outside += 1;
    });
    assert.ok(inside + outside > 0);
    assert.ok(segments.region(new Set([label])).length === 1, 'one part');
    astray += Math.min(inside, outside);
  }
  assert.ok(astray < 0.01 * WIDTH * HEIGHT, `${astray} px on the wrong side`);
});

test('nothing beside the image belongs to a superpixel', () => {
  const half = superpixels(disc(), 16, (y) => (y < 60 ? [30, 100] : [0, 0]));
  half.labels.forEach((label, at) => assert.equal(label >= 0, at % WIDTH >= 30 && at % WIDTH < 100 && at < 60 * WIDTH));
  assert.equal(superpixels(disc(), 16, () => [0, 0]).count, 0);
});

test('the rows of a turned screen', () => {
  const turned = {...frame, origin: /** @type {[number, number]} */ ([0, 0]), across: /** @type {[number, number]} */ ([0, 1]), down: /** @type {[number, number]} */ ([-1, 0])};
  assert.deepEqual(spanOf({...turned, image: {width: 10, height: 20}}, -5, 40), [0, 20]);
  assert.deepEqual(spanOf({...turned, image: {width: 10, height: 20}}, 5, 40), [0, 0]);
});

test('a way touches what lies on it, and its pixels are exactly those of the screen', () => {
  const touched = segments.between([60, 60], [100, 60]);
  assert.ok(touched.size >= 2);
  const screen = found.labels.filter((label) => touched.has(label)).length;
  const mask = maskOf(pixelsOfOutlines(segments.exactRings(touched)));
  assert.ok(mask && mask !== 'too-large');
  assert.equal(pixelCount(mask), 4 * screen, 'four level-0 px for a screen px');
  const region = segments.region(touched);
  assert.ok(Math.abs(areaOf(region) / (4 * screen) - 1) < 0.03);
  assert.equal(segments.at([-1, 5]), -1);
  assert.equal(segments.region(new Set()).length, 0);
});

test('two superpixels beside each other share no pixel and leave none between', () => {
  const [one, other] = [...segments.between([60, 60], [100, 60])].slice(0, 2).map((label) => new Set([label]));
  const count = (/** @type {Set<number>} */ labels) => pixelCount(/** @type {any} */ (maskOf(pixelsOfOutlines(segments.exactRings(labels)))));
  assert.equal(count(one) + count(other), count(new Set([...one, ...other])));
});

function fakeHost() {
  const log = {
    said: '',
    isReady: true,
    /** @type {any} */ target: null,
    /** @type {any[]} */ done: [],
  };
  /** @type {SuperpixelHost} */
  const host = {
    prepare: () => {},
    isReady: () => log.isReady,
    obstacle: () => null,
    target: () => log.target,
    say: (text) => (log.said = text ?? ''),
    begin: (kind) => log.done.push(['begin', kind]),
    end: () => log.done.push(['end']),
    point: () => {},
    touch: (from, to, kind) => log.done.push(['touch', from, to, kind]),
    finish: (kind) => log.done.push(['finish', kind]),
    clear: () => log.done.push(['clear']),
  };
  return {log, host};
}

/** @param {number} x @param {object} [more] @returns {any} */
const at = (x, more = {}) => ({point: [x, 5], pixel: [x, 5], pointer: 'mouse', shift: false, alt: false, ctrl: false, path: [[x, 5]], ...more});

test('a drag paints once, Alt erases, Escape gives it up', () => {
  const {log, host} = fakeHost();
  const tool = superpixelTool(host);
  assert.equal(tool.handle('down', at(1)), true);
  tool.handle('move', at(4));
  tool.handle('up', at(6));
  assert.deepEqual(log.done, [['begin', 'new'], ['touch', [1, 5], [1, 5], 'new'], ['touch', [1, 5], [4, 5], 'new'], ['touch', [4, 5], [6, 5], 'new'], ['finish', 'new'], ['clear'], ['end']]); // prettier-ignore
  assert.equal(tool.handle('down', at(1, {alt: true})), false);
  assert.match(log.said, /Select the region/);
  log.target = {isIn: (/** @type {number[]} */ [x]) => x < 3, region: null};
  const kinds = [at(1), at(5), at(5, {shift: true}), at(1, {alt: true})].map((event) => {
    log.done = [];
    tool.handle('down', event);
    tool.handle('cancel');
    return [log.done[0][1], log.done.some(([what]) => what === 'finish')];
  });
  assert.deepEqual(kinds, [['extend', false], ['new', false], ['extend', false], ['erase', false]]); // prettier-ignore
  log.isReady = false;
  assert.equal(tool.handle('down', at(1)), false);
});
