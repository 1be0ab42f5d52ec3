/** Offsets of terms: code points as documents count them, whatever the browser counts. */

import assert from 'node:assert/strict';
import {test} from 'node:test';

import {cut, find, pieces, pointsOf, trimmed} from '../../../static/js/annotation/report/spans.js';

const TEXT = '右下葉に𠮟12mmの結節。\n結節なし。';

test('UTF-16 units become code points', () => {
  assert.equal(pointsOf(TEXT, 0), 0);
  assert.equal(pointsOf(TEXT, 4), 4);
  assert.equal(pointsOf(TEXT, 6), 5, 'behind the kanji of two units');
  assert.equal(pointsOf(TEXT, TEXT.length), Array.from(TEXT).length);
});

test('words are found, then the next place, then the first again', () => {
  const first = find(TEXT, '結節');
  assert.ok(first);
  assert.equal(cut(TEXT, first), '結節');
  const second = find(TEXT, '結節', first.start);
  assert.ok(second && second.start > first.start);
  assert.equal(cut(TEXT, second), '結節');
  assert.deepEqual(find(TEXT, '結節', second.start), first);
  assert.equal(find(TEXT, '胸水'), null);
  assert.equal(find(TEXT, ''), null);
});

test('blanks at both ends are no part of a term', () => {
  assert.deepEqual(trimmed(' 結節\n', {start: 0, end: 4}), {start: 1, end: 3});
  assert.equal(trimmed(' \n', {start: 0, end: 2}), null);
});

test('terms that overlap are all seen, and no word is lost', () => {
  const terms = [
    {start: 0, end: 5, name: 'place'},
    {start: 3, end: 8, name: 'size'},
    {start: 90, end: 95, name: 'of another text'},
  ];
  const parts = pieces(TEXT, terms);
  assert.equal(parts.map(({text}) => text).join(''), TEXT);
  assert.deepEqual(
    parts.map(({terms: on}) => on.map(({name}) => name)),
    [['place'], ['place', 'size'], ['size'], []],
  );
});
