/** Words for codes that pages of societies show. */

import {t} from '../lib/i18n.js';

/** @param {string} code @returns {string} */
export function granularityName(code) {
  /** @type {Record<string, string>} */
  const names = {
    presence: t('normal or abnormal'),
    diagnosis: t('diagnosis of the image'),
    tissue: t('tissue'),
    point: t('points'),
    box: t('boxes'),
    region: t('regions'),
    cell: t('cell outlines'),
  };
  return names[code] ?? code;
}

/** @param {string} kind @returns {string} */
export function imageKind(kind) {
  /** @type {Record<string, string>} */
  const names = {slide: t('slide'), frames: t('frames'), photograph: t('photograph'), video: t('video')};
  return names[kind] ?? kind;
}

/** @param {string} state @returns {string} */
export function imageState(state) {
  /** @type {Record<string, string>} */
  const names = {waiting: t('waiting'), reading: t('being read'), done: t('done')};
  return names[state] ?? state;
}

/** @param {string} state @returns {string} */
export function runState(state) {
  /** @type {Record<string, string>} */
  const names = {queued: t('queued'), running: t('running'), done: t('finished'), failed: t('failed')};
  return names[state] ?? state;
}
