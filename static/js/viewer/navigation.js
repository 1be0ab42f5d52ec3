/** Where the reader looks: the OpenLayers view in the words of the image. */

import {View} from '../../vendor/ol.mjs';
import {boxToExtent, degrees, fromOl, level0, radians, toOl} from './geometry.js';
import {magnificationOf, presets, resolutionOf, usesObjectives} from './magnification.js';

/** @import {Map, Projection} from '../../vendor/ol.mjs' */
/** @import {Level0Point} from './geometry.js' */
/** @import {Manifest} from './types.js' */

/**
 * @typedef {object} Place
 * @property {number} x level-0 px of the middle of the screen
 * @property {number} y
 * @property {number} [resolution] level-0 px per screen px
 * @property {number} [rotation] degrees, clockwise
 * @property {number} [duration] ms of the way there; 0 jumps
 */

/** The whole image may shrink to this many screen px, not further. */
const SMALLEST_IMAGE_PX = 160;

/** One image px may grow to this many screen px, not further; a radiologist counts pixels, a pathologist does not. */
const LARGEST_PIXEL_PX = {slide: 8, frames: 32, photograph: 16, video: 16};

const FIT_PADDING_PX = 12;

/** Height of the frame bar, which would lie over the picture's lower edge. */
const FRAME_BAR_PX = 60;

/** @returns {number} ms of a movement; none for people who asked their system for less motion */
export function motionMs(wanted = 160) {
  return globalThis.matchMedia?.('(prefers-reduced-motion: reduce)').matches ? 0 : wanted;
}

/**
 * @param {Manifest} manifest
 * @param {Projection} projection
 * @returns {View}
 */
export function makeView(manifest, projection) {
  const extent = projection.getExtent();
  return new View({
    projection,
    center: toOl(level0(manifest.width / 2, manifest.height / 2)),
    resolution: Math.max(manifest.width, manifest.height) / 800,
    extent,
    constrainOnlyCenter: true,
    smoothExtentConstraint: false,
    maxResolution: Math.max(1, Math.max(manifest.width, manifest.height) / SMALLEST_IMAGE_PX),
    minResolution: 1 / LARGEST_PIXEL_PX[manifest.kind],
  });
}

export class Navigation {
  /** @param {{map: Map, view: View, manifest: Manifest}} options */
  constructor({map, view, manifest}) {
    this.map = map;
    this.view = view;
    this.manifest = manifest;
  }

  /** @returns {number} level-0 px per screen px */
  get resolution() {
    return this.view.getResolution() ?? 1;
  }

  /** @returns {number} in the unit of `setMagnification` */
  get magnification() {
    return magnificationOf(this.resolution, this.manifest);
  }

  /** @param {{duration?: number}} [options] */
  fit({duration = 0} = {}) {
    const below = (this.manifest.frames?.count ?? this.manifest.planes?.count ?? 1) > 1 ? FRAME_BAR_PX : FIT_PADDING_PX;
    const padding = [FIT_PADDING_PX, FIT_PADDING_PX, below, FIT_PADDING_PX];
    this.view.fit(this.view.getProjection().getExtent(), {size: this.map.getSize(), padding, duration});
  }

  /**
   * Brings a box into view.
   * @param {number[]} bbox level-0 [x, y, width, height]
   * @param {{padding?: number, duration?: number, minResolution?: number}} [options] padding in screen px;
   *   `minResolution` keeps a tiny mark from filling the screen
   */
  fitTo(bbox, {padding = 80, duration = motionMs(), minResolution = 0.5} = {}) {
    const room = Math.min(padding, ...(this.map.getSize() ?? [400, 400]).map((side) => side / 4));
    const options = {padding: [room, room, room, room], duration, minResolution, size: this.map.getSize()};
    this.view.fit(boxToExtent(bbox), options);
  }

  /** @param {Place} place */
  goTo({x, y, resolution = this.resolution, rotation = degrees(this.view.getRotation()), duration = 0}) {
    const center = toOl(level0(x, y));
    if (duration > 0) {
      this.view.animate({center, resolution, rotation: radians(rotation), duration});
      return;
    }
    this.view.cancelAnimations();
    this.view.setRotation(radians(rotation));
    this.view.setResolution(resolution);
    this.view.setCenter(center);
  }

  /** @param {number} value objective, or screen px per image px (1 = 100 %) where there is no objective */
  setMagnification(value) {
    this.view.animate({resolution: resolutionOf(value, this.manifest), duration: motionMs()});
  }

  presets() {
    return presets(this.manifest);
  }

  get usesObjectives() {
    return usesObjectives(this.manifest);
  }

  /** @param {number} factor 2 is twice as close */
  zoomBy(factor) {
    this.view.animate({resolution: this.view.getConstrainedResolution(this.resolution / factor), duration: motionMs()});
  }

  /** @param {number} degreesClockwise */
  rotateBy(degreesClockwise) {
    const now = this.view.getRotation();
    this.view.animate({rotation: now + radians(degreesClockwise), duration: motionMs()});
  }

  resetRotation() {
    this.view.animate({rotation: 0, duration: motionMs()});
  }

  /** @returns {{x: number, y: number, resolution: number, rotation: number}} rotation in degrees, clockwise */
  state() {
    const [x, y] = fromOl(this.view.getCenter() ?? [0, 0]);
    return {x, y, resolution: this.resolution, rotation: degrees(this.view.getRotation())};
  }

  /** @returns {Level0Point[]} the corners of the screen on the image, clockwise from the top left */
  corners() {
    const [width, height] = this.map.getSize() ?? [0, 0];
    const [cx, cy] = this.view.getCenter() ?? [0, 0];
    const angle = this.view.getRotation();
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    return [[-1, 1], [1, 1], [1, -1], [-1, -1]].map(([right, up]) => {
      const [dx, dy] = [(right * width * this.resolution) / 2, (up * height * this.resolution) / 2];
      return fromOl([cx + dx * cos - dy * sin, cy + dx * sin + dy * cos]);
    });
  }
}
