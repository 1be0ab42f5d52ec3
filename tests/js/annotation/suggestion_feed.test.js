import assert from 'node:assert/strict';
import {createServer} from 'node:http';
import {after, before, test} from 'node:test';

import {Api} from '../../../static/js/lib/api.js';
import {SuggestionFeed} from '../../../static/js/annotation/suggestion_feed.js';

/** @type {import('node:http').Server} */
let server;
let origin = '';
/** What the server holds. */
let state = {tag: 'W/"1"', body: {suggestions: /** @type {any[]} */ ([]), is_run_waiting: true}, status: 200};
let asked = 0;

before(async () => {
  server = createServer((request, response) => {
    asked += 1;
    if (state.status !== 200) {
      response.writeHead(state.status, {'Content-Type': 'application/json'});
      response.end(JSON.stringify({error: {code: 'not_signed_in', message: 'Sign in'}}));
    } else if (request.headers['if-none-match'] === state.tag) response.writeHead(304, {ETag: state.tag}).end();
    else {
      response.writeHead(200, {'Content-Type': 'application/json', ETag: state.tag});
      response.end(JSON.stringify(state.body));
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
  origin = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`;
});
after(() => server.close());

/** @returns {{feed: SuggestionFeed, got: any[][]}} */
function begin() {
  /** @type {any[][]} */
  const got = [];
  const api = new Api({fetch: (url, init) => fetch(origin + url, init), csrf: () => ''});
  const feed = new SuggestionFeed({api, path: '/', onChange: (suggestions) => got.push(suggestions), quietly: (run) => run()});
  return {feed, got};
}

test('what a model says later arrives by itself, and the asking ends with its answer', async () => {
  asked = 0;
  state = {tag: 'W/"1"', body: {suggestions: [], is_run_waiting: true}, status: 200};
  const {feed, got} = begin();
  await feed.pull();
  assert.deepEqual(got, [[]]);
  state = {tag: 'W/"2"', body: {suggestions: [{id: 'a'}], is_run_waiting: false}, status: 200};
  const until = Date.now() + 8_000;
  while (got.length < 2 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(got, [[], [{id: 'a'}]]);
  assert.equal(asked, 2);
  await feed.pull();
  assert.equal(asked, 3);
  assert.equal(got.length, 2, 'nothing new is not told again');
  await feed.pull({always: true});
  assert.equal(got.length, 3, 'but may be asked for');
  feed.stop();
});

test('a refusal is told to who asked', async () => {
  state = {...state, status: 401};
  const {feed} = begin();
  await assert.rejects(feed.pull(), {name: 'ApiError', status: 401, code: 'not_signed_in'});
});

test('a list that was on its way while a decision was answered is not taken over, but asked for again', async () => {
  state = {tag: 'W/"9"', body: {suggestions: [{id: 'a'}], is_run_waiting: false}, status: 200};
  /** @type {any[][]} */
  const got = [];
  let answered = 0;
  /** @type {() => void} */
  let onAgain = () => {};
  const again = new Promise((resolve) => {
    onAgain = () => resolve(null);
  });
  const api = new Api({
    fetch: async (url, init) => {
      const response = await fetch(origin + url, init);
      if (got.length === 0 && answered === 0) answered += 1;
      return response;
    },
    csrf: () => '',
  });
  const feed = new SuggestionFeed({
    api,
    path: '/',
    onChange: (suggestions) => got.push(suggestions),
    quietly: async (run) => {
      await run();
      onAgain();
    },
    answered: () => answered,
  });
  await feed.pull();
  assert.deepEqual(got, []);
  await again;
  assert.deepEqual(got, [[{id: 'a'}]]);
  feed.stop();
});
