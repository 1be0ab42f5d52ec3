import assert from 'node:assert/strict';
import {test} from 'node:test';

import {holdersOf, effectiveKeys, refusalOf, withKeys, writesText} from '../../../static/js/actions/bindings.js';
import {KeyConflict, Registry} from '../../../static/js/actions/registry.js';

/** @import {Action} from '../../../static/js/actions/registry.js' */

/** @param {string} id @param {string[]} keys @param {Partial<Action>} [more] @returns {Action} */
const action = (id, keys, more = {}) => ({id, label: id, group: 'marks', keys, run: () => {}, ...more});

const ACTIONS = [
  action('box', ['b']),
  action('redo', ['Ctrl+Shift+Z', 'Ctrl+Y']),
  action('polygon', ['p']),
  action('close', ['Enter'], {context: 'drawing'}),
  action('none', []),
];
const [BOX, REDO, POLYGON, CLOSE] = ACTIONS;

/** @param {Record<string, string[]>} chosen */
const effective = (chosen) => Object.fromEntries(effectiveKeys(ACTIONS, chosen));

test('what a person chose comes before what actions come with, in whichever order they come', () => {
  assert.deepEqual(effective({}), {box: ['b'], redo: ['Ctrl+Shift+Z', 'Ctrl+Y'], polygon: ['p'], close: ['Enter'], none: []});
  assert.deepEqual(effective({polygon: ['b']}).box, []);
  assert.deepEqual(effective({box: ['p']}).polygon, []);
  assert.deepEqual(effective({none: ['Ctrl+Y']}).redo, ['Ctrl+Shift+Z']);
  assert.deepEqual(effective({box: []}).box, []);
});

test('unknown ids are passed over, two choices of one key give it to the first, other contexts do not matter', () => {
  assert.deepEqual(effective({gone: ['b'], __proto__: ['p']}), effective({}));
  assert.deepEqual(effective({box: ['x'], polygon: ['x']}), {...effective({}), box: ['x'], polygon: []});
  assert.deepEqual(effective({box: ['Enter']}), {...effective({}), box: ['Enter']});
});

test('who holds a key is told, and loses nothing but that key when it is taken over', () => {
  assert.deepEqual(holdersOf(ACTIONS, {}, BOX, ['Ctrl+Y']), ['redo']);
  assert.deepEqual(holdersOf(ACTIONS, {}, BOX, ['b']), [], 'its own');
  assert.deepEqual(holdersOf(ACTIONS, {}, CLOSE, ['b']), [], 'another context');
  assert.deepEqual(holdersOf(ACTIONS, {box: ['g']}, POLYGON, ['b']), [], 'free since it was changed');
  const chosen = withKeys(ACTIONS, {gone: ['q']}, BOX, ['Ctrl+Y']);
  assert.deepEqual(chosen, {gone: ['q'], box: ['Ctrl+Y'], redo: ['Ctrl+Shift+Z']});
  assert.deepEqual(effective(chosen).redo, ['Ctrl+Shift+Z']);
});

test('a key that is given back goes to whom it came with; choices that change nothing are not kept', () => {
  const swapped = withKeys(ACTIONS, withKeys(ACTIONS, {}, BOX, ['p']), POLYGON, ['b']);
  assert.deepEqual(swapped, {box: ['p'], polygon: ['b']});
  assert.deepEqual(holdersOf(ACTIONS, swapped, BOX, ['b']), ['polygon']);
  const back = withKeys(ACTIONS, swapped, BOX, null);
  assert.deepEqual(back, {polygon: []});
  assert.deepEqual(withKeys(ACTIONS, back, POLYGON, null), {});
  assert.deepEqual(withKeys(ACTIONS, {redo: ['r']}, REDO, ['Ctrl+Shift+Z', 'Ctrl+Y']), {});
});

test('keys that browsers, input methods and the page need are refused with the reason', () => {
  const refused = {
    browser: ['F5', 'Ctrl+W', 'Ctrl+Shift+T', 'Ctrl+C', 'Ctrl+1', 'Alt+ArrowLeft', 'Ctrl+Tab', 'Alt+F4', 'ContextMenu'],
    'input-method': ['Process', 'ZenkakuHankaku', 'HiraganaKatakana', 'Dead', 'Alt+`', 'Ctrl+Convert'],
    modifier: ['Ctrl+Control', 'Shift+Shift', 'Alt+Alt', 'CapsLock', 'Ctrl+Meta'],
    focus: ['Tab', 'Shift+Tab'],
    leave: ['Escape'],
    pan: ['Space', 'Shift+Space'],
    unknown: ['Unidentified', 'MediaPlayPause', ''],
  };
  for (const [reason, keys] of Object.entries(refused)) for (const key of keys) assert.equal(refusalOf(key), reason, key);
  for (const key of ['b', 'Shift+B', 'Ctrl+S', 'Ctrl+Shift+Z', '+', 'Ctrl+Enter', 'F2', 'PageDown', 'Delete', '?', 'Alt+B', '核']) {
    assert.equal(refusalOf(key), null, key);
  }
});

test('a key that writes or mends text does so while a text is written', () => {
  for (const key of ['b', 'Shift+B', '+', 'Enter', 'Home', 'Ctrl+Z', 'Ctrl+A']) assert.ok(writesText(key), key);
  for (const key of ['Ctrl+S', 'Ctrl+Enter', 'Alt+B', 'F2', 'Ctrl++']) assert.ok(!writesText(key), key);
});

test('a registry applies choices to actions as they are added, and again when they change', () => {
  const registry = new Registry({polygon: ['b'], later: ['p'], gone: ['z']});
  registry.add(BOX);
  assert.equal(registry.find('b')?.id, 'box');
  registry.add(POLYGON, action('later', []));
  assert.equal(registry.find('b')?.id, 'polygon', 'chosen, although another one was there first');
  assert.equal(registry.find('p')?.id, 'later');
  assert.deepEqual(registry.get('box').keys, []);
  assert.ok(registry.isTaken('b', 'workbench'), 'box comes with it');
  assert.deepEqual(BOX.keys, ['b'], 'records are left as they came');
  let told = 0;
  registry.observe(() => (told += 1));
  registry.rebind({});
  assert.equal(told, 1);
  assert.equal(registry.find('b')?.id, 'box');
  assert.equal(registry.find('p')?.id, 'polygon');
});

test('choices never keep a page from opening; actions that collide by themselves still do', () => {
  const registry = new Registry({box: ['p'], polygon: ['p'], redo: ['p']});
  registry.add(...ACTIONS);
  assert.equal(registry.find('p')?.id, 'box');
  assert.throws(() => registry.add(action('other', ['b'])), KeyConflict);
});
