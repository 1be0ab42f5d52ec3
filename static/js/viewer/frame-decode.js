/** A frame's answer to pixels: 16-bit values with their headers, or a picture. */

/** @import {Modality} from './voi.js' */
/** @import {Window} from './types.js' */

/**
 * @typedef {object} ValuesFrame
 * @property {'values'} kind
 * @property {Uint16Array} stored the bits of each sample, row by row
 * @property {number} columns
 * @property {number} rows
 * @property {Modality} modality
 * @property {boolean} invert MONOCHROME1: the lowest value is the brightest
 * @property {Window | null} window
 * @property {number} overlays drawings that lie over it
 *
 * @typedef {object} ColourFrame
 * @property {'colour'} kind
 * @property {ImageBitmap} bitmap
 * @property {number} columns
 * @property {number} rows
 * @property {number} overlays drawings that lie over it
 *
 * @typedef {ValuesFrame | ColourFrame} Frame
 */

/**
 * @param {Response} response
 * @returns {Promise<Frame>}
 * @throws {RangeError} when the body is not as long as the headers say
 */
export async function decodeFrame(response) {
  if (!response.headers.has('Mitate-Pixel-Type')) {
    const bitmap = await createImageBitmap(await response.blob());
    return {kind: 'colour', bitmap, columns: bitmap.width, rows: bitmap.height, overlays: number(response.headers, 'Mitate-Overlays', 0)};
  }
  return decodeValues(response.headers, await response.arrayBuffer());
}

/**
 * @param {Headers} headers
 * @param {ArrayBuffer} body little-endian 16-bit samples
 * @returns {ValuesFrame}
 * @throws {RangeError}
 */
export function decodeValues(headers, body) {
  const [rows, columns] = [number(headers, 'Mitate-Rows', 0), number(headers, 'Mitate-Columns', 0)];
  if (body.byteLength !== rows * columns * 2) {
    throw new RangeError(`A frame of ${columns} x ${rows} px came with ${body.byteLength} bytes instead of ${rows * columns * 2}`);
  }
  const width = number(headers, 'Mitate-Window-Width', 0);
  return {
    kind: 'values',
    stored: new Uint16Array(body),
    columns,
    rows,
    modality: {
      signed: headers.get('Mitate-Pixel-Type') === 'int16',
      slope: number(headers, 'Mitate-Rescale-Slope', 1),
      intercept: number(headers, 'Mitate-Rescale-Intercept', 0),
    },
    invert: headers.get('Mitate-Invert') === '1',
    window: width >= 1 ? {center: number(headers, 'Mitate-Window-Center', 0), width} : null,
    overlays: number(headers, 'Mitate-Overlays', 0),
  };
}

/** @param {Headers} headers @param {string} name @param {number} otherwise @returns {number} */
function number(headers, name, otherwise) {
  const value = Number.parseFloat(headers.get(name) ?? '');
  return Number.isFinite(value) ? value : otherwise;
}

/** @param {Frame} frame @returns {number} bytes it holds in memory */
export function frameBytes(frame) {
  return frame.kind === 'values' ? frame.stored.byteLength : frame.columns * frame.rows * 4;
}

/** @param {Frame} frame gives a picture's memory back at once */
export function releaseFrame(frame) {
  if (frame.kind === 'colour') frame.bitmap.close();
}

/**
 * The rescaled value of one sample: Hounsfield units on CT.
 * @param {ValuesFrame} frame
 * @param {number} column
 * @param {number} row
 * @returns {number | null} null outside the frame
 */
export function valueAt(frame, column, row) {
  if (column < 0 || row < 0 || column >= frame.columns || row >= frame.rows) return null;
  const stored = frame.stored[row * frame.columns + column];
  const {signed, slope, intercept} = frame.modality;
  return (signed && stored > 32_767 ? stored - 65_536 : stored) * slope + intercept;
}
