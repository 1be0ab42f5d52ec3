/** deck.gl: one polygon layer in WebGL, which has to be there, if only in software. */

import {Deck, OrthographicView} from '@deck.gl/core';
import {SolidPolygonLayer} from '@deck.gl/layers';
import {COLOURS, RELABELLED, RESOLUTION, cells} from './data.js';

const all = await cells();
const rgb = (colour) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
const colours = COLOURS.map(rgb);
const data = Array.from({length: all.count}, (_, cell) => ({cell, ring: all.ring(cell)}));
let [relabelled, version] = [-1, 0];
const layer = () =>
  new SolidPolygonLayer({
    id: 'cells',
    data,
    getPolygon: ({ring}) => ring,
    getFillColor: ({cell}) => [...(cell === relabelled ? rgb(RELABELLED) : colours[all.label(cell) % colours.length]), 128],
    updateTriggers: {getFillColor: version},
    extruded: false,
  });
let rendered = () => {};
const next = () => new Promise((resolve) => (rendered = resolve));
const failed = new Promise((_, reject) => (window.deckFailed = reject));
const first = next();
const deck = new Deck({
  parent: document.getElementById('view'),
  views: new OrthographicView({flipY: true}),
  initialViewState: {target: [all.side / 2, all.side / 2, 0], zoom: -Math.log2(RESOLUTION)},
  controller: true,
  layers: [layer()],
  onAfterRender: () => rendered(),
  onError: (error) => window.deckFailed(error),
});
await Promise.race([first, failed]);
window.peer = {
  relabel: async () => {
    [relabelled, version] = [all.middle, 1];
    const done = next();
    deck.setProps({layers: [layer()]});
    await done;
  },
};
