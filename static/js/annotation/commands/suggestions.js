/** What a reader decides on a suggestion. A decision and the mark that comes of it are one change set. */

import {t, tn} from '../../lib/i18n.js';
import {newId} from '../ids.js';
import {newBody, seconds} from './marks.js';

/** @import {Body, Suggestion, Verdict} from '../types.js' */
/** @import {Store} from '../store.js' */

/** @param {Suggestion} suggestion @returns {boolean} whether nobody has decided on it yet */
export const isOpen = (suggestion) => !suggestion.decision || suggestion.decision.verdict === 'undo';

/**
 * Makes a mark of a suggestion.
 * @param {Store} store
 * @param {Suggestion} suggestion
 * @param {object} [choice]
 * @param {Extract<Verdict, 'accept' | 'edit' | 'relabel'>} [choice.verdict]
 * @param {string[]} [choice.labels] instead of the suggested ones
 * @param {number} [choice.activeSeconds]
 * @param {string | null} [choice.into] the diagnosis mark that takes the suggested diagnosis over
 * @param {Record<string, unknown> | null} [choice.form] of that diagnosis
 * @returns {string} id of the mark
 */
export function acceptSuggestion(store, suggestion, {verdict = 'accept', labels, activeSeconds = 0, into = null, form = null} = {}) {
  const id = into ?? newId();
  const {granularity, geometry, frame} = suggestion;
  const base = (into && store.get(into)?.body) || newBody({granularity, geometry, frame, labels: []});
  /** @type {Body} */
  const body = {
    ...base,
    labels: labels ?? suggestion.labels,
    form: form ?? base.form,
    origin: 'suggestion',
    suggestion_id: suggestion.id,
    active_seconds: seconds(base.active_seconds + activeSeconds),
  };
  const names = {accept: t('Accept a suggestion'), edit: t('Edit a suggestion'), relabel: t('Relabel a suggestion')};
  const decisions = [{suggestionId: suggestion.id, annotationId: id, verdict}];
  store.commit('suggestion', {name: names[verdict], marks: [{id, body}], decisions});
  return id;
}

/**
 * Turns a suggestion down, or leaves it aside.
 * @param {Store} store
 * @param {Suggestion} suggestion
 * @param {Extract<Verdict, 'reject' | 'ignore'>} verdict
 * @param {string} [reason]
 */
export function declineSuggestion(store, suggestion, verdict, reason = '') {
  const name = verdict === 'reject' ? t('Reject a suggestion') : t('Ignore a suggestion');
  store.commit('suggestion', {name, decisions: [{suggestionId: suggestion.id, verdict, reason}]});
}

/**
 * Decides on many suggestions as one step, each with a decision and, where it is taken over, a mark of its own.
 * @param {Store} store
 * @param {Suggestion[]} suggestions with a shape, open
 * @param {object} choice
 * @param {Extract<Verdict, 'accept' | 'reject' | 'ignore'>} choice.verdict
 * @param {string} [choice.label] with `accept`: the marks get this label
 * @param {number} [choice.activeSeconds] for all of them together
 */
export function decideMany(store, suggestions, {verdict, label, activeSeconds = 0}) {
  const count = suggestions.length;
  const names = {
    accept: () => tn('Accept {count} suggestion', 'Accept {count} suggestions', count),
    reject: () => tn('Reject {count} suggestion', 'Reject {count} suggestions', count),
    ignore: () => tn('Ignore {count} suggestion', 'Ignore {count} suggestions', count),
  };
  if (verdict !== 'accept') {
    store.commit('suggestion', {name: names[verdict](), decisions: suggestions.map(({id}) => ({suggestionId: id, verdict}))});
    return;
  }
  const each = activeSeconds / Math.max(count, 1);
  const taken = suggestions.map((suggestion) => ({suggestion, id: newId(), relabels: label !== undefined && suggestion.labels[0] !== label}));
  store.commit('suggestion', {
    name: label === undefined ? names.accept() : tn('Label {count} suggestion', 'Label {count} suggestions', count),
    marks: taken.map(({suggestion, id, relabels}) => ({id, body: bodyOf(suggestion, relabels ? [String(label)] : suggestion.labels, each)})),
    decisions: taken.map(({suggestion, id, relabels}) => ({
      suggestionId: suggestion.id,
      annotationId: id,
      verdict: relabels ? 'relabel' : 'accept',
    })),
  });
}

/** @param {Suggestion} suggestion @param {string[]} labels @param {number} activeSeconds @returns {Body} */
function bodyOf({id, granularity, geometry, frame}, labels, activeSeconds) {
  return {...newBody({granularity, geometry, frame, labels, activeSeconds}), origin: 'suggestion', suggestion_id: id};
}
