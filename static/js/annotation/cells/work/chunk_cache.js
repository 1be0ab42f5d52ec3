/** Opened chunks, the ones used last, within a bound of bytes. */

import {decodeChunk} from './chunk.js';
import {boundsOf, extentOf} from './picking.js';

/** @import {CellChunk} from './chunk.js' */

/**
 * @typedef {object} Opened
 * @property {CellChunk} chunk
 * @property {Float32Array} bounds of `boundsOf`
 * @property {number[]} extent of all its cells: left, top, right, bottom in level-0 pixels
 */

const MAX_BYTES = 96 * 1024 * 1024;

/** @param {Opened} opened @returns {number} */
const sizeOf = ({chunk, bounds}) =>
  bounds.byteLength + chunk.numbers.byteLength + chunk.starts.byteLength + chunk.vertices.byteLength + 2 * chunk.count;

export class ChunkCache {
  /**
   * @param {(url: string) => Promise<ArrayBuffer>} fetchPart
   * @param {number} [maxBytes]
   */
  constructor(fetchPart, maxBytes = MAX_BYTES) {
    this.fetchPart = fetchPart;
    this.maxBytes = maxBytes;
    /** @type {Map<string, Opened>} the one used last at the end */
    this.kept = new Map();
    /** @type {Map<string, Promise<Opened>>} */
    this.coming = new Map();
    this.bytes = 0;
  }

  /** @param {string} url @returns {Opened | undefined} what is there without waiting */
  peek(url) {
    return this.kept.get(url);
  }

  /** @param {string} url @returns {Promise<Opened>} */
  async get(url) {
    const kept = this.kept.get(url);
    if (kept) {
      this.kept.delete(url);
      this.kept.set(url, kept);
      return kept;
    }
    let coming = this.coming.get(url);
    if (!coming) {
      coming = this.#open(url).finally(() => this.coming.delete(url));
      this.coming.set(url, coming);
    }
    return coming;
  }

  /** @param {string} url */
  async #open(url) {
    const chunk = decodeChunk(await this.fetchPart(url));
    const bounds = boundsOf(chunk);
    const opened = {chunk, bounds, extent: extentOf(bounds)};
    this.kept.set(url, opened);
    this.bytes += sizeOf(opened);
    for (const [oldest, gone] of this.kept) {
      if (this.bytes <= this.maxBytes || oldest === url) break;
      this.kept.delete(oldest);
      this.bytes -= sizeOf(gone);
    }
    return opened;
  }
}
