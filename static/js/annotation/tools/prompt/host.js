/**
 * Asks the model, and makes marks of what it says; where it cannot be had, of what looks alike on screen. Nobody waits: what
 * is asked pulses where it lies, and any number of places can be pointed at.
 */

import {t, tn} from '../../../lib/i18n.js';
import {ApiError} from '../../../lib/api.js';
import {createMark, newBody} from '../../commands/marks.js';
import {acceptSuggestion, decideMany} from '../../commands/suggestions.js';
import {newId} from '../../ids.js';
import {PendingLayer} from '../../render/pending_layer.js';
import {areaOf, geometryOf, intersection, regionOf} from '../../regions.js';
import {Pick} from '../wand/pick.js';

/** @import {Api} from '../../../lib/api.js' */
/** @import {Viewer} from '../../../viewer/viewer.js' */
/** @import {MarkingRules} from '../../marking_rules.js' */
/** @import {Store} from '../../store.js' */
/** @import {Geometry, Granularity, Label, Suggestion} from '../../types.js' */
/** @import {Workspace} from '../../workspace.js' */
/** @import {ToolHost} from '../chart.js' */

/** A little longer than the server gives the model. */
const TIMEOUT_MS = 10_000;

/** @typedef {[number, number, number, number]} Box x, y, width, height in level-0 px; without size: a place */

/**
 * @typedef {object} PromptParts
 * @property {Viewer} viewer
 * @property {Store} store
 * @property {Workspace} workspace
 * @property {MarkingRules} rules
 * @property {Api} api
 * @property {string} readId
 * @property {() => Label | null} label in hand
 * @property {() => number} spent seconds since the shape was begun
 *
 * @typedef {object} PromptHost
 * @property {(box: Box, from: [number, number], to: [number, number]) => void} ask from and to: CSS px of press and release
 *
 * @typedef {object} Asked
 * @property {Box} box
 * @property {Label} label
 * @property {Granularity} granularity
 * @property {number | null} frame
 * @property {number} activeSeconds
 * @property {Pick | null} pick what the wand saw there
 */

/** @param {ToolHost} host @param {PromptParts} parts @returns {ToolHost & PromptHost} */
export function promptHost(host, parts) {
  const {viewer, workspace, rules} = parts;
  const pending = new PendingLayer(viewer);
  return {
    ...host,
    ask: (box, from, to) => {
      const label = parts.label();
      const granularity = label && rules.granularityFor('prompt', label);
      if (!label || !granularity) return;
      /** @type {[number, number]} */
      const middle = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
      // The view may be another one when the answer is there.
      const pick = Pick.at(viewer, middle);
      const asked = {box, label, granularity, frame: viewer.frame, activeSeconds: parts.spent(), pick};
      const done = pending.show(box);
      void answer(asked, parts)
        .then((outcome) => workspace.state.canWrite && take(outcome, asked, parts, host.say))
        .finally(done);
    },
  };
}

/** @typedef {{suggestions: Suggestion[], reason: string | null}} Outcome reason: why nothing came of it */

/** @param {Asked} asked @param {PromptParts} parts @returns {Promise<Outcome>} */
async function answer({box: [x, y, width, height], label, granularity, frame}, {api, readId}) {
  const body = {id: newId(), x, y, width, height, frame, label: label.code, granularity};
  try {
    const {suggestions} = await api.post(`/api/reads/${readId}/prompts/`, body, {timeoutMs: TIMEOUT_MS});
    return {suggestions, reason: suggestions.length > 0 ? null : t('The model sees nothing there.')};
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return {suggestions: [], reason: error.message};
  }
}

/** @param {Outcome} outcome @param {Asked} asked @param {PromptParts} parts @param {ToolHost['say']} say */
function take({suggestions, reason}, asked, parts, say) {
  const {store, workspace} = parts;
  if (reason !== null) {
    const made = byColour(asked, parts);
    if (made) show(workspace, made);
    say(made ? t('{reason} It is outlined by colour instead.', {reason}) : reason, !made);
    return;
  }
  store.addSuggestions(suggestions);
  const {label, activeSeconds} = asked;
  if (suggestions.length > 1) {
    decideMany(store, suggestions, {verdict: 'accept', label: label.code, activeSeconds});
    say(tn('The model outlined {count}.', 'The model outlined {count}.', suggestions.length));
    return;
  }
  const verdict = suggestions[0].labels[0] === label.code ? 'accept' : 'relabel';
  show(workspace, acceptSuggestion(store, suggestions[0], {verdict, labels: [label.code], activeSeconds}));
}

/** @param {Workspace} workspace @param {string} id nothing is taken out of the hands of somebody who goes on */
function show(workspace, id) {
  if (!workspace.state.isDrawing) workspace.select([id]);
}

/** @param {Asked} asked @param {PromptParts} parts @returns {string | null} id of the mark, which is the reader's own */
function byColour({pick, box, label, granularity, frame, activeSeconds}, {store, workspace}) {
  const found = pick?.outlineOf(pick.grow(workspace.state.wandTolerance));
  const geometry = found && found !== 'too-many' ? within(found, box) : null;
  return geometry && createMark(store, newBody({granularity, geometry, frame, labels: [label.code], activeSeconds}));
}

/** @param {Geometry} geometry @param {Box} box @returns {Geometry | null} the largest part of it inside the box */
function within(geometry, [x, y, width, height]) {
  if (width === 0) return geometry;
  const corners = /** @type {[number, number][]} */ ([[x, y], [x + width, y], [x + width, y + height], [x, y + height], [x, y]]); // prettier-ignore
  const [largest] = intersection(regionOf(geometry), [[corners]]).toSorted((a, b) => areaOf([b]) - areaOf([a]));
  return largest ? geometryOf([largest]) : null;
}
