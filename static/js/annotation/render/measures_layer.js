/** Draws measurements: solid light lines with figures, unlike any mark. They live as long as the page. */

import {CircleStyle, Feature, Fill, LineString, MultiPoint, Point, Stroke, Style, Text, VectorLayer, VectorSource} from '../../../vendor/ol.mjs';
import {ringToOl} from '../../viewer/geometry.js';
import {basisText, shareOf} from '../tools/measure/doubt.js';
import {figureOf} from '../tools/measure/figures.js';

/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {MeasureKind} from '../tools/measure/figures.js' */
/** @import {Position} from '../types.js' */
/** @import {Workspace} from '../workspace.js' */

const LINE = '#8ff0ff';
const CASING = 'rgba(0, 0, 0, 0.7)';

/** @typedef {{kind: MeasureKind, points: Position[], frame: number | null, step: number}} Measure step: no finer than this were the points set, level-0 px */

export class MeasuresLayer {
  /** @param {{viewer: Viewer, workspace: Workspace}} parts */
  constructor({viewer, workspace}) {
    this.viewer = viewer;
    this.workspace = workspace;
    /** @type {Measure[]} */
    this.kept = [];
    /** @type {Measure | null} */
    this.draft = null;
    this.source = new VectorSource();
    this.layer = new VectorLayer({
      source: this.source,
      zIndex: 11,
      updateWhileInteracting: true,
      updateWhileAnimating: true,
      style: (feature) => styleOf(/** @type {Feature} */ (feature)),
    });
    viewer.addLayer(this.layer);
    viewer.onChange(({kind}) => {
      if (kind === 'frame') this.#draw();
    });
    workspace.observe((changed) => {
      if (changed.has('isPeeking')) this.layer.setVisible(!workspace.state.isPeeking);
    });
  }

  /** @param {MeasureKind} kind @param {Position[] | null} points level-0 px; null: nothing is being measured */
  show(kind, points) {
    this.draft = points && {kind, points, frame: this.viewer.frame, step: this.#step};
    this.#draw();
  }

  /** @param {MeasureKind} kind @param {Position[]} points level-0 px */
  keep(kind, points) {
    this.kept.push({kind, points, frame: this.viewer.frame, step: this.#step});
    this.workspace.set({hasMeasures: true});
    this.#draw();
  }

  /** @returns {number} a pixel of the image, or of the screen where that is coarser; level-0 px */
  get #step() {
    return Math.max(1, this.viewer.view.getResolution() ?? 1);
  }

  /** @returns {string} what lengths rest on */
  get basis() {
    return basisText(this.viewer.manifest);
  }

  clear() {
    this.kept = [];
    this.workspace.set({hasMeasures: false});
    this.#draw();
  }

  #draw() {
    const {frame, manifest} = this.viewer;
    const shown = [...this.kept, ...(this.draft ? [this.draft] : [])].filter((measure) => measure.frame === frame);
    this.source.clear(true);
    this.source.addFeatures(
      shown.map(({kind, points, step}) => {
        const feature = new Feature(points.length > 1 ? new LineString(ringToOl(points)) : new Point(ringToOl(points)[0]));
        feature.set('figure', figureOf(kind, points, manifest.spacing, {step, share: shareOf(manifest.spacing)}), true);
        feature.set('at', ringToOl(points)[kind === 'angle' ? Math.min(1, points.length - 1) : points.length - 1], true);
        return feature;
      }),
    );
  }
}

/** @param {Feature} feature @returns {Style[]} */
function styleOf(feature) {
  const figure = feature.get('figure');
  const ends = new Style({
    geometry: (one) => {
      const coordinates = /** @type {any} */ (one.getGeometry()).getCoordinates();
      return new MultiPoint(typeof coordinates[0] === 'number' ? [coordinates] : coordinates);
    },
    image: new CircleStyle({radius: 3, fill: new Fill({color: LINE}), stroke: new Stroke({color: CASING, width: 1.5})}),
    zIndex: 2,
  });
  const text = new Style({
    geometry: new Point(feature.get('at')),
    text: new Text({
      text: figure,
      font: '600 13px system-ui, "Noto Sans CJK JP", sans-serif',
      fill: new Fill({color: LINE}),
      backgroundFill: new Fill({color: 'rgba(20, 20, 22, 0.85)'}),
      padding: [2, 5, 2, 5],
      offsetX: 12,
      offsetY: -14,
      textAlign: 'left',
      overflow: true,
    }),
    zIndex: 3,
  });
  const line = [new Style({stroke: new Stroke({color: CASING, width: 4})}), new Style({stroke: new Stroke({color: LINE, width: 1.5}), zIndex: 1})];
  return figure ? [...line, ends, text] : [...line, ends];
}
