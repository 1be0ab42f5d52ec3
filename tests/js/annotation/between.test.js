import {readFileSync} from 'node:fs';
import assert from 'node:assert/strict';
import {test} from 'node:test';

import {Between} from '../../../static/js/annotation/tracks/between.js';

/** @type {{name: string, start: any, end: any, between: [number, any][]}[]} */
const vectors = JSON.parse(readFileSync(new URL('../../annotation/tracks/vectors.json', import.meta.url), 'utf-8'));

for (const {name, start, end, between} of vectors) {
  test(`the same between keyframes as on the server: ${name}`, () => {
    const made = new Between(start, end);
    for (const [share, expected] of between) assert.deepEqual(made.at(share), expected);
  });
}

test('what does not change stays as it is', () => {
  const [{start}] = vectors.filter(({name}) => name === 'a ring and a disc');
  assert.deepEqual(new Between(start, structuredClone(start)).at(0.5), start);
});
