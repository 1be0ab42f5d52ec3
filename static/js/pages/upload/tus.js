/**
 * Sends one large file in parts by tus 1.0, and goes on where it stopped: after a pause, a lost network, a server that was
 * killed, or on another visit of the page. What the server has is asked for, never remembered here.
 */

import {csrfToken} from '../../lib/api.js';
import {PAUSED} from './queue.js';
import {outcomeOf, unreached} from './send.js';

/** @import {Outcome, Send} from './queue.js' */
/** @typedef {{id: string, name: string, fingerprint: string, length: number, offset: number}} Unfinished */
/** @typedef {{status: number, text: string, header: (name: string) => string | null}} Reply */

const PART_BYTES = 8 << 20;
const GONE = new Set([404, 410]);

/**
 * What a file is known by on the next visit; a file that was changed meanwhile is another one.
 * @param {File} file
 * @returns {string}
 */
export function fingerprint(file) {
  return `${file.name}|${file.size}|${file.lastModified}`;
}

export class ResumableSender {
  /**
   * @param {object} options
   * @param {string} options.url where uploads begin
   * @param {Unfinished[]} options.unfinished what the server has of earlier visits
   * @param {(id: string) => void} [options.onTaken] called when a file goes on with an earlier upload
   * @param {number} [options.partBytes]
   * @param {typeof exchange} [options.ask] sends one request
   */
  constructor({url, unfinished, onTaken = () => {}, partBytes = PART_BYTES, ask = exchange}) {
    this.url = url;
    this.onTaken = onTaken;
    this.partBytes = partBytes;
    this.ask = ask;
    /** @type {Map<string, Unfinished>} */
    this.earlier = new Map(unfinished.map((upload) => [upload.fingerprint, upload]));
    /** @type {WeakMap<File, string>} */
    this.addresses = new WeakMap();
    /** @type {WeakMap<File, number>} results of an archive that the page has */
    this.heard = new WeakMap();
  }

  /** @type {Send} */
  send = async (file, options) => {
    try {
      return await this.run(file, options);
    } catch (error) {
      if (!options.signal.aborted) {
        if (error instanceof Refusal) return error.outcome;
        return unreached();
      }
      if (options.signal.reason !== PAUSED) this.discard(file);
      return {state: 'cancelled'};
    }
  };

  /**
   * @param {File} file @param {Parameters<Send>[1]} options
   * @returns {Promise<Outcome>}
   */
  async run(file, {signal, onProgress, onKept, onUnpacked}) {
    let offset = await this.begin(file, signal);
    const address = this.addressOf(file);
    onProgress(offset);
    do {
      const part = file.slice(offset, offset + this.partBytes);
      const start = offset;
      const headers = {'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': `${offset}`, ...await checksum(part)};
      const reply = await this.ask('PATCH', address, {signal, headers, body: part, onProgress: (sent) => onProgress(start + sent)});
      if (reply.status !== 204) throw new Refusal(this.refused(file, reply));
      offset = Number(reply.header('Upload-Offset'));
      onKept?.();
    } while (offset < file.size);
    const told = await this.ask('GET', address, {signal});
    const {result, error, is_archive: isArchive} = told.status === 200 ? JSON.parse(told.text) : {result: null, error: null};
    if (isArchive) return this.unpack(file, {signal, onUnpacked});
    if (result) return outcomeOf(201, JSON.stringify(result));
    return error ? outcomeOf(error.status, JSON.stringify({error})) : outcomeOf(told.status, told.text);
  }

  /**
   * Has the server take the files of an archive, some with each request, until all have a result.
   * @param {File} file @param {Pick<Parameters<Send>[1], 'signal' | 'onUnpacked'>} options
   * @returns {Promise<Outcome>}
   */
  async unpack(file, {signal, onUnpacked}) {
    for (;;) {
      const after = this.heard.get(file) ?? 0;
      const reply = await this.ask('POST', `${this.addressOf(file)}files/?after=${after}`, {signal});
      if (reply.status !== 200) throw new Refusal(this.refused(file, reply));
      const {results, done, total} = JSON.parse(reply.text);
      this.heard.set(file, after + results.length);
      onUnpacked?.(results, done, total);
      if (after + results.length >= total) return {state: 'unpacked'};
    }
  }

  /** @param {File} file @param {Reply} reply @returns {Outcome} */
  refused(file, reply) {
    const outcome = outcomeOf(reply.status, reply.text);
    if (!GONE.has(reply.status)) return outcome;
    // It was swept meanwhile: the next attempt begins anew.
    this.addresses.delete(file);
    this.heard.delete(file);
    return {...outcome, state: 'failed', later: true};
  }

  /**
   * Finds the file's upload, or begins one.
   * @param {File} file @param {AbortSignal} signal
   * @returns {Promise<number>} bytes that the server has
   */
  async begin(file, signal) {
    const earlier = this.earlier.get(fingerprint(file));
    if (earlier) {
      this.earlier.delete(fingerprint(file));
      this.addresses.set(file, `${this.url}${earlier.id}/`);
      this.onTaken(earlier.id);
    }
    if (this.addresses.has(file)) {
      const found = await this.ask('HEAD', this.addressOf(file), {signal});
      if (found.status === 200) return Number(found.header('Upload-Offset'));
      if (!GONE.has(found.status)) throw new Refusal(outcomeOf(found.status, found.text));
    }
    const metadata = `filename ${base64(file.name)},fingerprint ${base64(fingerprint(file))}`;
    const headers = {'Upload-Length': `${file.size}`, 'Upload-Metadata': metadata};
    const made = await this.ask('POST', this.url, {signal, headers});
    if (made.status !== 201) throw new Refusal(outcomeOf(made.status, made.text));
    this.addresses.set(file, made.header('Location') ?? '');
    return 0;
  }

  /** @param {File} file */
  addressOf(file) {
    return this.addresses.get(file) ?? '';
  }

  /** Throws away what the server has of a file. @param {File} file */
  discard(file) {
    const address = this.addresses.get(file);
    if (!address) return;
    this.addresses.delete(file);
    // What cannot be thrown away now is swept by the server later.
    this.ask('DELETE', address, {}).catch(() => {});
  }

  /** Throws away an upload of an earlier visit. @param {Unfinished} upload */
  async discardEarlier(upload) {
    this.earlier.delete(upload.fingerprint);
    await this.ask('DELETE', `${this.url}${upload.id}/`, {});
  }
}

/** An answer that ends an attempt. */
class Refusal extends Error {
  /** @param {Outcome} outcome */
  constructor(outcome) {
    super(outcome.code);
    this.outcome = outcome;
  }
}

/**
 * One request; XMLHttpRequest, because fetch tells nothing of the progress of a body.
 * @param {string} method @param {string} address
 * @param {{signal?: AbortSignal, headers?: Record<string, string>, body?: Blob, onProgress?: (sent: number) => void}} options
 * @returns {Promise<Reply>} rejects when there is no answer
 */
function exchange(method, address, {signal, headers = {}, body, onProgress}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    const fail = () => reject(new Error('no answer'));
    if (signal?.aborted) {
      fail();
      return;
    }
    signal?.addEventListener('abort', abort, {once: true});
    request.open(method, address);
    const sent = {'Tus-Resumable': '1.0.0', 'X-CSRFToken': csrfToken(), Accept: 'application/json', ...headers};
    for (const [name, value] of Object.entries(sent)) request.setRequestHeader(name, value);
    if (onProgress) request.upload.addEventListener('progress', (event) => onProgress(event.loaded));
    for (const end of ['error', 'abort', 'timeout']) request.addEventListener(end, fail);
    request.addEventListener('load', () => {
      resolve({status: request.status, text: request.responseText, header: (name) => request.getResponseHeader(name)});
    });
    request.addEventListener('loadend', () => signal?.removeEventListener('abort', abort));
    request.send(body ?? null);
  });
}

/**
 * The header that lets the server notice a damaged part. Browsers hash only on secure origins; elsewhere it is left out.
 * @param {Blob} part
 * @returns {Promise<Record<string, string>>}
 */
async function checksum(part) {
  if (!globalThis.crypto?.subtle) return {};
  const digest = await crypto.subtle.digest('SHA-256', await part.arrayBuffer());
  return {'Upload-Checksum': `sha256 ${btoa(String.fromCharCode(...new Uint8Array(digest)))}`};
}

/** @param {string} text @returns {string} base64 of its UTF-8 */
function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
