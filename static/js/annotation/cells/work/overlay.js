/** What a reader made of a layer, laid over it cell by cell: the same rules as annotation/cells/overlay.py. */

export const UNTOUCHED = 255;
export const DECIDED = 1;
export const DELETED = 2;

/**
 * @typedef {object} CellChange
 * @property {string} id
 * @property {string} layerId
 * @property {'relabel' | 'accept' | 'delete' | 'undo'} kind
 * @property {string} [label] code, for a relabel
 * @property {readonly number[]} [cells] runs: a gap and a length in turns
 * @property {string | null} [undoes] id of the change that is taken back
 * @property {number} [sequence] list revision, once the server has told it
 */

/**
 * @param {readonly number[]} runs a gap and a length in turns
 * @param {(from: number, to: number) => void} visit a run of numbers, `to` not included
 */
export function eachRun(runs, visit) {
  let at = 0;
  for (let i = 0; i < runs.length; i += 2) {
    const from = at + runs[i];
    at = from + runs[i + 1];
    visit(from, at);
  }
}

/**
 * @param {Uint8Array} marked 1 for each cell that is in the set
 * @returns {number[]} runs
 */
export function runsOf(marked) {
  /** @type {number[]} */
  const runs = [];
  let end = 0;
  for (let cell = 0; cell < marked.length; cell += 1) {
    if (!marked[cell]) continue;
    let last = cell;
    while (last < marked.length && marked[last]) last += 1;
    runs.push(cell - end, last - cell);
    end = last;
    cell = last;
  }
  return runs;
}

/**
 * The changes that count: one does unless an undo that counts names it.
 * @param {readonly CellChange[]} changes in their order
 * @returns {CellChange[]} undos left out
 */
export function counting(changes) {
  /** @type {Set<string>} */
  const undone = new Set();
  /** @type {CellChange[]} */
  const kept = [];
  for (let i = changes.length - 1; i >= 0; i -= 1) {
    const change = changes[i];
    if (undone.has(change.id)) continue;
    if (change.kind === 'undo') undone.add(/** @type {string} */ (change.undoes));
    else kept.push(change);
  }
  return kept.reverse();
}

/**
 * @param {CellChange} change
 * @param {readonly CellChange[]} changes among which are those that it takes back
 * @returns {readonly number[]} runs of the cells that it is about
 */
export function cellsOf(change, changes) {
  /** @type {CellChange | undefined} */
  let meant = change;
  while (meant?.kind === 'undo') {
    /** @type {string | null | undefined} */
    const named = meant.undoes;
    meant = changes.find(({id}) => id === named);
  }
  return meant?.cells ?? [];
}

export class Overlay {
  /**
   * @param {number} count cells of the layer
   * @param {(code: string) => number} placeOf a label's place among those that can be shown
   */
  constructor(count, placeOf) {
    this.placeOf = placeOf;
    this.given = new Uint8Array(count).fill(UNTOUCHED);
    this.flags = new Uint8Array(count);
  }

  /** Lays all changes over each other anew. @param {readonly CellChange[]} changes */
  lay(changes) {
    this.given.fill(UNTOUCHED);
    this.flags.fill(0);
    for (const change of counting(changes)) this.add(change);
  }

  /** @param {CellChange} change no undo */
  add({kind, label, cells}) {
    const place = kind === 'relabel' ? this.placeOf(label ?? '') : UNTOUCHED;
    const flags = kind === 'delete' ? DECIDED | DELETED : DECIDED;
    eachRun(cells ?? [], (from, to) => {
      for (let cell = from; cell < Math.min(to, this.flags.length); cell += 1) this.flags[cell] |= flags;
      if (kind === 'relabel') this.given.fill(place, from, to);
    });
  }

  /** @param {number} cell @returns {boolean} whether a person said something of it */
  isDecided(cell) {
    return (this.flags[cell] & DECIDED) !== 0;
  }
}
