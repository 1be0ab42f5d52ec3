/** What a reader decides on a suggestion. A decision and the mark that comes of it are one change set. */

import {t} from '../../lib/i18n.js';
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
