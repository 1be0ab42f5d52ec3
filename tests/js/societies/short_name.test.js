import assert from 'node:assert/strict';
import {test} from 'node:test';

import {shortName} from '../../../static/js/societies/short_name.js';

test('letters and digits stay, everything else becomes one hyphen', () => {
  assert.equal(shortName('Colon & Rectum (2026)'), 'colon-rectum-2026');
  assert.equal(shortName('  Étude  Nº 3 '), 'etude-no-3');
});

test('full-width letters count, kanji do not', () => {
  assert.equal(shortName('大腸 ＣＦ ２０２６年度'), 'cf-2026');
  assert.equal(shortName('皮膚'), '');
});

test('it is cut at 31 characters and never ends in a hyphen', () => {
  assert.equal(shortName(`${'a'.repeat(30)} bcd`), 'a'.repeat(30));
  assert.equal(shortName('x'.repeat(50)).length, 31);
});
