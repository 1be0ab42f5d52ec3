/**
 * Grey values of an image to grey values of the screen, by a table with one entry for each of the 65,536 stored values.
 * The window function is LINEAR of DICOM PS3.3 C.11.2.1.2; changing a window costs one table and one pass over the frame.
 */

import {t} from '../lib/i18n.js';

/** @import {Frames, Manifest, Window} from './types.js' */

/**
 * @typedef {object} Modality how stored values become rescaled ones (PS3.3 C.11.1)
 * @property {boolean} signed stored values are int16
 * @property {number} slope
 * @property {number} intercept
 */

/** @typedef {{id: string, name: string, center: number, width: number, window: Window}} WindowPreset */

const STORED_VALUES = 65_536;

/** Windows that radiologists expect on any CT, in Hounsfield units; the server names the same ones by these words. */
const CT_WINDOWS = [
  {id: 'ct-soft-tissue', word: 'soft tissue', msgid: 'Soft tissue', center: 50, width: 400},
  {id: 'ct-lung', word: 'lung', msgid: 'Lung', center: -600, width: 1500},
  {id: 'ct-bone', word: 'bone', msgid: 'Bone', center: 400, width: 1800},
  {id: 'ct-brain', word: 'brain', msgid: 'Brain', center: 40, width: 80},
];

/** The server's word for a window that it computed because the file gives none. */
const COMPUTED = 'auto';

/** Share of the darkest and of the brightest pixels that an automatic window lets go. */
const AUTO_TAIL = 0.005;

/** More samples than this do not change a percentile that anyone could see. */
const AUTO_SAMPLES = 262_144;

/**
 * PS3.3 C.11.2.1.2.1 for an output of 0 to 255.
 * @param {number} value rescaled value
 * @param {{center: number, width: number}} window
 * @returns {number} 0 to 255, rounded
 */
export function linear(value, {center, width}) {
  const middle = center - 0.5;
  const half = (width - 1) / 2;
  if (value <= middle - half) return 0;
  if (value > middle + half) return 255;
  return Math.round(((value - middle) / (width - 1) + 0.5) * 255);
}

/**
 * PS3.3 C.11.2.1.3.2: without the half steps of LINEAR, for values that are no whole numbers.
 * @param {number} value
 * @param {{center: number, width: number}} window
 * @returns {number} 0 to 255, rounded
 */
function linearExact(value, {center, width}) {
  return Math.round(Math.min(1, Math.max(0, (value - center) / width + 0.5)) * 255);
}

/**
 * PS3.3 C.11.2.1.3.1.
 * @param {number} value
 * @param {{center: number, width: number}} window
 * @returns {number} 0 to 255, rounded
 */
function sigmoid(value, {center, width}) {
  return Math.round(255 / (1 + Math.exp((-4 * (value - center)) / width)));
}

/** @param {string} text base64 @returns {Uint8Array} */
export function bytesOf(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/**
 * The function that a window asks for.
 * @param {Window} window
 * @returns {(value: number) => number} rescaled value to grey, 0 to 255
 */
export function greyFunction(window) {
  if (window.table) {
    const {first} = window.table;
    const levels = bytesOf(window.table.levels);
    return (value) => levels[Math.min(levels.length - 1, Math.max(0, Math.round(value) - first))];
  }
  const shape = {LINEAR: linear, LINEAR_EXACT: linearExact, SIGMOID: sigmoid}[window.function ?? 'LINEAR'] ?? linear;
  return (value) => shape(value, window);
}

/**
 * Fills the table: index is the stored value as unsigned 16 bits, entry is an opaque grey in canvas byte order.
 * @param {Uint32Array} table 65,536 entries
 * @param {Modality} modality
 * @param {Window} window
 * @param {boolean} invert dark and bright changed
 * @param {number[] | null} [greys] 256 greys in place of those of the window: a presentation LUT (PS3.3 C.11.6)
 */
export function fillTable(table, modality, window, invert, greys = null) {
  const {signed, slope, intercept} = modality;
  const greyOf = greyFunction(window);
  for (let stored = 0; stored < STORED_VALUES; stored += 1) {
    const value = (signed && stored > 32_767 ? stored - STORED_VALUES : stored) * slope + intercept;
    const level = greys ? greys[greyOf(value)] : greyOf(value);
    const grey = invert ? 255 - level : level;
    // RGBA bytes read as one little-endian number, which every machine with a browser is.
    table[stored] = (0xff000000 | (grey << 16) | (grey << 8) | grey) >>> 0;
  }
}

/** @returns {Uint32Array} an empty table */
export function makeTable() {
  return new Uint32Array(STORED_VALUES);
}

/**
 * Looks every pixel up.
 * @param {Uint16Array} stored the frame's bits, signed or not
 * @param {Uint32Array} table
 * @param {Uint32Array} pixels canvas pixels, as many as stored values
 */
export function applyTable(stored, table, pixels) {
  for (let at = 0; at < stored.length; at += 1) pixels[at] = table[stored[at]];
}

/**
 * The window between two quantiles of a frame.
 * @param {Uint16Array} stored
 * @param {Modality} modality
 * @param {number} [tail] share left out at each end; 0 gives the full range
 * @returns {Window}
 */
export function windowFromValues(stored, modality, tail = AUTO_TAIL) {
  const stride = tail > 0 ? Math.max(1, Math.floor(stored.length / AUTO_SAMPLES)) : 1;
  const histogram = new Uint32Array(STORED_VALUES);
  // Flipping the sign bit orders signed values as unsigned ones.
  const flip = modality.signed ? 0x8000 : 0;
  let samples = 0;
  for (let at = 0; at < stored.length; at += stride) {
    histogram[stored[at] ^ flip] += 1;
    samples += 1;
  }
  const low = quantile(histogram, samples * tail);
  const high = quantile(histogram, samples * (1 - tail) - 1);
  const offset = modality.signed ? 32_768 : 0;
  const ends = [low, Math.max(low, high)].map((at) => (at - offset) * modality.slope + modality.intercept);
  const [darkest, brightest] = ends.sort((one, other) => one - other);
  const width = Math.max(1, brightest - darkest + 1);
  return {center: darkest + width / 2, width};
}

/**
 * @param {Uint32Array} histogram
 * @param {number} rank samples below the wanted value
 * @returns {number} index of the value with that rank
 */
function quantile(histogram, rank) {
  let below = 0;
  for (let at = 0; at < histogram.length; at += 1) {
    below += histogram[at];
    if (below > rank) return at;
  }
  return histogram.length - 1;
}

/**
 * The windows of a manifest that can be drawn; some files carry a width of 0.
 * @param {Window[]} windows
 * @returns {Window[]}
 */
function usable(windows) {
  return windows.filter(({center, width}) => Number.isFinite(center) && width >= 1);
}

/** @param {Window} window @returns {boolean} true for what the file itself says */
function isOwn({name}) {
  return name !== COMPUTED && !CT_WINDOWS.some(({word}) => word === name);
}

/**
 * The window to begin with: the file's first, or the one that the server computed.
 * @param {Window[]} windows of the manifest
 * @returns {{window: Window, presetId: string} | null} null where nobody knows one
 */
export function firstWindow(windows) {
  const own = usable(windows).find(isOwn);
  if (own) return {window: own, presetId: 'file-0'};
  const computed = usable(windows).find(({name}) => name === COMPUTED);
  return computed ? {window: computed, presetId: 'auto'} : null;
}

/**
 * Windows to offer for an image: the file's own first, then those of the modality.
 * @param {Pick<Manifest, 'modality'> & {frames: Pick<Frames, 'windows'> | null}} manifest
 * @returns {WindowPreset[]}
 */
export function windowPresets(manifest) {
  const windows = usable(manifest.frames?.windows ?? []);
  const own = windows.filter(isOwn).map((window, at) => ({
    id: `file-${at}`,
    name: window.name || (at === 0 ? t('From the file') : t('From the file, {number}', {number: at + 1})),
    center: window.center,
    width: window.width,
    window,
  }));
  if (manifest.modality !== 'CT') return own;
  const usual = CT_WINDOWS.map(({id, word, msgid, ...values}) => {
    const {center, width} = windows.find(({name}) => name === word) ?? values;
    return {id, name: t(msgid), center, width, window: {center, width, name: t(msgid)}};
  });
  return [...own, ...usual];
}

/**
 * Keeps a window within what the function can draw.
 * @param {Window} window
 * @returns {Window}
 */
export function cleanWindow({center, width, name, function: shape, table}) {
  return {
    center: Math.round(center * 100) / 100,
    width: Math.max(1, Math.round(width * 100) / 100),
    ...(name ? {name} : {}),
    ...(shape ? {function: shape} : {}),
    ...(table ? {table} : {}),
  };
}
