/** OpenLayers, its own vector layer on a canvas: one style a class, one feature a cell. */

import Feature from 'ol/Feature.js';
import OlMap from 'ol/Map.js';
import View from 'ol/View.js';
import Polygon from 'ol/geom/Polygon.js';
import VectorLayer from 'ol/layer/Vector.js';
import Projection from 'ol/proj/Projection.js';
import VectorSource from 'ol/source/Vector.js';
import Fill from 'ol/style/Fill.js';
import Stroke from 'ol/style/Stroke.js';
import Style from 'ol/style/Style.js';
import {COLOURS, RELABELLED, RESOLUTION, cells} from './data.js';

const all = await cells();
const styleOf = (colour) => new Style({fill: new Fill({color: `${colour}33`}), stroke: new Stroke({color: colour, width: 1.25})});
const styles = COLOURS.map(styleOf);
const features = [];
for (let cell = 0; cell < all.count; cell += 1) {
  const ring = all.ring(cell).map(([x, y]) => [x, -y]);
  const feature = new Feature(new Polygon([[...ring, ring[0]]]));
  feature.setStyle(styles[all.label(cell) % styles.length]);
  features.push(feature);
}
const projection = new Projection({code: 'px', units: 'pixels', extent: [0, -all.side, all.side, 0]});
const map = new OlMap({
  target: 'view',
  controls: [],
  layers: [new VectorLayer({source: new VectorSource({features})})],
  view: new View({projection, center: [all.side / 2, -all.side / 2], resolution: RESOLUTION, constrainResolution: false}),
});
const rendered = () => new Promise((resolve) => map.once('rendercomplete', resolve));
await rendered();
window.peer = {
  relabel: async () => {
    const done = rendered();
    features[all.middle].setStyle(styleOf(RELABELLED));
    await done;
  },
};
