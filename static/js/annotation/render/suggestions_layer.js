/** Draws the open suggestions: dashed, on a layer of their own, so that nobody takes them for marks. */

import {Feature, VectorLayer, VectorSource} from '../../../vendor/ol.mjs';
import {geometryToOl} from '../../viewer/geometry.js';
import {isOpen} from '../commands/suggestions.js';
import {isMeant} from '../suggestions/batches.js';
import {formatScore} from '../format.js';
import {boundsOf} from '../outline.js';
import {CROWD, Gathering} from './gathering.js';
import {faintStyle, focusStyle, isSmall, suggestionStyle} from './styles.js';

/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {MarkingRules} from '../marking_rules.js' */
/** @import {ChangeSet, Store} from '../store.js' */
/** @import {OutlineGeometry, Position, Suggestion} from '../types.js' */
/** @import {Workspace} from '../workspace.js' */

const UNKNOWN_COLOUR = '#d0d0d0';

export class SuggestionsLayer {
  /** @param {{viewer: Viewer, store: Store, workspace: Workspace, rules: MarkingRules}} parts */
  constructor({viewer, store, workspace, rules}) {
    this.viewer = viewer;
    this.store = store;
    this.workspace = workspace;
    this.rules = rules;
    this.source = new VectorSource();
    const styleOf = (/** @type {any} */ feature, /** @type {number} */ resolution) => this.#style(feature, resolution);
    this.layer = new VectorLayer({source: this.source, style: styleOf});
    this.gathering = new Gathering({viewer, layer: this.layer, source: this.source, styleOf});
    // Frames in a layer of their own: a pointer that moves over ten thousand nuclei must not draw them all anew.
    this.frames = new VectorSource();
    this.frameLayer = new VectorLayer({
      source: this.frames,
      style: (feature, resolution) => focusStyle(String(feature.get('score')), resolution),
    });
    viewer.addLayer(this.layer);
    viewer.addLayer(this.frameLayer);
    store.observe((changes) => this.#onStore(changes));
    workspace.observe((changed) => {
      if (changed.has('layers')) this.rebuild();
      if (changed.has('showsSuggestions') || changed.has('isPeeking')) this.#applyVisibility();
      if (changed.has('threshold')) this.gathering.restyle();
      if (changed.has('suggestion') || changed.has('pointed') || changed.has('chosen')) this.#frame();
    });
    viewer.onChange(({kind}) => {
      if (kind === 'frame') this.rebuild();
    });
    this.rebuild();
  }

  #applyVisibility() {
    const {showsSuggestions, isPeeking} = this.workspace.state;
    this.layer.setVisible(showsSuggestions && !isPeeking);
    this.frameLayer.setVisible(showsSuggestions && !isPeeking);
  }

  /** @param {Suggestion} suggestion @returns {boolean} whether it is drawn now */
  isShown(suggestion) {
    if (this.workspace.state.layers.labels.has(suggestion.labels[0] ?? '')) return false;
    return suggestion.geometry !== null && isOpen(suggestion) && (suggestion.frame === null || suggestion.frame === this.viewer.frame);
  }

  /** @param {ChangeSet} changes */
  #onStore({origin, created, updated, deleted, decided}) {
    if (decided.length > CROWD) this.rebuild();
    else if (decided.length > 0) this.#redraw(decided.map(({suggestionId}) => suggestionId));
    else if (origin === 'remote' && created.length + updated.length + deleted.length === 0) this.rebuild();
  }

  /** @param {string[]} ids */
  #redraw(ids) {
    for (const id of ids) {
      const suggestion = this.store.suggestions.get(id);
      const feature = this.source.getFeatureById(id);
      const isShown = suggestion !== undefined && this.isShown(suggestion);
      if (feature && !Array.isArray(feature) && !isShown) this.source.removeFeature(feature);
      else if (!feature && isShown) this.source.addFeature(toFeature(suggestion));
    }
    this.gathering.look();
    this.#frame();
  }

  /** Puts frames around what is in focus, pointed to, or chosen. */
  #frame() {
    const {suggestion: focused, pointed, chosen} = this.workspace.state;
    const framed = [...new Set([focused, pointed, ...chosen])].flatMap((id) => this.store.suggestions.get(id ?? '') ?? []);
    this.frames.clear(true);
    this.frames.addFeatures(
      framed.filter((suggestion) => this.isShown(suggestion)).map((suggestion) => {
        const feature = toFeature(suggestion);
        feature.set('score', suggestion.id === focused || suggestion.id === pointed ? formatScore(suggestion.score) : '', true);
        return feature;
      }),
    );
  }

  rebuild() {
    this.source.clear(true);
    this.source.addFeatures([...this.store.suggestions.values()].filter((suggestion) => this.isShown(suggestion)).map(toFeature));
    this.gathering.look();
    this.#frame();
  }

  /** @param {Feature} feature @param {number} resolution level-0 px per screen px */
  #style(feature, resolution) {
    const suggestion = this.store.suggestions.get(String(feature.getId()));
    if (!suggestion) return [];
    const colour = this.rules.byCode.get(suggestion.labels[0])?.colour ?? UNKNOWN_COLOUR;
    const {threshold} = this.workspace.state;
    if (threshold && !isMeant(suggestion, threshold)) return faintStyle(colour);
    return suggestionStyle(colour, isSmall(feature, resolution));
  }

  /** @param {Position} point level-0 px @param {number} tolerance level-0 px @returns {Suggestion | null} the smallest one there */
  at(point, tolerance) {
    if (!this.layer.getVisible()) return null;
    const [x, y] = [point[0], -point[1]];
    const hits = this.source
      .getFeaturesInExtent([x - tolerance, y - tolerance, x + tolerance, y + tolerance])
      .filter((feature) => {
        const closest = feature.getGeometry()?.getClosestPoint([x, y]);
        return feature.getGeometry()?.intersectsCoordinate([x, y]) || (closest && Math.hypot(closest[0] - x, closest[1] - y) <= tolerance);
      })
      .flatMap((feature) => this.store.suggestions.get(String(feature.getId())) ?? []);
    return hits.sort((a, b) => sizeOf(a) - sizeOf(b))[0] ?? null;
  }

  /**
   * Suggestions that can be seen now: on this frame, in view, layer on, and large enough to be noticed.
   * @returns {string[]} ids
   */
  inView() {
    const size = this.viewer.map.getSize();
    if (!size || !this.layer.getVisible() || document.visibilityState !== 'visible') return [];
    const smallest = 2 * (this.viewer.view.getResolution() ?? 1);
    return this.source
      .getFeaturesInExtent(this.viewer.view.calculateExtent(size))
      .map((feature) => String(feature.getId()))
      .filter((id) => {
        const geometry = this.store.suggestions.get(id)?.geometry;
        if (!geometry) return false;
        const [, , width, height] = boundsOf(geometry);
        return geometry.type === 'Point' || Math.max(width, height) >= smallest;
      });
  }
}

/** @param {Suggestion} suggestion @returns {number} */
function sizeOf({geometry}) {
  if (!geometry) return Infinity;
  const [, , width, height] = boundsOf(geometry);
  return width * height;
}

/** @param {Suggestion} suggestion @returns {Feature} */
function toFeature(suggestion) {
  const feature = new Feature(geometryToOl(/** @type {OutlineGeometry} */ (suggestion.geometry)));
  feature.setId(suggestion.id);
  return feature;
}
