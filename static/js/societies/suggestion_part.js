/** The model of a campaign: which one, asking it, and what became of it. */

import {api} from '../lib/api.js';
import {el, replaceChildren} from '../lib/dom.js';
import {t, tn} from '../lib/i18n.js';
import {busy, notify, shortTime} from './page.js';
import {runState} from './words.js';

const SHOWN_RUNS = 6;
/** @type {Record<string, string>} */
const BADGES = {queued: 'badge', running: 'badge badge-accent', done: 'badge badge-ok', failed: 'badge badge-danger'};

/**
 * @param {HTMLElement} place
 * @param {any} data the page's data: endpoints, endpoint_id, endpoint_url, runs, runs_url
 * @param {() => Promise<void>} refresh
 */
export function drawSuggestions(place, data, refresh) {
  if (data.endpoints.length === 0) {
    const link = el('a', {text: t('Register a model'), attrs: {href: '/endpoints/'}});
    replaceChildren(place, el('p', {class: 'muted', text: t('Your society has no model endpoint yet.')}), el('p', {}, link));
    return;
  }
  const parts = [choice(data, refresh), data.endpoint_id ? askButton(data, refresh) : null, counts(data.runs.counts), runList(data.runs.runs)];
  replaceChildren(place, ...parts);
}

/** @param {any} data @param {() => Promise<void>} refresh @returns {HTMLElement} */
function choice(data, refresh) {
  const none = el('option', {text: t('No model'), attrs: {value: ''}});
  const options = data.endpoints.map((/** @type {any} */ each) =>
    el('option', {text: each.name, attrs: {value: each.id, selected: each.id === data.endpoint_id}}),
  );
  const select = el('select', {attrs: {id: 'endpoint'}}, none, ...options);
  select.addEventListener('change', async () => {
    const answer = await api.post(data.endpoint_url, {endpoint_id: select.value || null}).catch((/** @type {any} */ error) => {
      notify(error.message, {kind: 'error', hint: error.hint});
      return null;
    });
    if (answer) {
      data.endpoint_id = answer.endpoint_id;
      await refresh();
    }
  });
  return el('div', {class: 'field'}, el('label', {text: t('Model'), attrs: {for: 'endpoint'}}), select);
}

/** @param {any} data @param {() => Promise<void>} refresh @returns {HTMLButtonElement} */
function askButton(data, refresh) {
  const button = el('button', {text: t('Ask the model'), attrs: {type: 'button'}});
  button.addEventListener('click', () =>
    void busy(button, async () => {
      const answer = await api.post(data.runs_url, {});
      const message = answer.queued
        ? tn('The model is asked about {count} image.', 'The model is asked about {count} images.', answer.queued)
        : t('All images are waiting for the model already.');
      notify(message);
      await refresh();
    }),
  );
  return button;
}

/** @param {Record<string, number>} numbers @returns {HTMLElement | null} */
function counts(numbers) {
  const states = ['queued', 'running', 'done', 'failed'].filter((state) => numbers[state] > 0);
  if (states.length === 0) return el('p', {class: 'help', text: t('The model was not asked yet.')});
  return el('div', {class: 'counts'}, ...states.map((state) => el('span', {class: BADGES[state], text: `${runState(state)} ${numbers[state]}`})));
}

/** @param {any[]} runs @returns {HTMLElement | null} the newest runs, those that failed first */
function runList(runs) {
  const ordered = [...runs.filter((run) => run.state === 'failed'), ...runs.filter((run) => run.state !== 'failed')];
  return el('ul', {class: 'runs'}, ...ordered.slice(0, SHOWN_RUNS).map(runItem));
}

/** @param {any} run @returns {HTMLElement} */
function runItem(run) {
  // One that makes a layer of cells says under Cells what it found; here, how far it is.
  const sent = run.steps > 0 ? t('{done} of {all} pictures', {done: run.steps_done.toLocaleString(), all: run.steps.toLocaleString()}) : '';
  const found = run.state === 'done' && run.steps === 0 ? tn('{count} suggestion', '{count} suggestions', run.suggestion_count) : '';
  const dropped = run.dropped_count ? tn('{count} unusable', '{count} unusable', run.dropped_count) : '';
  const model = run.model.name ? `${run.model.name} ${run.model.version}` : '';
  const facts = [found, sent, dropped, model, shortTime(run.finished_at ?? run.created_at)].filter(Boolean).join(' · ');
  return el(
    'li',
    {},
    el('p', {class: 'run-head'}, el('span', {text: run.image_name}), el('span', {class: BADGES[run.state], text: runState(run.state)})),
    el('p', {class: 'small muted numbers', text: facts}),
    run.error ? el('p', {class: 'small', text: `${run.error.message} ${run.error.hint}`}) : null,
  );
}
