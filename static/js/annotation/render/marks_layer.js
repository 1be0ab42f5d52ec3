/** Draws the marks of the frame on screen and finds the one under the pointer. Listens to the store; changes nothing. */

import {Feature, VectorLayer, VectorSource, polygonFromExtent} from '../../../vendor/ol.mjs';
import {boxToExtent, geometryToOl, toOl} from '../../viewer/geometry.js';
import {holdsPixel} from '../masks/tiles.js';
import {boundsOf, distanceToSegment, ringsOf} from '../outline.js';
import {isBetween} from '../tracks/lens.js';
import {CROWD, Gathering} from './gathering.js';
import {hasRoomForHandles, markStyle} from './styles.js';

/** @import {Level0Point} from '../../viewer/geometry.js' */
/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {MarkingRules} from '../marking_rules.js' */
/** @import {ChangeSet, Store} from '../store.js' */
/** @import {Geometry, Mark, Position, SeenMark} from '../types.js' */
/** @import {Workspace} from '../workspace.js' */

/** So many selected marks are drawn by themselves, with their handles, as they are dragged. */
const MOST_ALONE = 200;
const UNKNOWN_COLOUR = '#d0d0d0';

/** @param {Mark} mark @param {Workspace} workspace @param {Viewer} viewer @returns {boolean} whether a mark is drawn now */
export function isMarkShown({id, body}, {state: {hidden, layers}}, viewer) {
  if (layers.labels.has(body.labels[0] ?? '') || layers.origins.has(body.origin)) return false;
  return body.geometry !== null && !hidden.has(id) && (body.frame === null || body.frame === viewer.frame);
}

export class MarksLayer {
  /**
   * @param {{viewer: Viewer, store: Store, workspace: Workspace, rules: MarkingRules}} parts
   */
  constructor({viewer, store, workspace, rules}) {
    this.viewer = viewer;
    this.store = store;
    this.workspace = workspace;
    this.rules = rules;
    /** @type {string | null} the mark that is drawn as pointed to */
    this.pointed = null;
    /** Whether so much is selected that the crowd shows it. */
    this.isMuchSelected = false;
    /** @type {Set<string>} marks that are drawn elsewhere than the store has them */
    this.moved = new Set();
    this.source = new VectorSource();
    const styleOf = (/** @type {any} */ feature, /** @type {number} */ resolution) => this.#style(feature, resolution);
    this.layer = new VectorLayer({source: this.source, style: styleOf});
    /** Draws the marks at rest where there are very many. */
    this.gathering = new Gathering({viewer, layer: this.layer, source: this.source, styleOf, alone: () => this.#alone()});
    viewer.addLayer(this.layer);
    store.observe((changes) => this.#onStore(changes));
    workspace.observe((changed) => this.#onWorkspace(changed));
    this.unfollow = viewer.onChange(({kind}) => {
      if (kind === 'frame') this.rebuild();
    });
    this.rebuild();
  }

  stop() {
    this.unfollow();
    this.gathering.stop();
  }

  /** @param {Mark | SeenMark} mark @returns {boolean} whether it is drawn now */
  isShown(mark) {
    const seen = this.store.seen(mark.id);
    return seen !== undefined && isMarkShown(seen, this.workspace, this.viewer);
  }

  /** @param {Mark | SeenMark} mark @returns {boolean} whether it can be changed by what is drawn over it */
  isFree(mark) {
    return this.isShown(mark) && !this.workspace.state.locked.has(mark.id);
  }

  /** @param {[number, number, number, number]} bounds level-0 x, y, width, height @returns {SeenMark[]} free marks that may lie there */
  within([x, y, width, height]) {
    const found = this.source.getFeaturesInExtent([x, -y - height, x + width, -y]);
    return found.flatMap((feature) => this.store.seen(String(feature.getId())) ?? []).filter((mark) => this.isFree(mark));
  }

  rebuild() {
    this.source.clear(true);
    this.source.addFeatures(this.store.seenMarks().filter((mark) => this.isShown(mark)).map((mark) => this.#feature(mark)));
    this.gathering.look();
  }

  /** @returns {string[]} what a hand is at is not drawn with the crowd */
  #alone() {
    const {selection, pointedMark} = this.workspace.state;
    const pointed = pointedMark === null ? [] : [pointedMark];
    return [...(selection.size > MOST_ALONE ? [] : selection), ...pointed, ...this.moved];
  }

  /** @param {SeenMark} mark @returns {Feature} */
  #feature(mark) {
    const geometry = /** @type {Geometry} */ (mark.body.geometry);
    const feature = new Feature(shapeOf(geometry));
    feature.setId(mark.id);
    feature.set('kind', geometry.type, true);
    return feature;
  }

  /** @param {ChangeSet} changes */
  #onStore({created, updated, deleted}) {
    if (created.length > CROWD) {
      this.rebuild();
      return;
    }
    for (const mark of deleted) this.#remove(mark.id);
    for (const mark of created) this.refresh(mark.id);
    for (const {before, after} of updated) {
      const isInPlace = before.body.geometry === after.body.geometry && before.body.frame === after.body.frame;
      const feature = this.feature(after.id);
      if (isInPlace && feature && this.isShown(after)) feature.changed();
      else this.refresh(after.id);
    }
    this.gathering.look();
  }

  /** @param {Set<string>} changed */
  #onWorkspace(changed) {
    if (changed.has('layers')) this.layer.setOpacity(this.workspace.state.layers.opacity);
    if (changed.has('hidden') || changed.has('layers')) this.rebuild();
    if (changed.has('isPeeking')) this.layer.setVisible(!this.workspace.state.isPeeking);
    if (changed.has('pointedMark')) this.#onPointed();
    if (changed.has('selection')) this.#onSelection();
    if (changed.has('selection') || changed.has('canWrite') || changed.has('locked') || changed.has('tool')) this.layer.changed();
  }

  #onSelection() {
    const isMuch = this.workspace.state.selection.size > MOST_ALONE;
    if (isMuch || this.isMuchSelected) this.gathering.crowd?.refresh();
    this.isMuchSelected = isMuch;
    this.gathering.leave();
  }

  #onPointed() {
    const {pointedMark} = this.workspace.state;
    for (const id of [this.pointed, pointedMark]) if (id !== null) this.feature(id)?.changed();
    this.pointed = pointedMark;
    this.gathering.leave();
  }

  /** @param {string} id */
  #remove(id) {
    const feature = this.source.getFeatureById(id);
    if (feature && !Array.isArray(feature)) this.source.removeFeature(feature);
  }

  /** @param {string} id draws a mark as the store has it */
  refresh(id) {
    if (this.moved.delete(id)) this.gathering.leave();
    const mark = this.store.seen(id);
    const feature = this.feature(id);
    if (!mark || !this.isShown(mark)) {
      this.#remove(id);
    } else if (feature) {
      const geometry = /** @type {Geometry} */ (mark.body.geometry);
      feature.set('kind', geometry.type, true);
      feature.set('isRefused', false, true);
      feature.setGeometry(shapeOf(geometry));
    } else this.source.addFeature(this.#feature(mark));
  }

  /** @param {string} id @returns {Feature | null} */
  feature(id) {
    const feature = this.source.getFeatureById(id);
    return feature && !Array.isArray(feature) ? feature : null;
  }

  /**
   * Draws a mark elsewhere than the store has it, while it is dragged.
   * @param {string} id @param {Geometry} geometry
   */
  preview(id, geometry) {
    if (this.gathering.crowd && !this.moved.has(id)) {
      this.moved.add(id);
      this.gathering.leave();
    }
    this.feature(id)?.setGeometry(shapeOf(geometry));
  }

  /** @param {string} id @param {boolean} isRefused red: the shape on screen cannot be saved as it is */
  setRefused(id, isRefused) {
    this.feature(id)?.set('isRefused', isRefused);
  }

  /** @param {Feature} feature @param {number} resolution */
  #style(feature, resolution) {
    const id = String(feature.getId());
    const mark = this.store.seen(id);
    // Pixels are drawn by the layer of masks; here is only where they may be hit.
    if (!mark || feature.get('kind') === 'Mask') return [];
    const {selection, locked, canWrite, tool, layers} = this.workspace.state;
    const isSelected = selection.has(id);
    const isRefused = feature.get('isRefused') === true;
    return markStyle({
      colour: this.rules.byCode.get(mark.body.labels[0])?.colour ?? UNKNOWN_COLOUR,
      isSelected,
      isPointed: this.workspace.state.pointedMark === id,
      fill: layers.fill,
      isBetween: isBetween(mark),
      status: isRefused ? 'refused' : mark.status.kind,
      showsHandles: isSelected && canWrite && !locked.has(id) && tool === 'select' && selection.size === 1 && hasRoomForHandles(feature, resolution),
    });
  }

  /**
   * The mark at a place: the smallest of those that hold it, so that a cell inside a region can be picked.
   * @param {Position} point level-0 px
   * @param {number} tolerance level-0 px
   * @returns {SeenMark | null}
   */
  at(point, tolerance) {
    const [x, y] = toOl(/** @type {Level0Point} */ (/** @type {unknown} */ (point)));
    const extent = [x - tolerance, y - tolerance, x + tolerance, y + tolerance];
    /** @type {{mark: SeenMark, size: number}[]} */
    const hits = [];
    for (const feature of this.source.getFeaturesInExtent(extent)) {
      const mark = this.store.seen(String(feature.getId()));
      const geometry = mark?.body.geometry;
      if (!mark || !geometry || !this.isFree(mark) || !isAt(feature, geometry, point, tolerance)) continue;
      const [, , width, height] = boundsOf(geometry);
      hits.push({mark, size: width * height});
    }
    hits.sort((a, b) => a.size - b.size);
    return hits[0]?.mark ?? null;
  }
}

/** @param {Position} point @param {number} far @returns {Position[]} the place, then eight beside it */
const around = ([x, y], far) => [
  [x, y],
  .../** @type {Position[]} */ ([0, 1, 2, 3, 4, 5, 6, 7].map((at) => [x + far * Math.cos((at * Math.PI) / 4), y + far * Math.sin((at * Math.PI) / 4)])),
];

/** @param {Geometry} geometry @returns {any} of the canvas library; for a mask its bounds */
const shapeOf = (geometry) => (geometry.type === 'Mask' ? polygonFromExtent(boxToExtent(boundsOf(geometry))) : geometryToOl(geometry));

/** @param {Feature} feature @param {Geometry} geometry @param {Position} point @param {number} tolerance */
function isAt(feature, geometry, point, tolerance) {
  if (geometry.type === 'Point') return Math.hypot(point[0] - geometry.coordinates[0], point[1] - geometry.coordinates[1]) <= tolerance;
  if (geometry.type === 'Mask') return around(point, tolerance).some((place) => holdsPixel(geometry, place));
  if (feature.getGeometry()?.intersectsCoordinate([point[0], -point[1]])) return true;
  return ringsOf(geometry).some((ring) => ring.some((to, i) => i > 0 && distanceToSegment(point, ring[i - 1], to) <= tolerance));
}
