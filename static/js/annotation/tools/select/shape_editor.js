/**
 * Edits the vertices of the one selected outline with OpenLayers' Modify. It is given that outline alone: with all marks
 * it slows down with every one of them.
 */

import {CircleStyle, Collection, Fill, Modify, Stroke, Style, condition} from '../../../../vendor/ol.mjs';
import {t} from '../../../lib/i18n.js';
import {geometryFromOl} from '../../../viewer/geometry.js';
import {plainPrimary} from '../../../viewer/interactions.js';
import {clampToImage, closeRing, outlineProblem} from '../../outline.js';
import {problemText} from '../problems.js';

/** @import {Feature, MapBrowserEvent} from '../../../../vendor/ol.mjs' */
/** @import {Viewer} from '../../../viewer/viewer.js' */
/** @import {MarksLayer} from '../../render/marks_layer.js' */
/** @import {Geometry, Ring} from '../../types.js' */
/** @import {SelectHost} from './tool.js' */

const GRIP_PX = 9;
/** A press on an outline that moves less than this changes nothing, though Modify has put a vertex there; screen px. */
const SLIP_PX = 2;

export class ShapeEditor {
  /**
   * @param {object} parts
   * @param {Viewer} parts.viewer
   * @param {MarksLayer} parts.marks
   * @param {SelectHost} parts.host
   */
  constructor({viewer, marks, host}) {
    this.viewer = viewer;
    this.marks = marks;
    this.host = host;
    /** @type {Collection<Feature>} */
    this.features = new Collection();
    /** @type {string | null} the mark whose shape on screen cannot be saved yet */
    this.refused = null;
    this.vertexCount = 0;
    /** @type {number[]} */
    this.pixel = [0, 0];
    this.modify = new Modify({
      features: this.features,
      pixelTolerance: GRIP_PX,
      style: new Style({
        image: new CircleStyle({
          radius: 6,
          fill: new Fill({color: 'rgba(255, 255, 255, 0.35)'}),
          stroke: new Stroke({color: '#ffffff', width: 2}),
        }),
      }),
      condition: (event) => {
        // Modify tells of its start only with the first move, which may be the last one of a quick hand.
        this.pixel = event.pixel;
        return plainPrimary(event) && host.canWrite();
      },
      deleteCondition: (event) => condition.altKeyOnly(event) && condition.singleClick(event),
    });
    this.modify.on('modifystart', () => {
      this.vertexCount = this.#countVertices();
    });
    this.modify.on('modifyend', (event) => this.#end(event.mapBrowserEvent));
  }

  /**
   * @param {string | null} id the mark to edit; null: none
   * @param {boolean} isInHand whether its vertices can be taken now; finding them costs as much as drawing the outline
   */
  edit(id, isInHand) {
    if (this.refused && this.refused !== id) this.revert();
    this.features.clear();
    const feature = id === null ? null : this.marks.feature(id);
    const kind = feature?.get('kind');
    if (feature && isInHand && (kind === 'Polygon' || kind === 'MultiPolygon')) this.features.push(feature);
  }

  /** Draws the mark as it is stored again. @returns {boolean} whether there was anything to take back */
  revert() {
    const id = this.refused;
    this.refused = null;
    if (id === null) return false;
    this.host.revert([id]);
    this.host.say(null);
    return true;
  }

  /** @returns {Feature | undefined} */
  get feature() {
    return this.features.item(0);
  }

  /** @param {MapBrowserEvent<any> | null} event */
  #end(event) {
    const {feature} = this;
    if (!feature) return;
    const id = String(feature.getId());
    const [x, y] = event?.pixel ?? this.pixel;
    const hasMoved = Math.hypot(x - this.pixel[0], y - this.pixel[1]) >= SLIP_PX;
    if (!hasMoved && this.#countVertices() >= this.vertexCount && this.refused === null) {
      this.host.revert([id]);
      return;
    }
    const geometry = onImage(/** @type {Geometry} */ (geometryFromOl(/** @type {any} */ (feature.getGeometry()))), this.host.image);
    const problem = outlineProblem(geometry);
    this.refused = problem ? id : null;
    this.marks.setRefused(id, problem !== null);
    if (problem) this.host.say(`${problemText(problem.code)} ${t('Esc brings the saved shape back.')}`, true);
    else {
      this.host.say(null);
      this.host.reshape([{id, geometry}]);
    }
  }

  #countVertices() {
    const geometry = /** @type {any} */ (this.feature?.getGeometry());
    return geometry ? geometry.getFlatCoordinates().length / 2 : 0;
  }
}

/**
 * A vertex that was dragged beside the image lands on its border.
 * @param {Geometry} geometry @param {{width: number, height: number}} image
 * @returns {Geometry}
 */
function onImage(geometry, image) {
  /** @param {Ring} ring */
  const inside = (ring) => closeRing(ring.map((position) => clampToImage(position, image)));
  if (geometry.type === 'Polygon') return {...geometry, coordinates: geometry.coordinates.map(inside)};
  if (geometry.type === 'MultiPolygon') return {...geometry, coordinates: geometry.coordinates.map((rings) => rings.map(inside))};
  return geometry;
}
