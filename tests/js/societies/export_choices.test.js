import assert from 'node:assert/strict';
import test from 'node:test';

import {lacking, withChoices} from '../../../static/js/societies/export_choices.js';

test('the address of an export follows the choices', () => {
  const plain = '/api/campaigns/1/export/?format=coco';
  assert.equal(withChoices(plain, {drafts: true}), `${plain}&drafts=1`);
  assert.equal(withChoices(withChoices(plain, {drafts: true}), {drafts: true}), `${plain}&drafts=1`);
  assert.equal(withChoices(withChoices(plain, {drafts: true}), {drafts: false}), plain);
  const both = withChoices(plain, {drafts: false, required: ['holes', 'text']});
  assert.equal(both, `${plain}&require=holes&require=text`);
  assert.equal(withChoices(both, {drafts: false, required: ['text']}), `${plain}&require=text`);
});

test('a label map is named in the address, and what to do with labels that it does not know', () => {
  const plain = '/api/campaigns/1/export/?format=coco';
  const mapped = withChoices(plain, {drafts: false, labelMap: 'jsp-few@1.0'});
  assert.equal(mapped, `${plain}&label_map=jsp-few%401.0`);
  assert.equal(withChoices(mapped, {drafts: false, labelMap: 'jsp-few@1.0', dropUnmapped: true}), `${mapped}&unmapped=drop`);
  assert.equal(withChoices(mapped, {drafts: false, dropUnmapped: true}), plain, 'without a map there is nothing to leave out');
});

test('what a format never holds is named in the order of the choice', () => {
  assert.deepEqual(lacking('points holes', ['holes', 'text', 'points']), ['holes', 'points']);
  assert.deepEqual(lacking('', ['holes']), []);
});
