/**
 * How marks look. A colour on stained tissue, grey values and skin alike is only seen with a dark casing around it, so
 * each line is drawn twice. Styles are made once for each look and shared by all marks that have it.
 */

import {CircleStyle, Fill, MultiPoint, Point, RegularShape, Stroke, Style, Text, extent, polygonFromExtent} from '../../../vendor/ol.mjs';

/** @import {Feature} from '../../../vendor/ol.mjs' */
/** @import {SyncStatus} from '../types.js' */

const CASING = 'rgba(0, 0, 0, 0.6)';
const SELECTED = '#ffffff';
const REFUSED = '#ff4d4d';
/** Wide enough apart to be told from a suggestion's fine dashes. */
const BETWEEN_DASH = [10, 6];
/** Below this the casing of a line would hide the shape; screen px. */
export const SMALL_PX = 16;
export const SMALL_DASH = [3, 2];
/** More vertices than this are no longer drawn as handles: they would hide the outline. */
const MAX_HANDLES = 300;
/** Handles closer together than this hide what they are about; screen px. */
const HANDLE_SPACING_PX = 9;
/** The frame around a suggestion in focus keeps this distance, so that it covers nothing of it; screen px. */
const FOCUS_GAP_PX = 7;

/** How much of the colour lies over what is inside; never nothing at all, or a click inside would find no mark. */
const FILLS = {none: 0.004, faint: 0.06, strong: 0.4};

/**
 * @typedef {object} Look
 * @property {string} colour #rrggbb
 * @property {boolean} isSelected
 * @property {boolean} [isPointed] the pointer is on it, and a key can change it
 * @property {SyncStatus['kind']} status
 * @property {keyof typeof FILLS} [fill]
 * @property {boolean} [showsHandles]
 * @property {boolean} [isBetween] its shape lies between keyframes: nobody drew it
 */

/** @type {Map<string, Style[]>} */
const cache = new Map();

/** @param {string} colour #rrggbb @param {number} alpha @returns {string} */
export function withAlpha(colour, alpha) {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return `rgba(${r}, ${g}, ${b}, ${alpha})`;
}

/** @param {Look} look @returns {Style[]} */
export function markStyle(look) {
  const key = `${look.colour} ${look.isSelected} ${look.status} ${look.showsHandles ?? false} ${look.fill ?? 'faint'} ${look.isPointed ?? false} ${look.isBetween ?? false}`;
  let styles = cache.get(key);
  if (!styles) {
    styles = makeMarkStyle(look);
    cache.set(key, styles);
  }
  return styles;
}

/** @param {Look} look @returns {Style[]} */
function makeMarkStyle({colour, isSelected, isPointed, status, showsHandles, isBetween = false, fill = 'faint'}) {
  const isFaulty = status === 'refused' || status === 'conflict';
  const line = isFaulty ? REFUSED : colour;
  const lineDash = isFaulty ? [8, 4] : isBetween ? BETWEEN_DASH : undefined;
  const width = isPointed ? 3.5 : 2;
  const styles = [
    new Style({
      fill: new Fill({color: withAlpha(colour, FILLS[fill] + (isSelected ? 0.1 : 0))}),
      stroke: new Stroke({color: isSelected ? SELECTED : CASING, width: width + (isSelected ? 2.5 : 2)}),
      image: pointImage(isSelected ? SELECTED : CASING, isSelected ? 5 : 4),
      zIndex: isSelected ? 2 : 1,
    }),
    new Style({stroke: new Stroke({color: line, width, lineDash}), image: pointImage(line, 2, isBetween ? [4, 4] : undefined), zIndex: isSelected ? 3 : 1}),
  ];
  if (showsHandles) styles.push(handleStyle());
  return styles;
}

/**
 * @param {Feature} feature @param {number} resolution level-0 px per screen px
 * @returns {boolean} whether the handles of a shape can be told apart at this zoom
 */
export function hasRoomForHandles(feature, resolution) {
  const geometry = /** @type {any} */ (feature.getGeometry());
  if (!geometry || geometry instanceof Point) return false;
  const [left, bottom, right, top] = geometry.getExtent();
  const vertices = geometry.getFlatCoordinates().length / 2;
  return vertices <= MAX_HANDLES && (2 * (right - left + top - bottom)) / resolution / vertices >= HANDLE_SPACING_PX;
}

/**
 * @param {string} color @param {number} width @param {number[]} [lineDash]
 * @returns {CircleStyle} a ring: the centre that is marked stays visible
 */
function pointImage(color, width, lineDash) {
  return new CircleStyle({radius: 6, stroke: new Stroke({color, width, lineDash}), fill: new Fill({color: 'rgba(0, 0, 0, 0.01)'})});
}

/** @returns {Style} small squares on the vertices of a selected shape, and on the middles of a rectangle's sides */
function handleStyle() {
  return new Style({
    geometry: (feature) => new MultiPoint(handlesOf(/** @type {Feature} */ (feature))),
    image: new RegularShape({
      points: 4,
      radius: 5,
      angle: Math.PI / 4,
      fill: new Fill({color: SELECTED}),
      stroke: new Stroke({color: '#1e1f21', width: 1}),
    }),
    zIndex: 4,
  });
}

/** @param {Feature} feature @returns {number[][]} OpenLayers coordinates */
function handlesOf(feature) {
  const geometry = /** @type {any} */ (feature.getGeometry());
  if (!geometry || geometry instanceof Point) return [];
  /** @type {number[][][]} */
  const rings = geometry.getType() === 'MultiPolygon' ? geometry.getCoordinates().flat() : geometry.getCoordinates();
  const vertices = rings.flatMap((ring) => ring.slice(0, -1));
  if (feature.get('kind') !== 'Rectangle') return vertices;
  const middles = vertices.map((vertex, i) => {
    const next = vertices[(i + 1) % vertices.length];
    return [(vertex[0] + next[0]) / 2, (vertex[1] + next[1]) / 2];
  });
  return [...vertices, ...middles];
}

/**
 * @param {Feature} feature @param {number} resolution level-0 px per screen px
 * @returns {boolean} whether an outline is so small that a casing would be most of what is seen
 */
export function isSmall(feature, resolution) {
  const geometry = /** @type {any} */ (feature.getGeometry());
  if (!geometry || geometry instanceof Point) return false;
  const [left, bottom, right, top] = geometry.getExtent();
  return Math.max(right - left, top - bottom) / resolution < SMALL_PX;
}

/** @param {string} colour @param {boolean} [isSmall] see `isSmall` @returns {Style[]} */
export function suggestionStyle(colour, isSmall) {
  const key = `suggestion ${colour} ${isSmall}`;
  let styles = cache.get(key);
  if (!styles) {
    const lineDash = isSmall ? SMALL_DASH : [5, 4];
    const casing = new Style({
      fill: new Fill({color: withAlpha(colour, 0.01)}),
      stroke: isSmall ? undefined : new Stroke({color: CASING, width: 3, lineDash}),
      image: suggestedPoint(CASING, 4),
    });
    const line = new Style({stroke: new Stroke({color: colour, width: isSmall ? 1.25 : 1.5, lineDash}), image: suggestedPoint(colour, 2)});
    styles = [casing, line];
    cache.set(key, styles);
  }
  return styles;
}

/**
 * What the suggestion in focus has besides: a frame at a distance, and its score.
 * @param {string} text @param {number} resolution level-0 px per screen px
 * @returns {Style[]}
 */
export function focusStyle(text, resolution) {
  /** @param {any} feature */
  const frame = (feature) => polygonFromExtent(extent.buffer(feature.getGeometry().getExtent(), FOCUS_GAP_PX * resolution));
  return [
    new Style({geometry: frame, stroke: new Stroke({color: CASING, width: 5}), zIndex: 4}),
    new Style({geometry: frame, stroke: new Stroke({color: SELECTED, width: 2}), zIndex: 5}),
    ...(text ? [new Style({text: scoreText(text), geometry: topOf, zIndex: 6})] : []),
  ];
}

/** @param {string} colour @returns {Style[]} of a suggestion that is not meant just now */
export function faintStyle(colour) {
  const key = `faint ${colour}`;
  let styles = cache.get(key);
  if (!styles) {
    const stroke = new Stroke({color: withAlpha(colour, 0.35), width: 1, lineDash: [2, 4]});
    styles = [new Style({stroke, image: new CircleStyle({radius: 5, stroke})})];
    cache.set(key, styles);
  }
  return styles;
}

/** @param {string} color @param {number} width @returns {CircleStyle} */
function suggestedPoint(color, width) {
  return new CircleStyle({radius: 7, stroke: new Stroke({color, width, lineDash: [3, 3]}), fill: new Fill({color: 'rgba(0, 0, 0, 0.01)'})});
}

/** @param {string} text @returns {Text} */
function scoreText(text) {
  return new Text({
    text,
    font: '600 12px system-ui, "Noto Sans CJK JP", sans-serif',
    fill: new Fill({color: '#ffffff'}),
    backgroundFill: new Fill({color: 'rgba(20, 20, 22, 0.85)'}),
    padding: [2, 5, 2, 5],
    offsetY: -20,
    overflow: true,
  });
}

/** @param {any} feature @returns {Point} the middle of the upper side */
function topOf(feature) {
  const [left, , right, top] = feature.getGeometry().getExtent();
  return new Point([(left + right) / 2, top]);
}

/**
 * @param {{colour: string, isRefused: boolean, part: 'shape' | 'vertices' | 'fault'}} look
 * @returns {Style[]}
 */
export function sketchStyle({colour, isRefused, part}) {
  const line = isRefused ? REFUSED : colour;
  if (part === 'vertices') {
    const ring = new CircleStyle({radius: 4, fill: new Fill({color: SELECTED}), stroke: new Stroke({color: '#1e1f21', width: 1})});
    return [new Style({image: ring})];
  }
  if (part === 'fault') return [new Style({stroke: new Stroke({color: REFUSED, width: 6}), zIndex: 2})];
  return [
    new Style({stroke: new Stroke({color: CASING, width: 4}), fill: new Fill({color: withAlpha(line, 0.1)})}),
    new Style({stroke: new Stroke({color: line, width: 2})}),
  ];
}

/**
 * The stroke of a brush: what lies below stays visible.
 * @param {{colour: string, width: number, erases: boolean}} look width in screen px
 * @returns {Style[]}
 */
export function strokeStyle({colour, width, erases}) {
  if (!erases) return [new Style({stroke: new Stroke({color: withAlpha(colour, 0.45), width})})];
  // Seen on a white slide by its rim, on a dark frame by its middle.
  return [
    new Style({stroke: new Stroke({color: CASING, width})}),
    new Style({stroke: new Stroke({color: 'rgba(255, 255, 255, 0.6)', width: Math.max(width - 4, 1)})}),
  ];
}

/** @returns {Style[]} of the outline under the pointer, whatever its colour */
export function hoverStyle() {
  return [new Style({stroke: new Stroke({color: CASING, width: 4})}), new Style({stroke: new Stroke({color: SELECTED, width: 2})})];
}
