/** What a reader does to the cells of a layer, by the hundred thousand. */

import {t} from '../../lib/i18n.js';
import {newId} from '../ids.js';

/** @import {CellChange} from '../cells/work/overlay.js' */
/** @import {Operation} from '../types.js' */
/** @import {ChangeSet, Store} from '../store.js' */

/** The server takes 100,000 runs and a megabyte at once. */
export const RUNS_A_CHANGE = 60_000;

/** @typedef {{layerId: string, runs: number[]}[]} ChosenCells */

/**
 * @param {Store} store @param {ChosenCells} chosen
 * @param {{kind: 'relabel', label: string} | {kind: 'accept' | 'delete'}} what
 * @returns {ChangeSet | null}
 */
export function changeCells(store, chosen, what) {
  const names = {relabel: t('Relabel cells'), accept: t('Accept cells'), delete: t('Delete cells')};
  const cells = chosen.flatMap(({layerId, runs}) => parted(runs).map((part) => ({id: newId(), layerId, ...what, cells: part})));
  return store.commit('local', {name: names[what.kind], cells});
}

/** @param {string} layerId @param {string} undoes @returns {CellChange} */
export const undoOf = (layerId, undoes) => ({id: newId(), layerId, kind: 'undo', undoes});

/**
 * A list of runs in parts that can be sent; a part counts from 0 again.
 * @param {readonly number[]} runs @param {number} [most] runs in a part
 * @returns {number[][]}
 */
export function parted(runs, most = RUNS_A_CHANGE) {
  /** @type {number[][]} */
  const parts = [];
  let end = 0;
  for (let from = 0; from < runs.length; from += 2 * most) {
    const part = runs.slice(from, from + 2 * most);
    const length = part.reduce((sum, number) => sum + number, 0);
    part[0] += end;
    parts.push(part);
    end += length;
  }
  return parts;
}

/** @param {CellChange} change @returns {NonNullable<Operation['change']>} as the server takes it */
export function changeToSend({kind, label, cells, undoes}) {
  if (kind === 'undo') return {kind, undoes: /** @type {string} */ (undoes)};
  return kind === 'relabel' ? {kind, cells: [...(cells ?? [])], label: label ?? ''} : {kind, cells: [...(cells ?? [])]};
}

/** @param {Operation} operation of the verb `cells` @returns {CellChange} as it is shown */
export function changeOfOperation({operation_id, layer_id, change}) {
  return {id: operation_id, layerId: layer_id ?? '', kind: change?.kind ?? 'accept', ...change};
}

/**
 * @typedef {{operation_id: string, layer_id: string, sequence: number, kind: CellChange['kind'], label: string, cells: number[],
 *   undoes: string | null}} ToldChange
 *
 * @param {ToldChange} told
 * @returns {CellChange} as the server tells it
 */
export function changeOfServer({operation_id, layer_id, sequence, kind, label, cells, undoes}) {
  return {id: operation_id, layerId: layer_id, sequence, kind, label, cells, undoes};
}
