/** Draws the shape that is being drawn. */

import {Feature, LineString, MultiPoint, Polygon, VectorLayer, VectorSource} from '../../../vendor/ol.mjs';
import {ringToOl} from '../../viewer/geometry.js';
import {sketchStyle, strokeStyle} from './styles.js';

/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {Sketch} from '../tools/chart.js' */
/** @import {Position} from '../types.js' */

export class SketchLayer {
  /** @param {{viewer: Viewer, colour: () => string}} parts */
  constructor({viewer, colour}) {
    this.colour = colour;
    this.isRefused = false;
    /** @type {Sketch['stroke']} */
    this.stroke = undefined;
    this.shape = new Feature();
    this.vertices = new Feature();
    this.fault = new Feature();
    this.source = new VectorSource({features: [this.shape, this.fault, this.vertices]});
    this.layer = new VectorLayer({
      source: this.source,
      zIndex: 10,
      updateWhileInteracting: true,
      updateWhileAnimating: true,
      style: (feature, resolution) => {
        if (this.stroke) return strokeStyle({colour: this.colour(), width: this.stroke.width / resolution, erases: this.stroke.erases});
        const part = feature === this.vertices ? 'vertices' : feature === this.fault ? 'fault' : 'shape';
        return sketchStyle({colour: this.colour(), isRefused: this.isRefused, part});
      },
    });
    viewer.addLayer(this.layer);
  }

  /** @param {Sketch | null} sketch null wipes it */
  show(sketch) {
    this.isRefused = sketch?.isRefused ?? false;
    this.stroke = sketch?.stroke;
    this.shape.setGeometry(sketch ? geometryOf(sketch) : undefined);
    this.vertices.setGeometry(sketch?.vertices ? new MultiPoint(ringToOl(sketch.vertices)) : undefined);
    this.fault.setGeometry(sketch?.fault ? new LineString(ringToOl(sketch.fault)) : undefined);
  }
}

/** @param {Sketch} sketch */
function geometryOf({kind, path, rings = []}) {
  if (kind === 'region') return new Polygon(rings.map(ringToOl));
  if (kind === 'box') return new Polygon([ringToOl(boxRing(path[0], path[1]))]);
  if (kind === 'outline') return new Polygon([ringToOl(path)]);
  return new LineString(ringToOl(path));
}

/** @param {Position} a @param {Position} b opposite corners @returns {Position[]} */
function boxRing(a, b) {
  return [a, [b[0], a[1]], b, [a[0], b[1]], a];
}
