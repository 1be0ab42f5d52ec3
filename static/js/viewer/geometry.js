/**
 * The coordinate spaces of the viewer and the only conversions between them.
 *
 * - level 0: continuous pixels of the full-resolution image, (0, 0) is the outer corner of the top-left pixel, y down.
 *   Everything stored or sent is in it.
 * - OpenLayers: the same pixels with y up, so that (x, y) of level 0 is (x, -y) here.
 * - viewport: CSS pixels from the top-left corner of the map element.
 *
 * The brands exist for the type checker alone: a viewport point handed over as a level-0 point does not compile.
 */

import {MultiPolygon, Point, Polygon, polygonFromExtent} from '../../vendor/ol.mjs';

/** @import {Spacing} from './types.js' */

/**
 * @typedef {[x: number, y: number] & {readonly space: 'level 0'}} Level0Point
 * @typedef {[x: number, y: number] & {readonly space: 'viewport'}} ViewportPoint
 * @typedef {number[]} OlCoordinate
 * @typedef {number[][]} Ring closed: the first position is repeated at the end
 * @typedef {{x: number, y: number, width: number, height: number}} Level0Box
 * @typedef {{type: 'Point', coordinates: number[]}
 *   | {type: 'Rectangle', bbox: number[]}
 *   | {type: 'Polygon', coordinates: Ring[]}
 *   | {type: 'MultiPolygon', coordinates: Ring[][]}} DocumentGeometry as the annotation document writes it, in level 0
 */

/** Positions are kept on this fraction of a pixel, in the browser and on the server. */
export const GRID_STEP = 1 / 8;

/** @param {number} x @param {number} y @returns {Level0Point} */
export function level0(x, y) {
  return /** @type {Level0Point} */ (/** @type {unknown} */ ([x, y]));
}

/** @param {number} x @param {number} y @returns {ViewportPoint} */
export function viewport(x, y) {
  return /** @type {ViewportPoint} */ (/** @type {unknown} */ ([x, y]));
}

/** @param {number} value px @returns {number} the nearest position of the 1/8 px grid; never -0 */
export function snapToGrid(value) {
  return Math.round(value / GRID_STEP) * GRID_STEP + 0;
}

/** @param {Level0Point} point @returns {OlCoordinate} */
export function toOl(point) {
  return flip(point);
}

/** @param {OlCoordinate} coordinate @returns {Level0Point} */
export function fromOl(coordinate) {
  const [x, y] = flip(coordinate);
  return level0(x, y);
}

/** @param {number[]} position @returns {number[]} y turned over, in either direction */
function flip(position) {
  return [position[0], 0 - position[1]];
}

/** @param {Ring} ring level 0 @returns {OlCoordinate[]} */
export function ringToOl(ring) {
  return ring.map(flip);
}

/** @param {OlCoordinate[]} ring @returns {Ring} level 0, on the 1/8 px grid */
export function ringFromOl(ring) {
  return ring.map((coordinate) => flip(coordinate).map(snapToGrid));
}

/** @param {{width: number, height: number}} size level-0 px @returns {number[]} [minX, minY, maxX, maxY] for OpenLayers */
export function imageExtent({width, height}) {
  return [0, -height, width, 0];
}

/** @param {number[]} bbox level-0 [x, y, width, height] @returns {number[]} extent for OpenLayers */
export function boxToExtent([x, y, width, height]) {
  return [x, 0 - (y + height), x + width, 0 - y];
}

/** @param {number[]} extent of OpenLayers @returns {number[]} level-0 [x, y, width, height] on the 1/8 px grid */
export function extentToBox([minX, minY, maxX, maxY]) {
  const [left, top, right, bottom] = [minX, 0 - maxY, maxX, 0 - minY].map(snapToGrid);
  return [left, top, right - left, bottom - top];
}

/**
 * Makes an OpenLayers geometry of a document geometry.
 * @param {DocumentGeometry} geometry
 * @returns {Point | Polygon | MultiPolygon}
 */
export function geometryToOl(geometry) {
  switch (geometry.type) {
    case 'Point':
      return new Point(flip(geometry.coordinates));
    case 'Rectangle':
      return polygonFromExtent(boxToExtent(geometry.bbox));
    case 'Polygon':
      return new Polygon(geometry.coordinates.map(ringToOl));
    case 'MultiPolygon':
      return new MultiPolygon(geometry.coordinates.map((rings) => rings.map(ringToOl)));
  }
}

/**
 * Makes a document geometry of an OpenLayers geometry, on the 1/8 px grid.
 * @param {Point | Polygon | MultiPolygon} geometry
 * @param {{rectangle?: boolean}} [options] `rectangle` writes the extent of the geometry as a Rectangle
 * @returns {DocumentGeometry}
 */
export function geometryFromOl(geometry, {rectangle = false} = {}) {
  if (rectangle) return {type: 'Rectangle', bbox: extentToBox(geometry.getExtent())};
  if (geometry instanceof Point) {
    return {type: 'Point', coordinates: flip(geometry.getCoordinates()).map(snapToGrid)};
  }
  if (geometry instanceof Polygon) return {type: 'Polygon', coordinates: geometry.getCoordinates().map(ringFromOl)};
  return {type: 'MultiPolygon', coordinates: geometry.getCoordinates().map((rings) => rings.map(ringFromOl))};
}

/**
 * Distance on the specimen or patient, each axis with its own spacing.
 * @param {Level0Point} from
 * @param {Level0Point} to
 * @param {Spacing} spacing
 * @returns {number} micrometres
 */
export function lengthUm(from, to, spacing) {
  return Math.hypot((to[0] - from[0]) * spacing.x_um, (to[1] - from[1]) * spacing.y_um);
}

/**
 * Area of a ring on the specimen or patient.
 * @param {Ring} ring level 0
 * @param {Spacing} spacing
 * @returns {number} square micrometres
 */
export function areaUm2(ring, spacing) {
  let twice = 0;
  for (let at = 1; at < ring.length; at += 1) {
    twice += ring[at - 1][0] * ring[at][1] - ring[at][0] * ring[at - 1][1];
  }
  return (Math.abs(twice) / 2) * spacing.x_um * spacing.y_um;
}

/**
 * Micrometres per level-0 px along the screen's horizontal, which is not the image's when the view is turned.
 * @param {Spacing} spacing
 * @param {number} rotation of the view, radians
 * @returns {number}
 */
export function horizontalUmPerPx(spacing, rotation) {
  return Math.hypot(Math.cos(rotation) * spacing.x_um, Math.sin(rotation) * spacing.y_um);
}

/** @param {number} degrees @returns {number} radians */
export function radians(degrees) {
  return (degrees * Math.PI) / 180;
}

/** @param {number} angle radians @returns {number} whole and part degrees in (-180, 180] */
export function degrees(angle) {
  const turned = ((angle * 180) / Math.PI) % 360;
  const wrapped = turned > 180 ? turned - 360 : turned <= -180 ? turned + 360 : turned;
  return Math.round(wrapped * 100) / 100 + 0;
}
