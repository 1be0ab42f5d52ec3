/** Draws many shapes into one tile: large ones as the vector layer would, small ones as much as can be seen of them. */

import {SELECTED} from '../cells/work/painting.js';
import {SMALL_DASH, SMALL_PX} from './styles.js';

/** @import {Feature, Style} from '../../../vendor/ol.mjs' */

/**
 * @typedef {object} Frame what a tile shows
 * @property {number} left level-0 px
 * @property {number} top level-0 px
 * @property {number} resolution level-0 px a px of the tile
 * @property {number} pixelRatio device px a px of the tile
 *
 * @typedef {OffscreenCanvasRenderingContext2D} Context
 */

/** Below this a shape is a dot; px. */
const TINY_PX = 4;
const SMALL_CORNERS = 8;
/** A path of very many outlines takes the square of their number to fill. */
const OUTLINES_A_PATH = 16;
const SMALL_FILL = 0.25;
/** Lines through fewer vertices are not worth the search for those that are not seen. */
const SIMPLIFIED_FROM = 64;
/** A vertex this near to the line is not seen; px. */
const UNSEEN_PX = 0.25;

/**
 * @param {Context} context
 * @param {Feature[]} features the lowest first
 * @param {(feature: Feature) => Style[]} styleOf
 * @param {Frame} frame
 */
export function paintCrowd(context, features, styleOf, frame) {
  const small = new SmallShapes(context);
  /** @type {{style: Style, path: Path2D | null, at: number[]}[][]} what is drawn first, then what lies on it */
  const passes = [];
  for (const feature of features) {
    const styles = styleOf(feature);
    if (styles.length === 0) continue;
    const geometry = /** @type {any} */ (feature.getGeometry());
    const box = boxOf(geometry, frame);
    const size = Math.max(box[2], box[3]);
    if (geometry.getType() !== 'Point' && size < SMALL_PX) {
      if (size < TINY_PX) small.addDot(box, lineOf(styles));
      else small.add(geometry, lineOf(styles), frame);
      continue;
    }
    const path = geometry.getType() === 'Point' ? null : pathOf(geometry, frame);
    styles.forEach((style, pass) => (passes[pass] ??= []).push({style, path, at: box}));
  }
  small.flush();
  for (const pass of passes) for (const {style, path, at} of pass) draw(context, style, path, at, frame.pixelRatio);
}

/** @param {any} geometry @param {Frame} frame @returns {number[]} left, top, width, height; px of the tile */
function boxOf(geometry, {left, top, resolution}) {
  const [x0, y0, x1, y1] = geometry.getExtent();
  return [(x0 - left) / resolution, (-y1 - top) / resolution, (x1 - x0) / resolution, (y1 - y0) / resolution];
}

/** @typedef {{colour: string, isDashed: boolean}} Line */

/** @param {Style[]} styles @returns {Line} as it is, or as that of chosen cells: a white casing is not seen on white glass */
function lineOf([lowest, ...others]) {
  const isSelected = (lowest.getZIndex() ?? 0) > 1;
  const stroke = (others[0] ?? lowest).getStroke();
  const colour = isSelected ? SELECTED : String(stroke?.getColor() ?? SELECTED);
  return {colour, isDashed: (stroke?.getLineDash() ?? []).length > 0};
}

/** Outlines of some pixels, many in one path, each colour by itself. */
class SmallShapes {
  /** @param {Context} context */
  constructor(context) {
    this.context = context;
    /** @type {Map<string, {path: Path2D, count: number, line: Line}>} */
    this.waiting = new Map();
    context.lineWidth = 1.25;
    context.lineJoin = 'round';
  }

  /** @param {number[]} box px of the tile @param {Line} line */
  addDot([x, y, width, height], {colour}) {
    const [wide, high] = [Math.max(width, 1.5), Math.max(height, 1.5)];
    this.context.fillStyle = colour;
    this.context.fillRect(x + (width - wide) / 2, y + (height - high) / 2, wide, high);
  }

  /** @param {any} geometry @param {Line} line @param {Frame} frame */
  add(geometry, line, frame) {
    const key = `${line.colour} ${line.isDashed}`;
    let entry = this.waiting.get(key);
    if (!entry) this.waiting.set(key, (entry = {path: new Path2D(), count: 0, line}));
    trace(entry.path, geometry, frame, SMALL_CORNERS);
    entry.count += 1;
    if (entry.count < OUTLINES_A_PATH) return;
    this.#paint(entry.path, line);
    this.waiting.delete(key);
  }

  flush() {
    for (const {path, line} of this.waiting.values()) this.#paint(path, line);
  }

  /** @param {Path2D} path @param {Line} line what is dashed is a proposal, and is not filled either */
  #paint(path, {colour, isDashed}) {
    const {context} = this;
    context.strokeStyle = colour;
    context.setLineDash(isDashed ? SMALL_DASH : []);
    if (!isDashed) {
      context.fillStyle = colour;
      context.globalAlpha = SMALL_FILL;
      context.fill(path);
      context.globalAlpha = 1;
    }
    context.stroke(path);
  }
}

/** @param {any} whole @param {Frame} frame @returns {Path2D} */
function pathOf(whole, frame) {
  const hasMany = whole.getFlatCoordinates().length > 2 * SIMPLIFIED_FROM;
  const path = new Path2D();
  trace(path, hasMany ? whole.getSimplifiedGeometry((UNSEEN_PX * frame.resolution) ** 2) : whole, frame);
  return path;
}

/** @param {Path2D} path @param {any} geometry @param {Frame} frame @param {number} [corners] about as many a ring */
function trace(path, geometry, {left, top, resolution}, corners = Infinity) {
  const flat = geometry.getFlatCoordinates();
  /** @type {number[]} */
  const ends = geometry.getType() === 'MultiPolygon' ? geometry.getEndss().flat() : geometry.getEnds();
  let start = 0;
  for (const end of ends) {
    const step = 2 * Math.max(1, Math.floor((end - start) / 2 / corners));
    path.moveTo((flat[start] - left) / resolution, (-flat[start + 1] - top) / resolution);
    for (let at = start + step; at < end - 2; at += step) path.lineTo((flat[at] - left) / resolution, (-flat[at + 1] - top) / resolution);
    path.closePath();
    start = end;
  }
}

/** @param {Context} context @param {Style} style @param {Path2D | null} path null: a point @param {number[]} at px @param {number} pixelRatio */
function draw(context, style, path, at, pixelRatio) {
  if (!path) {
    const image = style.getImage();
    if (!image) return;
    const picture = /** @type {HTMLCanvasElement} */ (image.getImage(pixelRatio));
    const [width, height] = [picture.width / pixelRatio, picture.height / pixelRatio];
    context.drawImage(picture, at[0] - width / 2, at[1] - height / 2, width, height);
    return;
  }
  const fill = style.getFill();
  if (fill) {
    context.fillStyle = String(fill.getColor());
    // Holes are holes whichever way round they were drawn.
    context.fill(path, 'evenodd');
  }
  const stroke = style.getStroke();
  if (!stroke) return;
  context.strokeStyle = String(stroke.getColor());
  context.lineWidth = stroke.getWidth() ?? 1;
  context.lineJoin = 'round';
  context.setLineDash(stroke.getLineDash() ?? []);
  context.stroke(path);
}
