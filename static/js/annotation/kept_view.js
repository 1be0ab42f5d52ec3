/** Where a reader looked, kept as long as the tab lives: neither a reload nor another language moves the image. */

/** @import {ViewState, Viewer} from '../viewer/viewer.js' */

/** @param {string} readId @returns {string} */
const keyOf = (readId) => `mitate-view-${readId}`;

/** @param {string} readId @returns {ViewState | null} */
export function keptView(readId) {
  const kept = sessionStorage.getItem(keyOf(readId));
  return kept === null ? null : JSON.parse(kept);
}

/** @param {string} readId @param {Viewer} viewer */
export function keepView(readId, viewer) {
  globalThis.addEventListener('pagehide', () => sessionStorage.setItem(keyOf(readId), JSON.stringify(viewer.state())));
}
