import assert from 'node:assert/strict';
import {test} from 'node:test';

import {withDrafts} from '../../../static/js/societies/drafts.js';

test('drafts are asked for, and not any more', () => {
  const plain = '/api/campaigns/1/export/?format=coco';
  assert.equal(withDrafts(plain, true), `${plain}&drafts=1`);
  assert.equal(withDrafts(withDrafts(plain, true), true), `${plain}&drafts=1`);
  assert.equal(withDrafts(withDrafts(plain, true), false), plain);
});
