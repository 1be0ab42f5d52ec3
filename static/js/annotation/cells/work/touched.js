/** Cells that look different from how they were drawn: a few by name, or simply many. */

/** More than these, and everything in view is drawn anew: it would be nearly everything anyway. */
export const FEW = 256;

export class Touched {
  /** @type {Set<number> | null} null: many */
  cells = new Set();

  /** @param {number} from @param {number} to the first one that is not meant */
  add(from, to) {
    if (!this.cells || this.cells.size + to - from > FEW) {
      this.cells = null;
      return;
    }
    for (let cell = from; cell < to; cell += 1) this.cells.add(cell);
  }

  addMany() {
    this.cells = null;
  }

  /** @returns {Set<number> | null} what was touched since it was asked last; null: many */
  take() {
    const {cells} = this;
    this.cells = new Set();
    return cells;
  }
}
