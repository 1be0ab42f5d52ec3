import assert from 'node:assert/strict';
import {test} from 'node:test';

import {parseLabelMap} from '../../../static/js/societies/label_map.js';

test('one line a label, blanks around the sign do not count', () => {
  assert.deepEqual(parseLabelMap('nucleus = tumour-cell\n  polyp=lesion  '), {nucleus: 'tumour-cell', polyp: 'lesion'});
});

test('a line without a sign means the same word, empty lines mean nothing', () => {
  assert.deepEqual(parseLabelMap('\npolyp\n\nulcer =\n'), {polyp: 'polyp', ulcer: 'ulcer'});
  assert.deepEqual(parseLabelMap(''), {});
});
