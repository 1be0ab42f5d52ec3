/** A chunk of cells as the server packs it (annotation/cells/chunk.py says how), opened without making an object for a cell. */

const MAGIC = 0x3143_434d; // "MCC1", read little endian
const HEAD_BYTES = 28;
const UNITS_PER_PX = 8;
const MAX_CELLS = 1 << 20;
const MAX_VERTICES = 4096;

/**
 * @typedef {object} CellChunk
 * @property {number} count
 * @property {Uint32Array} numbers of each cell within its layer
 * @property {Uint32Array} starts first vertex of each outline, and the end of the last one
 * @property {Float32Array} vertices x, y of all outlines in level-0 pixels
 * @property {Uint8Array} labels
 * @property {Uint8Array} scores 0 to 255 for 0 to 1
 */

/**
 * @param {ArrayBuffer} buffer
 * @returns {CellChunk}
 * @throws {RangeError} for what is no chunk
 */
export function decodeChunk(buffer) {
  const head = new DataView(buffer);
  if (buffer.byteLength < HEAD_BYTES || head.getUint32(0, true) !== MAGIC) throw new RangeError('These bytes are no chunk of cells');
  const [count, narrow, slimSteps, wideSteps] = [4, 8, 12, 16].map((at) => head.getUint32(at, true));
  const middle = [head.getInt32(20, true), head.getInt32(24, true)];
  if (count > MAX_CELLS || narrow > count || slimSteps + wideSteps > count * MAX_VERTICES) throw new RangeError('A chunk of cells contradicts itself');
  let place = HEAD_BYTES;
  /**
   * @template {ArrayBufferView} View
   * @param {new (buffer: ArrayBuffer, offset: number, length: number) => View} Kind
   * @param {number} length
   * @returns {View}
   */
  const take = (Kind, length) => {
    const view = new Kind(buffer, place, length);
    place += Math.ceil(view.byteLength / 4) * 4;
    return view;
  };
  const numbers = take(Uint32Array, count);
  const firsts = take(Int16Array, 2 * count);
  const counts = take(Uint16Array, count);
  const [labels, scores] = [take(Uint8Array, count), take(Uint8Array, count)];
  const [slim, wide] = [take(Int8Array, 2 * slimSteps), take(Int16Array, 2 * wideSteps)];
  const starts = new Uint32Array(count + 1);
  for (let cell = 0; cell < count; cell += 1) starts[cell + 1] = starts[cell] + counts[cell];
  const isWhole = place === buffer.byteLength
    && starts[narrow] - narrow === slimSteps
    && starts[count] - starts[narrow] - (count - narrow) === wideSteps
    && counts.every((vertices) => vertices > 0);
  if (!isWhole) throw new RangeError('A chunk of cells contradicts itself');
  const vertices = new Float32Array(2 * starts[count]);
  unfold({starts, firsts, steps: slim, from: 0, to: narrow, middle, vertices});
  unfold({starts, firsts, steps: wide, from: narrow, to: count, middle, vertices});
  return {count, numbers, starts, vertices, labels, scores};
}

/**
 * Adds steps up to vertices.
 * @param {object} cells
 * @param {Uint32Array} cells.starts
 * @param {Int16Array} cells.firsts
 * @param {Int8Array | Int16Array} cells.steps of the cells `from` to `to`
 * @param {number} cells.from
 * @param {number} cells.to
 * @param {number[]} cells.middle
 * @param {Float32Array} cells.vertices is filled in
 */
function unfold({starts, firsts, steps, from, to, middle, vertices}) {
  let step = 0;
  for (let cell = from; cell < to; cell += 1) {
    let x = middle[0] + firsts[2 * cell];
    let y = middle[1] + firsts[2 * cell + 1];
    let at = 2 * starts[cell];
    vertices[at] = x / UNITS_PER_PX;
    vertices[at + 1] = y / UNITS_PER_PX;
    for (const end = 2 * starts[cell + 1]; at + 2 < end; step += 2) {
      at += 2;
      x += steps[step];
      y += steps[step + 1];
      vertices[at] = x / UNITS_PER_PX;
      vertices[at + 1] = y / UNITS_PER_PX;
    }
  }
}
