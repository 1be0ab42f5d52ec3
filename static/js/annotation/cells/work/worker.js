/** The worker that holds cells: it fetches them, draws them into tiles, and answers what lies where. The page holds none of them. */

import {ChunkCache} from './chunk_cache.js';
import {LayerWork} from './layer_work.js';
import {DotPainter} from './dots.js';
import {LINES_TO, OUTLINES_TO, paintOutlines} from './painting.js';
import {Raster} from './raster.js';
import {Turns} from '../../../lib/turns.js';

/** @import {Opened} from './chunk_cache.js' */
/** @import {Answers, Ask, Request, Tell} from './messages.js' */
/** @import {Counts, Hit} from './layer_work.js' */

/** @type {Map<string, LayerWork>} */
const layers = new Map();
/** @type {string[]} */
let colours = [];
let isFilled = true;
/** @type {DotPainter | null} */
let dots = null;
/** @type {Raster | null} */
let raster = null;
/** @type {((value: unknown) => void)[]} those who wait for a new grant */
let waiting = [];
const chunks = new ChunkCache(fetchPart);
const turns = new Turns();
/** Number of what was told last of how cells look. */
let state = 0;

/**
 * @param {string} url
 * @returns {Promise<ArrayBuffer>}
 * @throws {Error} when it cannot be had, also with a new grant
 */
async function fetchPart(url) {
  let response = await fetch(url);
  if (response.status === 403) {
    await new Promise((resolve) => {
      waiting.push(resolve);
      if (waiting.length === 1) self.postMessage({needs: 'grant'});
    });
    response = await fetch(url);
  }
  if (!response.ok) throw new Error(`${response.status} for ${url}`);
  return response.arrayBuffer();
}

/** @returns {LayerWork[]} */
const shownLayers = () => [...layers.values()].filter(({isVisible}) => isVisible);

/** @param {Ask<'tile'>} frame @returns {Promise<Answers['tile']>} */
async function tile(frame) {
  for (;;) {
    const shown = shownLayers();
    await Promise.all(shown.map((layer) => layer.open()));
    const hasOutlines = frame.resolution <= OUTLINES_TO;
    const opened = await Promise.all(shown.map((layer) => (hasOutlines ? layer.opened(frame) : [])));
    await turns.mine();
    // From here on nothing is waited for: what is told now comes after this tile.
    const now = shownLayers();
    if (now.every((layer) => shown.includes(layer))) {
      return {tile: painted(frame, new Map(now.map((layer) => [layer, opened[shown.indexOf(layer)]]))), state};
    }
  }
}

/** @param {Ask<'tile'>} frame @param {Map<LayerWork, Opened[]>} shown @returns {ImageBitmap} */
function painted(frame, shown) {
  const canvas = new OffscreenCanvas(frame.side, frame.side);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  if (frame.resolution > OUTLINES_TO) {
    dots ??= new DotPainter(frame.side);
    dots.begin(colours);
    for (const layer of shown.keys()) layer.addDots(dots, frame);
    put(context, dots);
  } else if (isFilled && frame.resolution >= LINES_TO) {
    raster ??= new Raster(frame.side);
    raster.begin(colours);
    for (const [layer, opened] of shown) for (const {chunk, bounds} of opened) raster.addChunk(chunk, bounds, frame, layer.shown);
    put(context, raster);
  } else {
    for (const [layer, opened] of shown) {
      for (const {chunk, bounds} of opened) paintOutlines(context, chunk, bounds, frame, {colours, isFilled}, layer.shown);
    }
  }
  return canvas.transferToImageBitmap();
}

/** @param {OffscreenCanvasRenderingContext2D} context @param {DotPainter | Raster} painter */
function put(context, painter) {
  const image = context.createImageData(painter.side, painter.side);
  painter.write(image.data);
  context.putImageData(image, 0, 0);
}

/** @returns {number[][] | null} */
function touched() {
  const each = [...layers.values()].map((layer) => layer.takeTouched());
  return each.includes(null) ? null : each.flatMap((extents) => extents ?? []);
}

/** @param {Ask<'at'>} asked @returns {Promise<Hit | null>} the smallest of the cells there */
async function at({point}) {
  const hits = await Promise.all(shownLayers().map(async (layer) => layer.open().then(() => layer.at(point))));
  const found = hits.filter((hit) => hit !== null).sort((one, other) => one.size - other.size);
  return found[0] ?? null;
}

/** @param {Ask<'count'>} asked @returns {Promise<Counts>} */
async function count({extent, ring}) {
  await Promise.all(shownLayers().map((layer) => layer.open()));
  const each = shownLayers().map((layer) => layer.count(extent, ring && Float64Array.from(ring), colours.length));
  return {
    shown: colours.map((_, label) => each.reduce((sum, {shown}) => sum + shown[label], 0)),
    decided: each.reduce((sum, {decided}) => sum + decided, 0),
  };
}

/** @param {Ask<'select'>} asked @returns {Promise<Answers['select']>} */
async function select({mode, hit, extent, ring}) {
  for (const layer of shownLayers()) {
    await layer.open();
    const isHit = hit && hit.layerId === layer.id;
    const area = extent ? {extent, ring: ring ? Float64Array.from(ring) : null} : null;
    layer.select(mode, isHit ? {cell: hit.cell} : area);
  }
  return selection();
}

/** @returns {Answers['select']} */
function selection() {
  const parts = shownLayers().map((layer) => {
    const runs = layer.selectedRuns();
    return {layerId: layer.id, runs, labels: layer.labelsOf(runs, colours.length)};
  });
  return {
    layers: parts.filter(({runs}) => runs.length > 0).map(({layerId, runs}) => ({layerId, runs})),
    labels: colours.map((_, label) => parts.reduce((sum, {labels}) => sum + labels[label], 0)),
  };
}

/** @type {{[Kind in keyof Answers]: (asked: any) => Promise<Answers[Kind]>}} */
const ANSWERS = {tile, at, count, select, selection: async () => selection(), touched: async () => touched()};

/** @type {{[Kind in Tell['tell']]: (told: any) => void}} */
const TOLD = {
  setup: ({labels, layers: told}) => {
    colours = labels.map((/** @type {{colour: string}} */ {colour}) => colour);
    const places = new Map(labels.map((/** @type {{code: string}} */ {code}, /** @type {number} */ place) => [code, place]));
    const placeOf = (/** @type {string} */ code) => Number(places.get(code) ?? 0);
    for (const parts of told) if (!layers.has(parts.id)) layers.set(parts.id, new LayerWork(parts, chunks, placeOf));
  },
  look: ({isFilled: filled, visible, threshold, hidden}) => {
    isFilled = filled;
    for (const layer of layers.values()) {
      layer.filter = {visible, threshold};
      layer.isVisible = !hidden.includes(layer.id);
    }
  },
  change: ({layerId, changes}) => layers.get(layerId)?.change(changes),
  changeAnew: ({layerId, changes}) => layers.get(layerId)?.changeAnew(changes),
  state: (/** @type {{state: number}} */ told) => {
    state = told.state;
  },
  ahead: (/** @type {{extent: number[]}} */ {extent}) => {
    for (const layer of shownLayers()) layer.fetchAhead(extent);
  },
  granted: () => {
    for (const go of waiting.splice(0)) go(undefined);
    waiting = [];
  },
};

/** @param {Request | Tell} message @returns {message is Tell} */
const isTold = (message) => 'tell' in message;

self.addEventListener('message', (event) => {
  const message = /** @type {Request | Tell} */ (event.data);
  if (isTold(message)) {
    TOLD[message.tell](message);
    return;
  }
  ANSWERS[message.ask](message)
    .then((answer) => self.postMessage({id: message.id, answer}, {transfer: answer && 'tile' in answer ? [answer.tile] : []}))
    .catch((error) => self.postMessage({id: message.id, error: String(error)}));
});
