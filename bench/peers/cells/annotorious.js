/** OpenSeadragon with Annotorious over it: one annotation a cell; the image is a single colour. */

import OpenSeadragon from 'openseadragon';
import {createOSDAnnotator} from '@annotorious/openseadragon';
import {COLOURS, RELABELLED, RESOLUTION, cells, drawn} from './data.js';

const all = await cells();
const canvas = document.createElement('canvas');
[canvas.width, canvas.height] = [256, 256];
const context = canvas.getContext('2d');
context.fillStyle = '#f4eef2';
context.fillRect(0, 0, 256, 256);
const tile = canvas.toDataURL();
const viewer = OpenSeadragon({
  element: document.getElementById('view'),
  showNavigationControl: false,
  drawer: 'canvas',
  tileSources: {width: all.side, height: all.side, tileSize: 256, getTileUrl: () => tile},
});
await new Promise((resolve) => viewer.addOnceHandler('open', resolve));
let relabelled = '';
const annotator = createOSDAnnotator(viewer, {
  drawingEnabled: false,
  style: ({id, bodies}) => {
    const colour = id === relabelled ? RELABELLED : COLOURS[Number(bodies[0]?.value ?? 0) % COLOURS.length];
    return {fill: colour, fillOpacity: 0.2, stroke: colour, strokeWidth: 1.25};
  },
});
const annotations = [];
for (let cell = 0; cell < all.count; cell += 1) {
  const points = all.ring(cell);
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const bounds = {minX: Math.min(...xs), minY: Math.min(...ys), maxX: Math.max(...xs), maxY: Math.max(...ys)};
  const id = `cell-${cell}`;
  annotations.push({
    id,
    bodies: [{id: `${id}-body`, annotation: id, purpose: 'classifying', value: String(all.label(cell))}],
    target: {annotation: id, selector: {type: 'POLYGON', geometry: {bounds, points}}},
  });
}
annotator.setAnnotations(annotations);
viewer.viewport.zoomTo(viewer.viewport.imageToViewportZoom(1 / RESOLUTION), null, true);
await drawn();
window.peer = {
  relabel: async () => {
    const {id} = annotations[all.middle];
    relabelled = id;
    annotator.updateAnnotation({...annotations[all.middle], bodies: [{id: `${id}-body`, annotation: id, purpose: 'classifying', value: '1'}]});
    await drawn();
  },
};
