/** What shows a finding of the whole examination: images, frames of them, marks on them. */

import {pickText, t} from '../../lib/i18n.js';

/** @import {MarkingRules} from '../marking_rules.js' */
/** @import {Citation} from '../types.js' */

/** @typedef {{id: string, granularity: string, frame: number | null, labels: string[]}} ExamMark */
/**
 * @typedef {object} ExamImage
 * @property {string} id
 * @property {string} name
 * @property {string} kind
 * @property {number} frame_count
 * @property {string} thumbnail_url
 * @property {string | null} state of the reader's read; null: none was opened
 * @property {string | null} read_url
 * @property {ExamMark[]} marks of the reader; those of the image on screen are in the store
 */

export const MAX_CITES = 200;

/** @param {Citation} one @param {Citation} other */
export const isSame = (one, other) => one.image_id === other.image_id && one.frame === other.frame && one.annotation_id === other.annotation_id;

/**
 * Adds a place. An image that was cited as a whole is cited more closely from then on.
 * @param {Citation[]} cites @param {Citation} added
 * @returns {Citation[]} the same list where nothing changes
 */
export function withCitation(cites, added) {
  if (cites.some((one) => isSame(one, added))) return cites;
  const isWhole = (/** @type {Citation} */ one) => one.frame === null && one.annotation_id === null;
  const kept = isWhole(added) ? cites : cites.filter((one) => one.image_id !== added.image_id || !isWhole(one));
  return kept.length < MAX_CITES ? [...kept, added] : cites;
}

/** @param {Citation[]} cites @param {string} imageId @returns {Citation[]} without all that is cited of the image; the last one stays */
export function withoutImage(cites, imageId) {
  const kept = cites.filter((one) => one.image_id !== imageId);
  return kept.length > 0 ? kept : cites;
}

/** @param {Citation[]} cites @param {Citation} gone @returns {Citation[]} the last one stays */
export const without = (cites, gone) => (cites.length > 1 ? cites.filter((one) => !isSame(one, gone)) : cites);

/** @param {string[]} labels codes @param {MarkingRules} rules @returns {string} */
export const nameOf = (labels, rules) => pickText(rules.byCode.get(labels[0] ?? '')?.display ?? {}) || labels[0] || t('Mark');

/**
 * @param {Citation} cited
 * @param {{image: ExamImage | undefined, mark: {labels: string[]} | null | undefined, rules: MarkingRules}} known null: the mark is gone
 * @returns {string} what is cited, as people say it; frames count from 1
 */
export function sayCitation({frame, annotation_id: markId}, {image, mark, rules}) {
  const place = frame === null ? '' : t('frame {number}', {number: frame + 1});
  const what = markId === null ? '' : mark ? nameOf(mark.labels, rules) : t('mark that was deleted');
  return [image?.name ?? t('another image'), place, what].filter(Boolean).join(' · ');
}

/** @param {Citation} cited @returns {string} the part of an address behind #, that {@link placeOfHash} reads */
export function hashOf({frame, annotation_id: markId}) {
  if (markId !== null) return `#mark=${markId}`;
  return frame === null ? '' : `#frame=${frame}`;
}

/** @param {string} hash @returns {{mark: string | null, frame: number | null}} */
export function placeOfHash(hash) {
  const params = new URLSearchParams(hash.replace(/^#/, ''));
  const frame = params.get('frame') ?? '';
  return {mark: params.get('mark'), frame: /^\d{1,9}$/.test(frame) ? Number(frame) : null};
}
