import assert from 'node:assert/strict';
import {test} from 'node:test';

import {NotFetched, fetchTheRest, later} from '../../../static/js/lib/later.js';

test('what is fetched later is fetched once, and again after it failed', async () => {
  let loads = 0;
  let isOnline = false;
  const get = later(async () => {
    loads += 1;
    if (!isOnline) throw new TypeError('Failed to fetch dynamically imported module');
    return {value: 7};
  });
  await assert.rejects(get(), NotFetched);
  isOnline = true;
  const [one, other] = await Promise.all([get(), get()]);
  assert.deepEqual([one, other, loads], [{value: 7}, {value: 7}, 2]);
});

test('the rest comes one after the other, and nothing stops at what fails', async () => {
  /** @type {string[]} */
  const order = [];
  const names = ['first', 'broken', 'last'];
  const getters = names.map((name) =>
    later(async () => {
      order.push(name);
      if (name === 'broken') throw new TypeError('no line');
      return name;
    }),
  );
  await fetchTheRest();
  assert.deepEqual(order, names);
  assert.equal(await getters[2](), 'last');
  assert.deepEqual(order, names, 'what is here is not fetched again');
});
