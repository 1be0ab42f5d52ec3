/** The workbench's icons: line drawings on a 20 px field, in the colour of the text. */

import {svg} from '../lib/dom.js';

/** @type {Record<string, string[]>} */
const PATHS = {
  select: ['M5 3l10 7.2-4.6.9L13 16l-2.1 1-2.5-5L5 15z'],
  box: ['M3.5 5.5h13v9h-13z', 'M2.5 4.5h2v2h-2z', 'M15.5 4.5h2v2h-2z', 'M2.5 13.5h2v2h-2z', 'M15.5 13.5h2v2h-2z'],
  polygon: ['M4 8l6-4.5L16.5 8 14 16H6z', 'M3 7h2v2H3z', 'M9 2.5h2v2H9z', 'M15.5 7h2v2h-2z', 'M13 15h2v2h-2z', 'M5 15h2v2H5z'],
  freehand: ['M4 13c-2-4 1-9 6-9 4 0 7 2 6 5s-4 1-4 4 1 4-2 4-5-1-6-4z'],
  ellipse: ['M10 4.5c4.4 0 7.5 2.4 7.5 5.5s-3.1 5.5-7.5 5.5-7.5-2.4-7.5-5.5S5.6 4.5 10 4.5z'],
  brush: ['M16.5 3.5L9 11', 'M8.5 10.5c-2-.6-3.8.6-4 2.6-.1 1.4-.7 2.2-2 2.9 2.8 1.2 6.9.7 7.6-2.4.3-1.3-.5-2.6-1.6-3.1z'],
  eraser: ['M3 12.5l8-8.5 5.5 5-6.5 7H6z', 'M7 8.2l5.5 5.3', 'M9 16h8'],
  point: ['M10 2.5v4', 'M10 13.5v4', 'M2.5 10h4', 'M13.5 10h4', 'M10 7.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z'],
  wand: ['M3.5 16.5l8-8', 'M14 2.5v4', 'M12 4.5h4', 'M16.5 9v3', 'M15 10.5h3', 'M8 3v3', 'M6.5 4.5h3'],
  ruler: ['M3 13L13 3l4 4L7 17z', 'M6 10l1.5 1.5', 'M8.5 7.5L10.5 9.5', 'M11 5l1.5 1.5'],
  angle: ['M16 4L4 15.5h13', 'M8.5 11.2a6 6 0 0 1 2 4.3'],
  lock: ['M5 9.5h10v7H5z', 'M7 9.5V7a3 3 0 0 1 6 0v2.5'],
  undo: ['M7 4L3 8l4 4', 'M3 8h9a4.5 4.5 0 0 1 0 9H8'],
  redo: ['M13 4l4 4-4 4', 'M17 8H8a4.5 4.5 0 0 0 0 9h4'],
  delete: ['M4 6h12', 'M8 6V3.5h4V6', 'M5.5 6l.8 10.5h7.4L14.5 6', 'M8.5 9v5', 'M11.5 9v5'],
  eye: ['M2 10c2-3.5 4.8-5.2 8-5.2s6 1.7 8 5.2c-2 3.5-4.8 5.2-8 5.2S4 13.5 2 10z', 'M10 7.6a2.4 2.4 0 1 0 0 4.8 2.4 2.4 0 0 0 0-4.8z'],
  'eye-off': [
    'M3 3l14 14',
    'M5.2 6.3C4 7.2 2.9 8.4 2 10c2 3.5 4.8 5.2 8 5.2 1.3 0 2.5-.3 3.6-.8',
    'M8 5c.6-.1 1.3-.2 2-.2 3.2 0 6 1.7 8 5.2-.6 1-1.2 1.8-1.9 2.5',
  ],
  suggestion: ['M10 2.5l1.6 4.9L16.5 9l-4.9 1.6L10 15.5l-1.6-4.9L3.5 9l4.9-1.6z', 'M16 14v4', 'M14 16h4'],
  drawn: ['M4 16l1-4 8.5-8.5 3 3L8 15z', 'M12 5l3 3'],
  help: ['M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15z', 'M7.8 7.6a2.3 2.3 0 1 1 3.3 2.2c-.8.4-1.1.8-1.1 1.7', 'M10 14v.4'],
  panel: ['M2.5 4h15v12h-15z', 'M12.5 4v12'],
  accept: ['M4 10.5l4 4 8-9'],
  edit: ['M4 16l1-4 8.5-8.5 3 3L8 15z'],
  relabel: ['M3 4h7l7 7-6 6-7-7z', 'M6.5 7.5v.1'],
  reject: ['M5 5l10 10', 'M15 5L5 15'],
  ignore: ['M4 10h12'],
  warning: ['M10 3l7.5 13.5h-15z', 'M10 8v4', 'M10 14.2v.1'],
  saved: ['M6 15.5a3.5 3.5 0 0 1-.3-7 5 5 0 0 1 9.6 1.2A3 3 0 0 1 15 15.5z', 'M7.8 11.5l1.7 1.6 3-3.2'],
  saving: ['M6 15.5a3.5 3.5 0 0 1-.3-7 5 5 0 0 1 9.6 1.2A3 3 0 0 1 15 15.5z', 'M10 13.5v-4', 'M8.3 11L10 9.3l1.7 1.7'],
  held: ['M6 15.5a3.5 3.5 0 0 1-.3-7 5 5 0 0 1 9.6 1.2A3 3 0 0 1 15 15.5z', 'M4 4l12 12'],
  home: ['M3 9.5L10 3.5l7 6', 'M5 8v8.5h10V8', 'M8.5 16.5v-4.5h3v4.5'],
  chevron: ['M7 5l5 5-5 5'],
  keyboard: ['M2.5 5h15v10h-15z', 'M5 8h.1', 'M8 8h.1', 'M11 8h.1', 'M14 8h.1', 'M6 12h8'],
};

/** @param {string} name @param {number} [size] px @returns {SVGSVGElement} decorative: its button carries the name */
export function icon(name, size = 20) {
  const frame = {viewBox: '0 0 20 20', width: size, height: size, class: 'icon', 'aria-hidden': 'true', focusable: 'false'};
  return svg('svg', frame, ...(PATHS[name] ?? []).map((d) => svg('path', {d})));
}
