import assert from 'node:assert/strict';
import {createServer} from 'node:http';
import {after, before, test} from 'node:test';

import {Api, ApiError, entityTag, errorOf, parseEntityTag} from '../../../static/js/lib/api.js';
import {fill, pickText} from '../../../static/js/lib/i18n.js';
import {PixelGrant} from '../../../static/js/viewer/pixel-grant.js';

/** @type {import('node:http').Server} */
let server;
let origin = '';
/** @type {{method?: string, headers: import('node:http').IncomingHttpHeaders, body: string}[]} */
const seen = [];
let granted = true;

/** @type {Record<string, (response: import('node:http').ServerResponse) => void>} */
const ROUTES = {
  '/ok/': (response) => json(response, 200, {answer: 42}, {ETag: '"7"'}),
  '/empty/': (response) => response.writeHead(204).end(),
  '/refused/': (response) =>
    json(response, 422, {error: {code: 'unknown_label', message: 'Unknown label', hint: 'Choose another', pointer: '/labels/0'}}),
  '/conflict/': (response) => json(response, 412, {error: {code: 'stale_revision', message: 'Changed'}, annotation: {revision: 3}}),
  '/page/': (response) => response.writeHead(500, {'Content-Type': 'text/html'}).end('<h1>Oops</h1>'),
  '/broken/': (response) => response.writeHead(200, {'Content-Type': 'application/json'}).end('{"half":'),
  '/login/': (response) => response.writeHead(200, {'Content-Type': 'text/html'}).end('<form></form>'),
  '/slow/': () => {},
  '/api/images/i1/open/': (response) => {
    granted = true;
    json(response, 200, {id: 'i1', grant_ttl_s: 60});
  },
  '/pixels/': (response) =>
    granted ? response.writeHead(200, {'Content-Type': 'image/jpeg'}).end('pixels') : json(response, 403, {error: {code: 'no_grant', message: 'No grant'}}),
  '/never/': (response) => json(response, 403, {error: {code: 'no_grant', message: 'No grant'}}),
};

/** @param {import('node:http').ServerResponse} response @param {number} status @param {unknown} body @param {Record<string, string>} [headers] */
function json(response, status, body, headers = {}) {
  response.writeHead(status, {'Content-Type': 'application/json', ...headers}).end(JSON.stringify(body));
}

before(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    seen.push({method: request.method, headers: request.headers, body});
    ROUTES[request.url ?? ''](response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
  const address = server.address();
  origin = typeof address === 'object' ? `http://127.0.0.1:${address?.port}` : '';
});

after(() => {
  server.closeAllConnections();
  server.close();
});

const client = () => new Api({fetch: (path, init) => fetch(origin + path, init), csrf: () => 'token'});

/** @param {Promise<unknown>} promise @returns {Promise<ApiError>} */
async function failure(promise) {
  const error = await promise.then(() => null, (reason) => reason);
  assert.ok(error instanceof ApiError, String(error));
  return error;
}

test('JSON goes out with the CSRF token, the revision and the idempotency key', async () => {
  const {status, data, etag} = await client().request('PUT', '/ok/', {json: {a: 1}, ifMatch: 6, idempotencyKey: 'k'});
  assert.deepEqual([status, data, etag], [200, {answer: 42}, '7']);
  const {method, headers, body} = seen[seen.length - 1];
  assert.deepEqual([method, body, headers['x-csrftoken'], headers['if-match'], headers['idempotency-key']], ['PUT', '{"a":1}', 'token', '"6"', 'k']);
});

test('reading sends no token and an empty answer is null', async () => {
  assert.equal(await client().get('/empty/'), null);
  assert.equal(seen[seen.length - 1].headers['x-csrftoken'], undefined);
});

test('a refusal carries code, message, hint and pointer of the server', async () => {
  const {status, code, message, hint, pointer} = await failure(client().post('/refused/', {}));
  assert.deepEqual([status, code, message, hint, pointer], [422, 'unknown_label', 'Unknown label', 'Choose another', '/labels/0']);
});

test('a conflict carries the current state', async () => {
  const error = await failure(client().put('/conflict/', {}));
  assert.deepEqual(/** @type {any} */ (error.body).annotation, {revision: 3});
});

test('answers that are not ours get codes of ours', async () => {
  assert.equal((await failure(client().get('/page/'))).code, 'http_500');
  assert.equal((await failure(client().get('/broken/'))).code, 'bad_answer');
  assert.equal((await failure(client().get('/login/'))).code, 'bad_answer');
});

test('no answer is told apart: unreachable, too slow, given up by the caller', async () => {
  const nowhere = new Api({fetch: (_path, init) => fetch('http://127.0.0.1:9/', init), csrf: () => ''});
  const unreachable = await failure(nowhere.get('/'));
  assert.deepEqual([unreachable.code, unreachable.status, unreachable.isUnreached], ['offline', 0, true]);
  const slow = await failure(client().get('/slow/', {timeoutMs: 50}));
  assert.deepEqual([slow.code, slow.isUnreached], ['timeout', true]);
  const abort = new AbortController();
  const given = client().get('/slow/', {signal: abort.signal});
  abort.abort();
  await assert.rejects(given, {name: 'AbortError'});
});

test('revisions are quoted and unquoted', () => {
  assert.equal(entityTag(3), '"3"');
  assert.equal(parseEntityTag('W/"abc"'), 'abc');
  assert.equal(parseEntityTag(null), null);
});

test('refused tiles renew the grant and come', async () => {
  granted = false;
  const grant = new PixelGrant({imageId: 'i1', api: client()});
  const answers = await Promise.all([1, 2, 3].map(() => grant.fetch('/pixels/')));
  assert.deepEqual(answers.map(({status}) => status), [200, 200, 200]);
  await Promise.all(answers.map((answer) => answer.text()));
});

test('many tiles that ask at once share one renewal', async () => {
  const grant = new PixelGrant({imageId: 'i1', api: client()});
  const before = seen.length;
  await Promise.all([grant.renew(), grant.renew(), grant.renew()]);
  assert.equal(seen.length - before, 1);
});

test('a tile that stays refused is an error with its code', async () => {
  const grant = new PixelGrant({imageId: 'i1', api: client()});
  const error = await failure(grant.fetch('/never/'));
  assert.deepEqual([error.status, error.code], [403, 'no_grant']);
  const response = await client().fetch('GET', '/page/');
  assert.equal((await errorOf(response)).code, 'http_500');
});

test('texts are filled by name and picked by language', () => {
  assert.equal(fill('{a} of {b} {c}', {a: 1, b: 'x'}), '1 of x {c}');
  assert.equal(pickText({ja: '肺', en: 'Lung'}, 'ja'), '肺');
  assert.equal(pickText({ja: '肺', en: ''}, 'en'), '肺');
  assert.equal(pickText(null), '');
});
