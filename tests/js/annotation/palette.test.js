import assert from 'node:assert/strict';
import {test} from 'node:test';

import {fitOf, folded, matching} from '../../../static/js/actions/matching.js';

const ENTRIES = [
  {id: 'image.left', label: '左に回転'},
  {id: 'tool.box', label: '矩形'},
  {id: 'suggestion.show', label: '提案の表示を切り替え'},
  {id: 'read.panel', label: 'パネルの表示を切り替え'},
  {id: 'label.HE-positive', label: 'ＨＥ 陽性 Positive'},
  {id: 'image.fit', label: 'Whole image'},
  {id: 'marks.all', label: 'Select every mark of the frame'},
];

/** @param {string} query @param {string[]} [recent] */
const ids = (query, recent) => matching(query, ENTRIES, recent).map(({id}) => id);

test('case, width and kind of kana make no difference', () => {
  assert.equal(folded('ＨＥ　Ｐｏｓ'), 'he pos');
  assert.equal(folded('ﾊﾟﾈﾙ'), folded('ぱねる'));
  assert.equal(ids('he')[0], 'label.HE-positive');
  assert.deepEqual(ids('ＷＨＯＬＥ'), ['image.fit']);
  assert.deepEqual(ids('ぱねる'), ['read.panel']);
  assert.deepEqual(ids('矩形'), ['tool.box']);
});

test('the English id finds what is labelled in Japanese', () => {
  assert.deepEqual(ids('box'), ['tool.box']);
  assert.deepEqual(ids('TOOL.b'), ['tool.box']);
});

test('words come in any order, and each of them must be there', () => {
  assert.deepEqual(ids('frame every'), ['marks.all']);
  assert.deepEqual(ids('切り替え　提案'), ['suggestion.show']);
  assert.deepEqual(ids('frame never'), []);
});

test('what begins so comes first, then words that begin so, then what holds it', () => {
  const entries = [
    {id: 'c', label: 'Remark'},
    {id: 'b', label: 'Every mark'},
    {id: 'a', label: 'Marks'},
  ];
  assert.deepEqual(matching('mark', entries).map(({id}) => id), ['a', 'b', 'c']);
  assert.deepEqual(entries.map((entry) => fitOf('mark', entry)), [2, 1, 0]);
});

test('an empty field lists everything, the last used ones on top; a better fit comes before a later use', () => {
  assert.deepEqual(ids(' ', ['read.panel', 'gone', 'image.fit']).slice(0, 3), ['read.panel', 'image.fit', 'image.left']);
  assert.equal(ids('').length, ENTRIES.length);
  assert.deepEqual(ids('表示', ['read.panel']), ['read.panel', 'suggestion.show']);
  assert.equal(ids('image', ['image.fit'])[0], 'image.fit');
});

test('signs and surrogates in a query are looked for as they are', () => {
  assert.deepEqual(ids('('), []);
  assert.deepEqual(ids('\ud83d'), []);
  assert.deepEqual(ids('.*'), []);
});
