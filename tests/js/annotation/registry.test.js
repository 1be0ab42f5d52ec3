import assert from 'node:assert/strict';
import {test} from 'node:test';

import {KeyConflict, Registry, keyCaps, keyOf, keyText} from '../../../static/js/actions/registry.js';
import {addWorkbenchActions} from '../../../static/js/annotation/workbench_actions.js';
import {fieldsOf} from '../../../static/js/annotation/form/model.js';
import {withChords} from '../../../static/js/annotation/label_actions.js';
import {History} from '../../../static/js/annotation/history.js';
import {MarkingRules} from '../../../static/js/annotation/marking_rules.js';
import {Store} from '../../../static/js/annotation/store.js';
import {Workspace} from '../../../static/js/annotation/workspace.js';
import {campaignOf} from './campaign.js';

/** @import {Action} from '../../../static/js/actions/registry.js' */

/** @param {Partial<KeyboardEvent>} parts */
const stroke = (parts) => keyOf({key: '', ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...parts});

/** @param {Partial<Action>} parts @returns {Action} */
const action = (parts) => ({id: 'a', label: 'A', group: 'marks', run: () => {}, ...parts});

test('key strokes are written one way', () => {
  assert.equal(stroke({key: 'B'}), 'b', 'caps lock changes nothing');
  assert.equal(stroke({key: 'P', shiftKey: true}), 'Shift+P');
  assert.equal(stroke({key: 'z', ctrlKey: true}), 'Ctrl+Z');
  assert.equal(stroke({key: 'Z', metaKey: true, shiftKey: true}), 'Ctrl+Shift+Z');
  assert.equal(stroke({key: '?', shiftKey: true}), '?');
  assert.equal(stroke({key: '+', shiftKey: true}), '+');
  assert.equal(stroke({key: 'Tab', shiftKey: true}), 'Shift+Tab');
  assert.equal(stroke({key: ' '}), 'Space');
  assert.deepEqual(keyCaps('Ctrl+Shift+Z'), ['Ctrl', 'Shift', 'Z']);
  assert.deepEqual(keyCaps('+'), ['+']);
});

test('a key has one meaning in a context; the inner context comes first', () => {
  const registry = new Registry();
  let isDrawing = true;
  registry.add(action({id: 'submit', keys: ['Enter']}), action({id: 'close', keys: ['Enter'], context: 'drawing', when: () => isDrawing}));
  assert.equal(registry.find('Enter')?.id, 'close');
  isDrawing = false;
  assert.equal(registry.find('Enter')?.id, 'submit');
  assert.throws(() => registry.add(action({id: 'other', keys: ['Enter']})), KeyConflict);
});

test('a key may have to be followed by another; what it means alone in an inner context comes first', () => {
  const registry = new Registry();
  let isDrawing = false;
  registry.add(
    action({id: 'tenth', keys: ['0 1'], context: 'labels'}),
    action({id: 'eleventh', keys: ['0 2'], context: 'labels'}),
    action({id: 'fit', keys: ['0']}),
    action({id: 'zero', keys: ['0'], context: 'drawing', when: () => isDrawing}),
  );
  assert.equal(registry.find('0'), null);
  assert.equal(registry.isBeginning('0'), true);
  assert.deepEqual(registry.following('0').map(({key, action: {id}}) => [key, id]), [['1', 'tenth'], ['2', 'eleventh']]);
  assert.equal(registry.find('0 2')?.id, 'eleventh');
  assert.equal(registry.isBeginning('1'), false);
  isDrawing = true;
  assert.equal(registry.find('0')?.id, 'zero');
  assert.equal(registry.isBeginning('0'), false);
  assert.deepEqual([keyCaps('0 1'), keyText('Ctrl+Z'), keyText('0 1')], [['0', '1'], 'Ctrl + Z', '0 1']);
});

test('labels without a key get two, counted on from nine', () => {
  const place = /** @type {const} */ ({group: 'labels', context: 'labels', label: '', run: () => {}});
  const labels = ['a', 'b', 'c'].map((code, at) => ({...place, id: `label.${code}`, keys: at === 0 ? ['1'] : []}));
  const others = [{...place, id: 'form.eye.R', keys: []}];
  const keysOf = (/** @type {any[]} */ actions) => actions.map(({keys}) => keys);
  assert.deepEqual(keysOf(withChords([...labels, ...others], new Registry())), [['1'], ['0 1'], ['0 2'], []]);
  const taken = [...labels, {...place, id: 'label.zero', keys: ['0']}];
  assert.deepEqual(keysOf(withChords(taken, new Registry())), [['1'], ['/ 1'], ['/ 2'], ['0']], 'zero is a label itself');
  const both = [...taken, {...place, id: 'label.other', keys: ['/']}];
  assert.deepEqual(keysOf(withChords(both, new Registry())).slice(0, 3), [['1'], [], []], 'so is the other key that could come first');
});

for (const kind of /** @type {const} */ (['marking', 'diagnosis'])) {
  test(`no two actions of a ${kind} campaign share a key in the same context`, () => {
    const registry = fullRegistry(kind);
    assert.ok(registry.actions.size > 25);
    /** @type {Map<string, string>} */
    const seen = new Map();
    for (const {id, keys = [], context = 'workbench'} of registry.actions.values()) {
      for (const key of keys) {
        assert.equal(seen.get(`${context} ${key}`), undefined, `${key} in ${context}`);
        seen.set(`${context} ${key}`, id);
      }
    }
  });

  test(`every action of a ${kind} campaign says what it does, and every group is on the help sheet`, () => {
    const groups = new Set(['image', 'tools', 'marks', 'labels', 'suggestions', 'read', 'drawing']);
    for (const {id, label, group} of fullRegistry(kind).actions.values()) {
      assert.ok((typeof label === 'function' ? label() : label).length > 0, id);
      assert.ok(groups.has(group), id);
    }
  });
}

test('a label key that is taken is given out once', () => {
  const registry = fullRegistry('marking');
  const holders = [...registry.actions.values()].filter(({context, keys}) => context === 'labels' && keys?.includes('1'));
  assert.equal(holders.length, 1);
});

test('Enter submits where there is nothing but a diagnosis, and nowhere else', () => {
  assert.ok(fullRegistry('diagnosis').isTaken('Enter', 'workbench'));
  assert.ok(!fullRegistry('marking').isTaken('Enter', 'workbench'));
});

/** @param {'marking' | 'diagnosis'} kind @returns {Registry} */
function fullRegistry(kind) {
  const registry = new Registry();
  const campaign = campaignOf(kind);
  const store = new Store();
  const parts = {
    session: {store, history: new History(store), read: {state: 'open', reader: {id: 1}}},
    viewer: {frames: {count: 3}},
    workspace: new Workspace({canWrite: true}),
    rules: new MarkingRules(campaign),
    review: {open: [], diagnoses: [], current: null, total: 0},
    fields: campaign.form ? fieldsOf(campaign.form.schema, campaign.form.ui) : [],
    diagnosis: () => null,
  };
  addWorkbenchActions(registry, /** @type {any} */ (parts));
  return registry;
}
