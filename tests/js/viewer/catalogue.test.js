import assert from 'node:assert/strict';
import {readFileSync, readdirSync} from 'node:fs';
import {test} from 'node:test';

const ROOT = new URL('../../../', import.meta.url);
const CATALOGUE = new URL('locale/viewer/ja/LC_MESSAGES/djangojs.po', ROOT);

/** @returns {Map<string, string>} */
function translations() {
  const text = readFileSync(CATALOGUE, 'utf8');
  return new Map([...text.matchAll(/^msgid "(.+)"\nmsgstr "(.*)"$/gm)].map(([, msgid, msgstr]) => [msgid, msgstr]));
}

/**
 * @param {string[]} folders
 * @returns {Set<string>} every text that the modules there show
 */
function usedTexts(folders) {
  const files = folders.flatMap((folder) =>
    readdirSync(new URL(folder, ROOT), {recursive: true, encoding: 'utf8'}).map((name) => folder + name));
  const used = files.filter((file) => file.endsWith('.js')).flatMap((file) => {
    const source = readFileSync(new URL(file, ROOT), 'utf8').replace(/^\s*\*.*$/gm, '');
    return [...source.matchAll(/\bt\('([^']+)'|msgid: '([^']+)'/g)].map(([, called, listed]) => called ?? listed);
  });
  return new Set(used);
}

test('every text of the viewer has a Japanese one with the same places', () => {
  const known = translations();
  const used = usedTexts(['static/js/lib/', 'static/js/viewer/']);
  assert.ok(used.size > 40);
  for (const text of used) {
    const japanese = known.get(text) ?? '';
    assert.notEqual(japanese, '', `no Japanese for: ${text}`);
    const places = (/** @type {string} */ from) => [...from.matchAll(/\{\w+\}/g)].map(String).sort();
    assert.deepEqual(places(japanese), places(text), text);
  }
});

test('the catalogue holds nothing that is no longer shown', () => {
  // Pages of the viewer's own, such as the upload, lie with the other pages.
  const used = usedTexts(['static/js/lib/', 'static/js/viewer/', 'static/js/pages/']);
  assert.deepEqual([...translations().keys()].filter((msgid) => !used.has(msgid)), []);
});
