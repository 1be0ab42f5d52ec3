/**
 * Walks on the server: what was seen is told in the background, and taken up on another machine. The server only ever adds, so that
 * telling it twice, late, or from two windows does no harm; what it did not get waits in this browser.
 */

import {ApiError} from '../../lib/api.js';
import {newId} from '../ids.js';
import {KeptWalks} from './kept_walks.js';

/** @import {Api} from '../../lib/api.js' */
/** @import {Unsent} from './kept_walks.js' */

/**
 * @typedef {object} Told a walk as the server gives it
 * @property {number} magnification
 * @property {number} round
 * @property {number} columns
 * @property {number} rows
 * @property {Uint8Array} seen eight squares in a byte
 * @property {boolean} isTissueOnly
 * @property {[number, number] | null} place level-0 px
 */

const AGAIN_MS = 30_000;
/** After these nothing will come of trying again: it is not ours to tell, or not understood. */
const FINAL = new Set([400, 403, 404, 409, 413, 422]);

export class ToldWalks {
  /** @param {{api: Api, readId: string, userId: string, kept?: KeptWalks, onRefused?: (error: ApiError) => void}} parts */
  constructor({api, readId, userId, kept = new KeptWalks({userId, subjectId: readId}), onRefused = () => {}}) {
    this.api = api;
    this.path = `/api/reads/${readId}/walks/`;
    this.kept = kept;
    this.onRefused = onRefused;
    /** What the browser does not keep. @type {Map<string, Unsent>} */
    this.unkept = new Map();
    this.window = newId();
    this.number = 0;
    /** @type {Promise<void> | null} */
    this.sending = null;
    this.isAsked = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.again = undefined;
    globalThis.addEventListener?.('online', () => void this.send());
  }

  /** @returns {Promise<Told[]>} the one told last at the end; none where the server cannot be reached */
  async read() {
    try {
      const {walks} = await this.api.get(this.path);
      return Promise.all(
        walks.map(async (/** @type {any} */ {seen, wanted, ...walk}) => ({...walk, seen: await unzipped(seen), isTissueOnly: wanted !== null})),
      );
    } catch (error) {
      if (error instanceof ApiError) return [];
      throw error;
    }
  }

  /**
   * @param {{magnification: number, round: number, columns: number, rows: number, seen: Uint8Array, wanted: Uint8Array | null, place: [number, number] | null}} walk
   *   with bits eight in a byte
   */
  async tell({seen, wanted, ...walk}) {
    this.number += 1;
    const {number, path} = this;
    const said = {...walk, seen: await zipped(seen), wanted: wanted && (await zipped(wanted))};
    // Two windows have seen different things: neither may take the place of the other.
    const name = `${walk.magnification} ${walk.round} ${this.window}`;
    if (!(await this.kept.wait(name, {path, said, number}))) this.unkept.set(name, {path, said, number});
    await this.send();
  }

  /** Tells what waits, of this walk and of others that were left behind; one after the other. @returns {Promise<void>} */
  send() {
    this.isAsked = true;
    this.sending ??= this.#sendAll().finally(() => {
      this.sending = null;
    });
    return this.sending;
  }

  async #sendAll() {
    clearTimeout(this.again);
    while (this.isAsked) {
      this.isAsked = false;
      const all = [...(await this.kept.waiting()), ...this.unkept];
      for (const [key, unsent] of all) {
        if (!(await this.#sendOne(key, unsent))) {
          this.again = setTimeout(() => void this.send(), AGAIN_MS);
          return;
        }
      }
    }
  }

  /** @param {string} key @param {Unsent} unsent @returns {Promise<boolean>} false: to be tried again later */
  async #sendOne(key, {path, said, number}) {
    try {
      await this.api.put(path, said);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (!FINAL.has(error.status)) return false;
      if (path === this.path) this.onRefused(error);
    }
    if (this.unkept.get(key)?.number === number) this.unkept.delete(key);
    else await this.kept.told(key, number);
    return true;
  }
}

/** Tells what earlier visits left behind. @param {{api: Api, readId: string, userId: string}} parts */
export async function tellWhatWaits(parts) {
  const told = new ToldWalks(parts);
  if ((await told.kept.waiting()).length > 0) await told.send();
}

/** @param {Uint8Array} bytes @returns {Promise<string>} base64 of zlib */
async function zipped(bytes) {
  const stream = new Blob([/** @type {BlobPart} */ (bytes)]).stream().pipeThrough(new CompressionStream('deflate'));
  const packed = new Uint8Array(await new Response(stream).arrayBuffer());
  let text = '';
  for (const byte of packed) text += String.fromCharCode(byte);
  return btoa(text);
}

/** @param {string} text @returns {Promise<Uint8Array>} */
async function unzipped(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
