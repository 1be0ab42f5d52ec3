/** Sends one file to the server in one request. XMLHttpRequest, because fetch tells nothing of the progress of a body. */

import {csrfToken} from '../../lib/api.js';
import {t} from '../../lib/i18n.js';

/** @import {Outcome, Send} from './queue.js' */

/** Answers that another attempt may change: too busy, no room at the moment, a proxy that gave up, a part out of step. */
const LATER = new Set([409, 423, 429, 460, 502, 503, 504, 507]);
const SIGNED_OUT = 401;

/**
 * @param {string} url where files are posted to
 * @param {number} maxBytes the server's limit; larger files are not sent at all
 * @returns {Send}
 */
export function sender(url, maxBytes) {
  return (file, {signal, onProgress}) => {
    if (file.size > maxBytes) return Promise.resolve(tooLarge());
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      const abort = () => request.abort();
      /** @param {Outcome} outcome */
      const finish = (outcome) => {
        signal.removeEventListener('abort', abort);
        resolve(outcome);
      };
      if (signal.aborted) {
        finish({state: 'cancelled'});
        return;
      }
      signal.addEventListener('abort', abort);
      request.open('POST', url);
      request.setRequestHeader('X-CSRFToken', csrfToken());
      request.setRequestHeader('Accept', 'application/json');
      request.upload.addEventListener('progress', (event) => onProgress(event.loaded));
      request.upload.addEventListener('load', () => onProgress(file.size));
      request.addEventListener('load', () => finish(outcomeOf(request.status, request.responseText)));
      request.addEventListener('error', () => finish(unreached()));
      request.addEventListener('abort', () => finish({state: 'cancelled'}));
      const body = new FormData();
      body.append('file', file, file.name);
      request.send(body);
    });
  };
}

/**
 * @param {number} status
 * @param {string} text
 * @returns {Outcome}
 */
export function outcomeOf(status, text) {
  const answer = parse(text);
  if (status === 201 && (answer?.status === 'accepted' || answer?.status === 'duplicate')) {
    const notice = answer.notice ?? {};
    return {state: answer.status, imageId: answer.image_id, code: notice.code, message: notice.message, hint: notice.hint};
  }
  const error = answer?.error ?? {};
  const later = LATER.has(status);
  const stops = status === SIGNED_OUT;
  return {
    state: later || stops || status >= 500 || status === 403 || error.code === 'upload_incomplete' ? 'failed' : 'refused',
    code: error.code ?? `http_${status}`,
    message: error.message ?? t('The server refused the request (status {status}).', {status}),
    hint: error.hint ?? '',
    later,
    stops,
  };
}

/** @param {string} text @returns {any} */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** @returns {Outcome} */
export function unreached() {
  return {
    state: 'failed',
    code: 'offline',
    message: t('The server cannot be reached.'),
    hint: t('Check the network connection, then try again.'),
    later: true,
  };
}

/** @returns {Outcome} */
export function tooLarge() {
  return {
    state: 'refused',
    code: 'too_large',
    message: t('The file is larger than this site takes.'),
    hint: t('Export it smaller, or ask the administrator to load it.'),
  };
}
