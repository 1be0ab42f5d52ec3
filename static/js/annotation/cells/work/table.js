/** The overview of a layer: where each cell lies, its label and its score, for every cell of the image (annotation/cells/layer.py). */

const UNITS = 256;
/** Of a cell in the overview: x, y, label, score. */
export const BYTES = 4;
const CHUNK_PX = 2048;
const SQUARE_BYTES = 12;

/**
 * @typedef {object} Square a chunk of the layer
 * @property {number} column
 * @property {number} row
 * @property {number} first number of its first cell
 * @property {number} count
 */

export class CellTable {
  /**
   * @param {ArrayBuffer} squares column, row (int32) and number of cells (uint32) of each chunk
   * @param {ArrayBuffer} overview
   * @throws {RangeError} where the two do not belong together
   */
  constructor(squares, overview) {
    /** @type {Square[]} */
    this.squares = [];
    /** @type {Map<string, Square>} */
    this.byPlace = new Map();
    const head = new DataView(squares);
    let first = 0;
    for (let at = 0; at + SQUARE_BYTES <= squares.byteLength; at += SQUARE_BYTES) {
      const [column, row, count] = [head.getInt32(at, true), head.getInt32(at + 4, true), head.getUint32(at + 8, true)];
      const square = {column, row, first, count};
      this.squares.push(square);
      this.byPlace.set(`${column}_${row}`, square);
      first += count;
    }
    if (overview.byteLength !== first * BYTES) throw new RangeError('An overview of cells contradicts its squares');
    this.count = first;
    this.bytes = new Uint8Array(overview);
  }

  /** @param {number} cell @returns {number} 0 to 255 */
  scoreOf(cell) {
    return this.bytes[BYTES * cell + 3];
  }

  /** @param {number} cell @returns {Square} the chunk that holds it */
  squareOf(cell) {
    let [low, high] = [0, this.squares.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.squares[middle].first <= cell) low = middle;
      else high = middle - 1;
    }
    return this.squares[low];
  }

  /**
   * The chunks whose cells may reach into a rectangle, level-0 px.
   * @param {readonly number[]} extent left, top, right, bottom
   * @param {number} reach how far a cell may reach out of its square, level-0 px
   * @returns {Square[]}
   */
  squaresIn([left, top, right, bottom], reach) {
    const [from, to] = [(left - reach) / CHUNK_PX, (right + reach) / CHUNK_PX].map(Math.floor);
    const [above, below] = [(top - reach) / CHUNK_PX, (bottom + reach) / CHUNK_PX].map(Math.floor);
    return this.squares.filter(({column, row}) => column >= from && column <= to && row >= above && row <= below);
  }

  /**
   * Goes through the middles of the cells of a chunk.
   * @param {Square} square
   * @param {(cell: number, x: number, y: number) => void} visit level-0 px, to 8 px
   */
  eachMiddle({column, row, first, count}, visit) {
    const step = CHUNK_PX / UNITS;
    for (let cell = first; cell < first + count; cell += 1) {
      const at = BYTES * cell;
      visit(cell, column * CHUNK_PX + (this.bytes[at] + 0.5) * step, row * CHUNK_PX + (this.bytes[at + 1] + 0.5) * step);
    }
  }
}
