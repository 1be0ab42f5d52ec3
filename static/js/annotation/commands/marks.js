/** What a reader does to marks: each command is one change set, which the history can take back. */

import {t} from '../../lib/i18n.js';
import {newId} from '../ids.js';

/** @import {Basis, Body, Certainty, Geometry, Granularity, Track} from '../types.js' */
/** @import {ChangeSet, Store} from '../store.js' */

/**
 * @param {object} parts
 * @param {Granularity} parts.granularity
 * @param {Geometry | Track | null} parts.geometry
 * @param {number | null} parts.frame 0-based
 * @param {string[]} parts.labels
 * @param {number} [parts.activeSeconds]
 * @returns {Body}
 */
export function newBody({granularity, geometry, frame, labels, activeSeconds = 0}) {
  return {
    granularity,
    frame,
    geometry,
    labels,
    text: '',
    form: null,
    certainty: null,
    basis: [],
    origin: 'manual',
    suggestion_id: null,
    active_seconds: seconds(activeSeconds),
  };
}

/** @param {number} value @returns {number} tenths are as fine as attention can be measured */
export const seconds = (value) => Math.round(value * 10) / 10;

/** @param {Store} store @param {Body} body @returns {string} id of the new mark */
export function createMark(store, body) {
  const id = newId();
  store.commit('local', {name: t('Draw a mark'), marks: [{id, body}]});
  return id;
}

/** @param {Store} store @param {Body[]} bodies @returns {string[]} ids of the new marks, made as one step */
export function createMarks(store, bodies) {
  const marks = bodies.map((body) => ({id: newId(), body}));
  store.commit('local', {name: t('Paint a region'), marks});
  return marks.map(({id}) => id);
}

/**
 * Gives a mark what is left of it after a stroke, as one step: without any shape it is deleted, and further shapes become
 * marks that say the same.
 * @param {Store} store @param {string} id @param {Geometry[]} shapes @param {number} activeSeconds
 * @param {string} [name] of the step
 * @returns {ChangeSet | null}
 */
export function repaintMark(store, id, [first, ...others], activeSeconds, name = first ? t('Change a shape') : t('Delete marks')) {
  const mark = store.seen(id);
  if (!mark) return null;
  const {granularity, frame, labels} = mark.body;
  // Of a track only what is on this frame goes.
  const isKept = first || mark.body.seen;
  const body = isKept && {...mark.body, geometry: first ?? null, active_seconds: seconds(mark.body.active_seconds + activeSeconds)};
  const split = others.map((geometry) => ({id: newId(), body: newBody({granularity, geometry, frame, labels})}));
  return store.commit('local', {name, marks: [{id, body: body ?? null}, ...split]});
}

/**
 * Gives marks a new geometry (moved, resized, a vertex dragged), as one step.
 * @param {Store} store
 * @param {{id: string, geometry: Geometry, activeSeconds?: number}[]} shapes
 * @param {string} [name] of the step
 * @returns {ChangeSet | null}
 */
export function reshapeMarks(store, shapes, name = t('Change a shape')) {
  const marks = shapes.flatMap(({id, geometry, activeSeconds = 0}) => {
    const mark = store.seen(id);
    return mark ? [{id, body: {...mark.body, geometry, active_seconds: seconds(mark.body.active_seconds + activeSeconds)}}] : [];
  });
  return store.commit('local', {name, marks});
}

/**
 * @param {Store} store @param {Iterable<string>} ids @param {string} code label code
 * @returns {ChangeSet | null}
 */
export function relabelMarks(store, ids, code) {
  const marks = [...ids].flatMap((id) => {
    const mark = store.get(id);
    return mark ? [{id, body: {...mark.body, labels: [code]}}] : [];
  });
  return store.commit('local', {name: t('Change a label'), marks});
}

/** @param {Store} store @param {Iterable<string>} ids @returns {ChangeSet | null} */
export function deleteMarks(store, ids) {
  return store.commit('local', {name: t('Delete marks'), marks: [...ids].map((id) => ({id, body: null}))});
}

/** @param {Store} store @param {string} id @param {string} text @returns {ChangeSet | null} */
export function setText(store, id, text) {
  const mark = store.get(id);
  return mark ? store.commit('local', {name: t('Change a note'), marks: [{id, body: {...mark.body, text}}]}) : null;
}

/**
 * @typedef {object} DiagnosisPatch
 * @property {string[]} [labels]
 * @property {Record<string, unknown> | null} [form]
 * @property {Certainty | null} [certainty]
 * @property {Basis[]} [basis]
 * @property {string} [text]
 */

/**
 * Changes what is said of the image as a whole; makes that mark at its first word.
 * @param {Store} store
 * @param {object} where
 * @param {string | null} where.id the diagnosis mark, null: there is none yet
 * @param {Granularity} where.granularity
 * @param {number} [where.activeSeconds]
 * @param {DiagnosisPatch} patch
 * @returns {string} id of the diagnosis mark
 */
export function setDiagnosis(store, {id, granularity, activeSeconds = 0}, patch) {
  const key = id ?? newId();
  const base = (id && store.get(id)?.body) || newBody({granularity, geometry: null, frame: null, labels: []});
  const body = {...base, ...patch, active_seconds: seconds(base.active_seconds + activeSeconds)};
  store.commit('local', {name: t('Change the diagnosis'), marks: [{id: key, body}]});
  return key;
}
