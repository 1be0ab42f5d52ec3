/**
 * The one way to talk to the server: JSON in and out, CSRF header, timeouts, and every failure an `ApiError` with a
 * code that callers can decide on and texts that can be shown as they are.
 */

import {t} from './i18n.js';

/** A request that did not give what was asked for. */
export class ApiError extends Error {
  /**
   * @param {object} parts
   * @param {number} parts.status HTTP status; 0 when there was no answer
   * @param {string} parts.code the server's code, or `offline`, `timeout`, `http_<status>`, `bad_answer`
   * @param {string} parts.message in the reader's language
   * @param {string} [parts.hint] what to do next, in the reader's language
   * @param {string | null} [parts.pointer] JSON pointer to the field at fault
   * @param {unknown} [parts.body] the whole answer; a 412 carries the current state
   * @param {unknown} [parts.cause]
   */
  constructor({status, code, message, hint = '', pointer = null, body = null, cause}) {
    super(message, {cause});
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.hint = hint;
    this.pointer = pointer;
    this.body = body;
  }

  /** True when the server was not reached, so that the same request may be sent again later. */
  get isUnreached() {
    return this.code === 'offline' || this.code === 'timeout';
  }
}

/**
 * @typedef {object} RequestOptions
 * @property {unknown} [json] body, sent as JSON
 * @property {FormData | Blob} [body] body, sent as it is
 * @property {Record<string, string>} [headers]
 * @property {number} [timeoutMs] 20 s by default: a hospital network is slow, a reader's patience is not endless
 * @property {AbortSignal} [signal]
 * @property {number | string} [ifMatch] revision for `If-Match`, quoted here
 * @property {string} [idempotencyKey]
 * @property {boolean} [keepalive] lets the request outlive the page (unsaved work on closing a tab)
 */

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {any} data parsed JSON; null for an empty answer
 * @property {string | null} etag without its quotes
 */

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
const DEFAULT_TIMEOUT_MS = 20_000;

/**
 * Reads Django's CSRF token: the cookie, or the hidden field where a site keeps the cookie from scripts.
 * @returns {string}
 */
export function csrfToken() {
  if (typeof document === 'undefined') return '';
  const pair = document.cookie.split('; ').find((entry) => entry.startsWith('csrftoken='));
  if (pair) return decodeURIComponent(pair.slice('csrftoken='.length));
  const field = document.querySelector('input[name=csrfmiddlewaretoken]');
  return field instanceof HTMLInputElement ? field.value : '';
}

/**
 * Quotes a revision for `If-Match`.
 * @param {number | string} revision
 * @returns {string}
 */
export function entityTag(revision) {
  return `"${revision}"`;
}

/**
 * Takes the revision out of an `ETag` header, weak or strong.
 * @param {string | null} header
 * @returns {string | null}
 */
export function parseEntityTag(header) {
  const match = /^(?:W\/)?"(.*)"$/.exec(header ?? '');
  return match ? match[1] : null;
}

/** Sends requests. One instance serves a page; tests give their own `fetch`. */
export class Api {
  /** @param {{fetch?: typeof fetch, csrf?: () => string}} [options] */
  constructor({fetch: send = (input, init) => fetch(input, init), csrf = csrfToken} = {}) {
    this.send = send;
    this.csrf = csrf;
  }

  /** @param {string} url @param {RequestOptions} [options] @returns {Promise<any>} */
  async get(url, options) {
    return (await this.request('GET', url, options)).data;
  }

  /** @param {string} url @param {unknown} [json] @param {RequestOptions} [options] @returns {Promise<any>} */
  async post(url, json, options) {
    return (await this.request('POST', url, {json, ...options})).data;
  }

  /** @param {string} url @param {unknown} [json] @param {RequestOptions} [options] @returns {Promise<any>} */
  async put(url, json, options) {
    return (await this.request('PUT', url, {json, ...options})).data;
  }

  /** @param {string} url @param {RequestOptions} [options] @returns {Promise<any>} */
  async delete(url, options) {
    return (await this.request('DELETE', url, options)).data;
  }

  /**
   * Sends one JSON request and gives status, data and revision.
   * @param {string} method
   * @param {string} url same-origin path
   * @param {RequestOptions} [options]
   * @returns {Promise<Answer>}
   * @throws {ApiError} for every status outside 200-299 and when no answer came
   */
  async request(method, url, options = {}) {
    const response = await this.fetch(method, url, options);
    const text = response.status === 204 ? '' : await readText(response);
    const isJson = (response.headers.get('content-type') ?? '').includes('json');
    const data = isJson ? parse(text, response) : null;
    if (!response.ok) throw refusal(response, data);
    if (text && !isJson) throw badAnswer(response);
    return {status: response.status, data, etag: parseEntityTag(response.headers.get('etag'))};
  }

  /**
   * Sends one request and gives the raw answer of any status: pixels, downloads.
   * @param {string} method
   * @param {string} url
   * @param {RequestOptions} [options]
   * @returns {Promise<Response>}
   * @throws {ApiError} `offline` or `timeout`; a caller's own abort is passed on as it is
   */
  async fetch(method, url, options = {}) {
    const timeout = AbortSignal.timeout(options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
    try {
      return await this.send(url, {
        method,
        headers: this.headers(method, options),
        body: options.json === undefined ? options.body : JSON.stringify(options.json),
        credentials: 'same-origin',
        redirect: 'follow',
        keepalive: options.keepalive ?? false,
        signal,
      });
    } catch (cause) {
      if (options.signal?.aborted) throw cause;
      throw timeout.aborted ? timedOut(cause) : offline(cause);
    }
  }

  /** @param {string} method @param {RequestOptions} options @returns {Record<string, string>} */
  headers(method, options) {
    /** @type {Record<string, string>} */
    const headers = {Accept: 'application/json', ...options.headers};
    if (options.json !== undefined) headers['Content-Type'] = 'application/json';
    if (!SAFE_METHODS.has(method)) headers['X-CSRFToken'] = this.csrf();
    if (options.ifMatch !== undefined) headers['If-Match'] = entityTag(options.ifMatch);
    if (options.idempotencyKey !== undefined) headers['Idempotency-Key'] = options.idempotencyKey;
    return headers;
  }
}

/** @param {Response} response @returns {Promise<string>} */
async function readText(response) {
  try {
    return await response.text();
  } catch (cause) {
    throw offline(cause);
  }
}

/** @param {string} text @param {Response} response @returns {any} */
function parse(text, response) {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch (cause) {
    throw badAnswer(response, cause);
  }
}

/**
 * Reads why an answer obtained by `Api.fetch` is not what was asked for.
 * @param {Response} response
 * @returns {Promise<ApiError>}
 */
export async function errorOf(response) {
  const isJson = (response.headers.get('content-type') ?? '').includes('json');
  return refusal(response, isJson ? parse(await readText(response), response) : null);
}

/** @param {Response} response @param {any} data @returns {ApiError} */
function refusal(response, data) {
  const error = data?.error ?? {};
  return new ApiError({
    status: response.status,
    code: error.code ?? `http_${response.status}`,
    message: error.message ?? t('The server refused the request (status {status}).', {status: response.status}),
    hint: error.hint ?? '',
    pointer: error.pointer ?? null,
    body: data,
  });
}

/** @param {Response} response @param {unknown} [cause] @returns {ApiError} */
function badAnswer(response, cause) {
  const message = t('The server sent an answer that cannot be read.');
  return new ApiError({status: response.status, code: 'bad_answer', message, hint: t('Reload the page.'), cause});
}

/** @param {unknown} cause @returns {ApiError} */
function offline(cause) {
  const hint = t('Check the network connection, then try again.');
  return new ApiError({status: 0, code: 'offline', message: t('The server cannot be reached.'), hint, cause});
}

/** @param {unknown} cause @returns {ApiError} */
function timedOut(cause) {
  const message = t('The server did not answer in time.');
  return new ApiError({status: 0, code: 'timeout', message, hint: t('Try again in a moment.'), cause});
}

/** The page's own client. */
export const api = new Api();
