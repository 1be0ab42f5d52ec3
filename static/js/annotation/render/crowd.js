/**
 * Draws thousands of shapes as tiles that are kept: what is at rest is drawn once, not with each frame while the view moves. The few
 * that a hand is at stay with the vector layer above.
 */

import {TileLayer, VectorSource} from '../../../vendor/ol.mjs';
import {Turns} from '../../lib/turns.js';
import {paintCrowd} from './crowd_painting.js';
import {RenewedTiles} from './renewed_tiles.js';
import {TileShelf} from './tile_shelf.js';

/** @import {Feature, Style, VectorLayer} from '../../../vendor/ol.mjs' */
/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {Extent, Place} from './tile_shelf.js' */

/** Small, so that one is drawn between two frames. */
const SIDE_PX = 256;
/** More places than these are not told apart: everything is drawn anew. */
const MOST_PLACES = 400;
/** A point's ring and the widest line reach this far beyond the shape; px of the tile. */
const REACH_PX = 9;
const KEPT_TILES = 200;

export class Crowd {
  /**
   * @param {object} parts
   * @param {Viewer} parts.viewer
   * @param {VectorLayer} parts.layer is given what is drawn by itself
   * @param {VectorSource} parts.source all shapes
   * @param {(feature: Feature, resolution: number) => Style[]} parts.styleOf
   */
  constructor({viewer, layer, source, styleOf}) {
    this.viewer = viewer;
    this.above = layer;
    this.source = source;
    this.styleOf = styleOf;
    this.turns = new Turns();
    this.state = 0;
    /** @type {Set<string>} shapes that the vector layer draws */
    this.alone = new Set();
    this.own = new VectorSource();
    /** @type {Map<string, Extent>} where shapes were when they were drawn */
    this.places = new Map(source.getFeatures().map((feature) => [String(feature.getId()), placeOf(feature)]));
    /** @type {Extent[] | null} null: everywhere */
    this.changed = [];
    /** @type {TileShelf<ImageBitmap>} */
    this.shelf = new TileShelf((place) => this.#drawn(place), {most: KEPT_TILES, penPx: REACH_PX});
    this.tiles = new RenewedTiles({viewer, side: SIDE_PX, load: (place) => this.shelf.get(place)});
    this.layer = new TileLayer({source: this.tiles, cacheSize: KEPT_TILES, opacity: layer.getOpacity(), visible: layer.getVisible()});
    this.layer.set('isDrawnOver', true);
    const layers = viewer.map.getLayers();
    layers.insertAt(layers.getArray().indexOf(layer), this.layer);
    this.stops = this.#follow();
    layer.setSource(this.own);
  }

  #follow() {
    const {source, above} = this;
    const one = (/** @type {any} */ event) => this.#onFeature(event.feature);
    const all = () => this.refresh();
    const look = () => {
      this.layer.setOpacity(above.getOpacity());
      this.layer.setVisible(above.getVisible());
    };
    const followed = /** @type {const} */ ([
      [source, 'addfeature', one],
      [source, 'changefeature', one],
      [source, 'removefeature', one],
      [source, 'clear', all],
      [above, 'change:opacity', look],
      [above, 'change:visible', look],
    ]);
    for (const [target, type, listener] of followed) /** @type {any} */ (target).on(type, listener);
    return followed.map(([target, type, listener]) => () => /** @type {any} */ (target).un(type, listener));
  }

  /** Gives everything back to the vector layer. */
  stop() {
    for (const stop of this.stops) stop();
    this.viewer.removeLayer(this.layer);
    this.above.setSource(this.source);
  }

  /** @param {Feature} feature that is new, other than before, or gone */
  #onFeature(feature) {
    const id = String(feature.getId());
    const before = this.places.get(id);
    const isThere = this.source.hasFeature(feature);
    const after = isThere ? placeOf(feature) : null;
    if (after) this.places.set(id, after);
    else this.places.delete(id);
    if (this.alone.has(id)) {
      if (!isThere && this.own.hasFeature(feature)) this.own.removeFeature(feature);
      if (isThere && !this.own.hasFeature(feature)) this.own.addFeature(feature);
      return;
    }
    this.#expire([before, after].filter((place) => place != null));
  }

  /** @param {Iterable<string>} ids of the shapes that the vector layer draws from now on, and no others */
  leave(ids) {
    const [before, now] = [this.alone, new Set(ids)];
    const moved = [...before].filter((id) => !now.has(id)).concat([...now].filter((id) => !before.has(id)));
    if (moved.length === 0) return;
    this.alone = now;
    this.own.clear(true);
    this.own.addFeatures([...now].flatMap((id) => this.source.getFeatureById(id) ?? []));
    this.#expire(moved.map((id) => this.places.get(id)).filter((place) => place !== undefined));
  }

  /** Draws everything anew. */
  refresh() {
    this.places = new Map(this.source.getFeatures().map((feature) => [String(feature.getId()), placeOf(feature)]));
    this.own.clear(true);
    this.own.addFeatures([...this.alone].flatMap((id) => this.source.getFeatureById(id) ?? []));
    this.#expire(null);
  }

  /** @param {Extent[] | null} places null: everywhere */
  #expire(places) {
    if (this.changed?.length === 0) queueMicrotask(() => this.#renew());
    this.changed = places && this.changed && [...this.changed, ...places];
  }

  #renew() {
    this.state += 1;
    this.shelf.expire(this.changed && this.changed.length <= MOST_PLACES ? this.changed : null, this.state);
    this.changed = [];
    this.tiles.renew();
  }

  /** @param {Place} place @returns {Promise<{tile: ImageBitmap, state: number}>} */
  async #drawn(place) {
    await this.turns.mine();
    const {left, top, resolution, side} = place;
    const pixelRatio = Math.max(1, window.devicePixelRatio);
    const canvas = new OffscreenCanvas(side * pixelRatio, side * pixelRatio);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
    context.scale(pixelRatio, pixelRatio);
    const reach = REACH_PX * resolution;
    const length = side * resolution;
    const features = this.source
      .getFeaturesInExtent([left - reach, -(top + length + reach), left + length + reach, -(top - reach)])
      .filter((feature) => !this.alone.has(String(feature.getId())))
      .sort((one, other) => orderOf(one) - orderOf(other));
    paintCrowd(context, features, (feature) => this.styleOf(feature, resolution), {left, top, resolution, pixelRatio});
    return {tile: canvas.transferToImageBitmap(), state: this.state};
  }
}

/** @param {Feature} feature @returns {Extent} level-0 px */
function placeOf(feature) {
  const [left, bottom, right, top] = /** @type {any} */ (feature.getGeometry()).getExtent();
  return [left, -top, right, -bottom];
}

/** @param {Feature} feature @returns {number} later ones lie on earlier ones, on every tile */
const orderOf = (feature) => Number(/** @type {any} */ (feature).ol_uid);
