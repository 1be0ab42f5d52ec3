/** What is shown of each cell of a layer, reckoned once after a change and not by every tile and question anew. */

import {DELETED, UNTOUCHED} from './overlay.js';
import {BYTES} from './table.js';

/** @import {Overlay} from './overlay.js' */
/** @import {CellTable} from './table.js' */
/** @import {Filter} from './layer_work.js' */

/**
 * @param {object} from what
 * @param {CellTable} from.table
 * @param {Overlay} from.overlay
 * @param {readonly number[]} from.own places of the layer's labels among all
 * @param {Filter} from.filter
 * @param {Int16Array} labels place of each cell's label, -1 where it is not shown; filled in from the first to the last cell
 * @param {number} [first]
 * @param {number} [end] the first one that is not meant
 */
export function reckonLabels({table: {bytes}, overlay: {given, flags}, own, filter: {visible, threshold}}, labels, first = 0, end = labels.length) {
  const ofGiven = Int16Array.from({length: 256}, (_, place) => (visible[place] ? place : -1));
  const ofOwn = Int16Array.from({length: 256}, (_, label) => (visible[own[label]] ? own[label] : -1));
  for (let cell = first; cell < end; cell += 1) {
    const isOut = (flags[cell] & DELETED) !== 0 || bytes[BYTES * cell + 3] < threshold;
    const label = given[cell] === UNTOUCHED ? ofOwn[bytes[BYTES * cell + 2]] : ofGiven[given[cell]];
    labels[cell] = isOut ? -1 : label;
  }
}
