/** What was seen, drawn over the overview: a pixel of it is green only when nothing below it is left to be seen. */

import {el} from '../../lib/dom.js';

/** @import {Coverage} from './coverage.js' */

/** RGBA, as a little-endian number. */
const SEEN = 0x9050c878;
const LEFT_OUT = 0x8c202020;
const OPEN = 0;

export class CoverageMap {
  /** @param {HTMLElement} overview */
  constructor(overview) {
    this.overview = overview;
    this.canvas = el('canvas', {class: 'coverage-map', attrs: {'aria-hidden': 'true'}});
    this.canvas.hidden = true;
    // Below the outline of what is on the screen.
    overview.querySelector('img')?.after(this.canvas);
  }

  /** @param {Coverage | null} coverage null: nothing is walked through */
  show(coverage) {
    this.canvas.hidden = coverage === null;
    if (!coverage) return;
    const picture = /** @type {HTMLImageElement} */ (this.overview.querySelector('img'));
    const [width, height] = [picture.width, picture.height];
    this.canvas.width = width;
    this.canvas.height = height;
    const pixels = new ImageData(width, height);
    paint(coverage, width, height, new Uint32Array(pixels.data.buffer));
    /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext('2d')).putImageData(pixels, 0, 0);
  }
}

/**
 * @param {Coverage} coverage @param {number} width @param {number} height @param {Uint32Array} pixels filled
 */
export function paint({columns, rows, seen, wanted}, width, height, pixels) {
  for (let y = 0; y < height; y += 1) {
    const [top, bottom] = [Math.floor((y / height) * rows), Math.max(Math.ceil(((y + 1) / height) * rows), 1)];
    for (let x = 0; x < width; x += 1) {
      const [left, right] = [Math.floor((x / width) * columns), Math.max(Math.ceil(((x + 1) / width) * columns), 1)];
      let [isWanted, isOpen] = [false, false];
      for (let row = top; row < bottom && !isOpen; row += 1) {
        for (let at = row * columns + left; at < row * columns + right && !isOpen; at += 1) {
          isWanted ||= wanted[at] === 1;
          isOpen = wanted[at] === 1 && seen[at] === 0;
        }
      }
      pixels[y * width + x] = isOpen ? OPEN : isWanted ? SEEN : LEFT_OUT;
    }
  }
}
