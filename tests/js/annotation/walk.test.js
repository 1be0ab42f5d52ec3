import assert from 'node:assert/strict';
import {test} from 'node:test';
import {IDBFactory} from 'fake-indexeddb';

import {Coverage, SQUARE_PX, freePart, pack, tissueOf, unpack} from '../../../static/js/annotation/walk/coverage.js';
import {paint} from '../../../static/js/annotation/walk/coverage_map.js';
import {KeptWalks} from '../../../static/js/annotation/walk/kept_walks.js';

/** Ten squares across and six down at four level-0 px per screen px; the last ones are cut by the image's edge. */
const IMAGE = {width: 10 * SQUARE_PX * 4 - 30, height: 6 * SQUARE_PX * 4 - 30};

/** @param {number} left @param {number} top @param {number} right @param {number} bottom */
const screen = (left, top, right, bottom) => [[left, top], [right, top], [right, bottom], [left, bottom]];

test('a square counts when all of it lay on the screen', () => {
  const coverage = new Coverage(IMAGE, 4);
  const {side} = coverage;
  assert.deepEqual([coverage.columns, coverage.rows], [10, 6]);
  assert.equal(coverage.note(screen(0, 0, 2.9 * side, 1.9 * side)), true);
  assert.deepEqual(coverage.counts, {seen: 2, wanted: 60});
  assert.equal(coverage.note(screen(0, 0, 2.9 * side, 1.9 * side)), false, 'nothing new');
  coverage.note(screen(-500, -500, 2 * side - 0.4, side));
  assert.equal(coverage.counts.seen, 2);
  coverage.note(screen(-side, -side, 20 * side, 20 * side));
  assert.equal(coverage.share, 1);
});

test('a turned screen covers less', () => {
  const coverage = new Coverage({width: 6400, height: 6400}, 10);
  const {side} = coverage;
  const [x, y, reach] = [5 * side, 5 * side, 3 * side];
  coverage.note([[x, y - reach], [x + reach, y], [x, y + reach], [x - reach, y]]);
  // A diamond of 18 squares holds 12 whole ones.
  assert.equal(coverage.counts.seen, 12);
});

test('a walk goes there and back over all that is wanted, and each field can be seen at once', () => {
  const coverage = new Coverage(IMAGE, 4);
  const room = {width: 4 * SQUARE_PX + 20, height: 2 * SQUARE_PX + 50};
  const fields = coverage.fields(room);
  assert.deepEqual(fields.map(({column, row}) => [column, row]), [[0, 0], [4, 0], [8, 0], [8, 2], [4, 2], [0, 2], [0, 4], [4, 4], [8, 4]]);
  for (const field of fields) {
    assert.equal(coverage.isOpen(field), true);
    const [x, y] = coverage.middleOf(field);
    const [halfWidth, halfHeight] = [(room.width * 4) / 2, (room.height * 4) / 2];
    coverage.note(screen(x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight));
    assert.equal(coverage.isOpen(field), false);
  }
  assert.equal(coverage.share, 1);
  assert.equal(coverage.fields({width: 1, height: 1}).length, 60, 'a field is never empty');
});

test('glass is left out, with a margin around whatever is not glass', () => {
  const coverage = new Coverage({width: 6400, height: 6400}, 10);
  const data = new Uint8ClampedArray(20 * 20 * 4).fill(245);
  const at = (10 * 20 + 10) * 4;
  data.set([210, 150, 190, 255], at);
  const wanted = tissueOf({width: 20, height: 20, data}, coverage);
  assert.equal(wanted.reduce((sum, one) => sum + one, 0), 9);
  assert.equal(wanted[5 * 10 + 5], 1);
  const tissue = new Coverage({width: 6400, height: 6400}, 10, {wanted});
  assert.equal(tissue.fields({width: 640, height: 64}).length, 3);
  tissue.note(screen(0, 0, 6400, 6400));
  assert.deepEqual(tissue.counts, {seen: 9, wanted: 9});
});

test('what panels lie over is not free', () => {
  const all = {left: 0, top: 0, right: 1000, bottom: 800};
  const bar = {left: 0, top: 0, right: 300, bottom: 40};
  const overview = {left: 830, top: 100, right: 1000, bottom: 300};
  assert.deepEqual(freePart(all, []), all);
  assert.deepEqual(freePart(all, [bar, overview]), {left: 0, top: 40, right: 830, bottom: 800});
  assert.deepEqual(freePart(all, [{left: 2000, top: 0, right: 2100, bottom: 40}]), all);
});

test('what was seen is kept, eight squares to a byte', async () => {
  const coverage = new Coverage(IMAGE, 4);
  coverage.note(screen(0, 0, 5.2 * coverage.side, 3.2 * coverage.side));
  const packed = pack(coverage.seen);
  assert.equal(packed.length, 8);
  const factory = new IDBFactory();
  const kept = new KeptWalks({userId: '7', subjectId: 'a', factory});
  assert.equal(await kept.read(), null);
  assert.equal(await kept.write({magnification: 10, tissueOnly: true, place: [1, 2], seen: {10: packed}}), true);
  assert.equal(await new KeptWalks({userId: '8', subjectId: 'a', factory}).read(), null, 'of another reader');
  const read = await new KeptWalks({userId: '7', subjectId: 'a', factory}).read();
  assert.deepEqual(unpack(read?.seen[10] ?? new Uint8Array(), 60), coverage.seen);
  assert.equal(new Coverage(IMAGE, 4, {seen: unpack(packed, 60)}).counts.seen, 15);
  assert.equal(new Coverage(IMAGE, 8, {seen: unpack(packed, 60)}).counts.seen, 0, 'of another magnification');
});

test('a pixel of the overview is green only when nothing below it is left', () => {
  const coverage = new Coverage({width: 640 * 4, height: 640}, 10, {wanted: Uint8Array.from([1, 1, 1, 0])});
  coverage.seen.set([1, 1, 0, 0]);
  const pixels = new Uint32Array(2);
  paint(coverage, 2, 1, pixels);
  assert.notEqual(pixels[0], 0);
  assert.equal(pixels[1], 0, 'one of its two squares is open');
  const fine = new Uint32Array(8);
  paint(coverage, 8, 1, fine);
  assert.equal(new Set(fine).size, 3, 'seen, open, left out');
});
