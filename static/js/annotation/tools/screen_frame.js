/** Where the pixels of the screen lie on the image: a parallelogram, however the view is turned. */

/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {Position} from '../types.js' */

/**
 * @typedef {object} ScreenFrame
 * @property {[number, number]} origin level-0 px of the corner of the canvas
 * @property {[number, number]} across what a screen px to the right adds
 * @property {[number, number]} down what one further down adds
 * @property {{width: number, height: number}} image level-0 px
 */

/** @param {Viewer} viewer @returns {ScreenFrame} */
export function frameOf(viewer) {
  const {width, height} = viewer.manifest;
  const [origin, right, down] = [[0, 0], [1, 0], [0, 1]].map((at) => viewer.level0FromPixel(at)); // prettier-ignore
  return {
    origin: [origin[0], origin[1]],
    across: [right[0] - origin[0], right[1] - origin[1]],
    down: [down[0] - origin[0], down[1] - origin[1]],
    image: {width, height},
  };
}

/** @param {ScreenFrame} frame @param {number} x @param {number} y CSS px of the canvas @returns {Position} level-0 px */
export const level0At = ({origin, across, down}, x, y) => [origin[0] + x * across[0] + y * down[0], origin[1] + x * across[1] + y * down[1]];

/** @param {ScreenFrame} frame @param {number} x @param {number} y CSS px @returns {Position} level-0 px, on the image */
export function onImageAt(frame, x, y) {
  const [atX, atY] = level0At(frame, x, y);
  return [Math.min(Math.max(atX, 0), frame.image.width), Math.min(Math.max(atY, 0), frame.image.height)];
}

/**
 * @param {ScreenFrame} frame @param {number} y row of screen px @param {number} columns
 * @returns {[number, number]} the first pixel of the row that shows the image, and the one after the last
 */
export function spanOf(frame, y, columns) {
  let [from, to] = [0, columns];
  const start = level0At(frame, 0.5, y + 0.5);
  [frame.image.width, frame.image.height].forEach((end, axis) => {
    const [at, step] = [start[axis], frame.across[axis]];
    if (Math.abs(step) < 1e-9) {
      if (at < 0 || at > end) to = from;
      return;
    }
    const [one, other] = [-at / step, (end - at) / step];
    from = Math.max(from, Math.ceil(Math.min(one, other)));
    to = Math.min(to, Math.floor(Math.max(one, other)) + 1);
  });
  return [from, Math.max(from, to)];
}
