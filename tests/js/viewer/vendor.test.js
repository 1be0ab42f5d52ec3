import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {readFileSync, readdirSync} from 'node:fs';
import {test} from 'node:test';

const VENDOR = new URL('../../../static/vendor/', import.meta.url);

/** @returns {[hash: string, name: string][]} */
function lock() {
  const lines = readFileSync(new URL('vendor.lock', VENDOR), 'utf8').trimEnd().split('\n');
  return lines.map((line) => [line.slice(0, 64), line.slice(66)]);
}

test('vendored files are byte for byte what was built', () => {
  for (const [hash, name] of lock()) {
    const bytes = readFileSync(new URL(name, VENDOR));
    assert.equal(createHash('sha256').update(bytes).digest('hex'), hash, `${name} was edited: change src/ and run npm run vendor`);
  }
});

test('nothing lies in the vendor folder that the lock does not name', () => {
  const files = readdirSync(VENDOR, {withFileTypes: true}).filter((entry) => entry.isFile()).map(({name}) => name);
  assert.deepEqual(files.filter((name) => name !== 'vendor.lock').sort(), lock().map(([, name]) => name).sort());
});

test('vendored modules reach out to nobody', () => {
  for (const [, name] of lock().filter(([, file]) => file.endsWith('.mjs'))) {
    const text = readFileSync(new URL(name, VENDOR), 'utf8');
    const hosts = [...text.matchAll(/https?:\/\/([\w.-]+)/g)].map(([, host]) => host);
    const names = hosts.filter((host) => !['www.w3.org', 'www.opengis.net', 'openlayers.org'].includes(host));
    assert.deepEqual(names, [], `${name} names other hosts`);
  }
});
