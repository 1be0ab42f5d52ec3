/** The viewer's icons: 16 px line drawings in the colour of the text. */

import {svg} from '../../lib/dom.js';

const PATHS = {
  fit: ['M2 6V2h4', 'M10 2h4v4', 'M14 10v4h-4', 'M6 14H2v-4', 'M6 6h4v4H6z'],
  'zoom-in': ['M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9z', 'M10.3 10.3 14 14', 'M7 5v4', 'M5 7h4'],
  'zoom-out': ['M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9z', 'M10.3 10.3 14 14', 'M5 7h4'],
  'rotate-left': ['M3 7a5.2 5.2 0 1 1 1.4 4.9', 'M3 3v4h4'],
  'rotate-right': ['M13 7a5.2 5.2 0 1 0-1.4 4.9', 'M13 3v4H9'],
  fullscreen: ['M2 6V2h4', 'M10 2h4v4', 'M14 10v4h-4', 'M6 14H2v-4'],
  play: ['M5 3l8 5-8 5z'],
  pause: ['M5 3v10', 'M11 3v10'],
  previous: ['M10 3 5 8l5 5'],
  next: ['M6 3l5 5-5 5'],
  invert: ['M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2z', 'M8 2v12', 'M8 5l4 0', 'M8 8l6 0', 'M8 11l4 0'],
  map: ['M2 3h12v10H2z', 'M9 8h5', 'M9 8v5'],
  note: ['M8 2 14 13H2z', 'M8 6.2v3.3', 'M8 11.2v.4'],
  overlay: ['M2 5.5 8 2.5l6 3-6 3z', 'M2 8.5l6 3 6-3', 'M2 11l6 3 6-3'],
  close: ['M4 4l8 8', 'M12 4l-8 8'],
};

/** @typedef {keyof typeof PATHS} IconName */

/** @param {IconName} name @returns {SVGSVGElement} decorative: its button carries the name */
export function icon(name) {
  const frame = {viewBox: '0 0 16 16', width: 16, height: 16, class: 'viewer-icon', 'aria-hidden': 'true', focusable: 'false'};
  return svg('svg', frame, ...PATHS[name].map((d) => svg('path', {d})));
}
