/** Draws many shapes into one tile, each as the canvas library would draw it alone. */

/** @import {Feature, Style} from '../../../vendor/ol.mjs' */

/**
 * @typedef {object} Frame what a tile shows
 * @property {number} left level-0 px
 * @property {number} top level-0 px
 * @property {number} resolution level-0 px a px of the tile
 * @property {number} pixelRatio device px a px of the tile
 *
 * @typedef {{path: Path2D, at: null} | {path: null, at: [number, number]}} Drawable an outline, or where a point lies; px of the tile
 */

/** Lines through fewer vertices are not worth the search for those that are not seen. */
const SIMPLIFIED_FROM = 64;
/** A vertex this near to the line is not seen; px. */
const UNSEEN_PX = 0.25;
/** What is smaller than this is a dot; px. */
const DOT_PX = 2;

/**
 * @param {OffscreenCanvasRenderingContext2D} context
 * @param {Feature[]} features the lowest first
 * @param {(feature: Feature) => Style[]} styleOf
 * @param {Frame} frame
 */
export function paintCrowd(context, features, styleOf, frame) {
  /** @type {{style: Style, shape: Drawable}[][]} what is drawn first, then what lies on it */
  const passes = [];
  for (const feature of features) {
    const styles = styleOf(feature);
    if (styles.length === 0) continue;
    const shape = drawableOf(feature, frame);
    if (!shape) {
      dot(context, feature, styles, frame);
      continue;
    }
    styles.forEach((style, pass) => (passes[pass] ??= []).push({style, shape}));
  }
  for (const pass of passes) for (const {style, shape} of pass) draw(context, style, shape, frame.pixelRatio);
}

/** @param {Feature} feature @param {Frame} frame @returns {Drawable | null} null: it is too small to have a shape */
function drawableOf(feature, {left, top, resolution}) {
  const whole = /** @type {any} */ (feature.getGeometry());
  if (whole.getType() === 'Point') {
    const [x, y] = whole.getFlatCoordinates();
    return {path: null, at: [(x - left) / resolution, (-y - top) / resolution]};
  }
  const [x0, y0, x1, y1] = whole.getExtent();
  if (Math.max(x1 - x0, y1 - y0) < DOT_PX * resolution) return null;
  const hasMany = whole.getFlatCoordinates().length > 2 * SIMPLIFIED_FROM;
  const geometry = hasMany ? whole.getSimplifiedGeometry((UNSEEN_PX * resolution) ** 2) : whole;
  const flat = geometry.getFlatCoordinates();
  /** @type {number[]} */
  const ends = geometry.getType() === 'MultiPolygon' ? geometry.getEndss().flat() : geometry.getEnds();
  const path = new Path2D();
  let start = 0;
  for (const end of ends) {
    path.moveTo((flat[start] - left) / resolution, (-flat[start + 1] - top) / resolution);
    for (let at = start + 2; at < end - 2; at += 2) path.lineTo((flat[at] - left) / resolution, (-flat[at + 1] - top) / resolution);
    path.closePath();
    start = end;
  }
  return {path, at: null};
}

/** @param {OffscreenCanvasRenderingContext2D} context @param {Feature} feature @param {Style[]} styles @param {Frame} frame */
function dot(context, feature, styles, {left, top, resolution}) {
  const stroke = styles[styles.length - 1].getStroke();
  if (!stroke) return;
  const [x0, y0, x1, y1] = /** @type {any} */ (feature.getGeometry()).getExtent();
  context.fillStyle = /** @type {string} */ (stroke.getColor());
  context.fillRect(((x0 + x1) / 2 - left) / resolution - DOT_PX / 2, (-(y0 + y1) / 2 - top) / resolution - DOT_PX / 2, DOT_PX, DOT_PX);
}

/** @param {OffscreenCanvasRenderingContext2D} context @param {Style} style @param {Drawable} shape @param {number} pixelRatio */
function draw(context, style, {path, at}, pixelRatio) {
  if (!path) {
    const image = style.getImage();
    if (!image) return;
    const picture = image.getImage(pixelRatio);
    const [width, height] = [picture.width / pixelRatio, picture.height / pixelRatio];
    context.drawImage(/** @type {HTMLCanvasElement} */ (picture), at[0] - width / 2, at[1] - height / 2, width, height);
    return;
  }
  const fill = style.getFill();
  if (fill) {
    context.fillStyle = /** @type {string} */ (fill.getColor());
    // Holes are holes whichever way round they were drawn.
    context.fill(path, 'evenodd');
  }
  const stroke = style.getStroke();
  if (!stroke) return;
  context.strokeStyle = /** @type {string} */ (stroke.getColor());
  context.lineWidth = stroke.getWidth() ?? 1;
  context.lineJoin = 'round';
  context.setLineDash(stroke.getLineDash() ?? []);
  context.stroke(path);
}
