/**
 * While the view moves, what was drawn is only moved and enlarged by the browser's compositor for a few frames, before all of it is drawn
 * again.
 *
 * To draw a hundred tiles into a canvas takes most of a frame, or more, where no graphics card helps. The compositor moves what is drawn in
 * a process of its own. So that nothing empty comes in from the sides, a frame is drawn ahead: further out than it is shown while zooming
 * out, with a margin around it while panning.
 */

import {extent as extents} from '../../vendor/ol.mjs';

/** @import {Map} from '../../vendor/ol.mjs' */

/**
 * @typedef {object} Look what a frame shows
 * @property {number[]} center coordinate of the view
 * @property {number} resolution level-0 px per screen px
 * @property {number} rotation radians
 *
 * @typedef {{look: Look, margin: number}} Ahead what is drawn; px on each side beyond the view
 * @typedef {{scale: number, left: number, top: number}} Move of a drawn frame on the screen, px from the upper left
 */

/** So many frames are shown from one that was drawn, at most. */
const GLIDES = 3;

/** Beyond this a drawn frame looks coarse. */
const LARGEST = 1.25;

/** A frame older than this is drawn again, ms. */
const OLDEST_MS = 80;

/** What may be missing at a side, px: rounding. */
const SLACK_PX = 0.01;

/** Margins come in few sizes: with each other one canvases are made anew. Where a hand is faster, each frame is drawn. */
const MARGINS_PX = [64, 128, 192];

/**
 * Says how a drawn frame has to be moved to show something else, or that it cannot.
 * @param {Ahead} drawn
 * @param {Look} shown
 * @param {number[]} size width, height of the view in px
 * @returns {Move | null} null: it would leave a side empty, or be coarse, or is turned
 */
export function moveBetween({look: drawn, margin}, shown, [width, height]) {
  const scale = drawn.resolution / shown.resolution;
  if (drawn.rotation !== shown.rotation || scale > LARGEST || scale < 1) return null;
  const [sin, cos] = [Math.sin(shown.rotation), Math.cos(shown.rotation)];
  const right = (drawn.center[0] - shown.center[0]) / shown.resolution;
  const down = -(drawn.center[1] - shown.center[1]) / shown.resolution;
  const [wide, high] = [width + 2 * margin, height + 2 * margin];
  let left = (width - wide * scale) / 2 + right * cos - down * sin;
  let top = (height - high * scale) / 2 + right * sin + down * cos;
  // Moved by a part of a pixel, everything would be blurred.
  if (scale === 1) [left, top] = [Math.round(left), Math.round(top)];
  const isCovered = Math.max(left, top, width - left - wide * scale, height - top - high * scale) <= SLACK_PX;
  return isCovered ? {scale, left, top} : null;
}

/**
 * Says what to draw so that it can still be shown some frames later.
 * @param {Look} before the frame before
 * @param {Look} shown
 * @returns {Ahead}
 */
export function drawnFor(before, shown) {
  const step = shown.resolution / before.resolution;
  if (step < 1 || before.rotation !== shown.rotation) return {look: shown, margin: 0};
  if (step === 1) {
    const way = Math.max(...shown.center.map((now, axis) => Math.abs(now - before.center[axis]))) / shown.resolution;
    // Turned, the way on the screen may be longer along one side than along the axes of the image.
    return {look: shown, margin: MARGINS_PX.find((margin) => margin >= GLIDES * way * Math.SQRT2) ?? 0};
  }
  const resolution = shown.resolution * Math.min(step ** GLIDES, LARGEST);
  // The place under the pointer stays where it is, so the centre goes on as the resolution does.
  const onwards = (resolution - shown.resolution) / (shown.resolution - before.resolution);
  const center = shown.center.map((now, axis) => now + (now - before.center[axis]) * onwards);
  return {look: {...shown, center, resolution}, margin: 0};
}

/** @param {Look} one @param {Look} other @returns {boolean} */
const isSame = (one, other) => one.resolution === other.resolution && one.rotation === other.rotation && `${one.center}` === `${other.center}`;

/** Stands before the renderer of a map. */
class Glide {
  /** @param {Map} map */
  constructor(map) {
    const renderer = /** @type {any} */ (map.getRenderer());
    this.box = /** @type {HTMLElement} */ (map.getViewport()?.querySelector('.ol-layers'));
    this.renderer = renderer;
    this.draw = renderer.renderFrame.bind(renderer);
    /** @type {Look | null} of the frame before */
    this.before = null;
    /** @type {{ahead: Ahead, state: any, glides: number} | null} what the canvases hold */
    this.drawn = null;
    /** Whether what is asked for is needed as it is: its pixels are read. */
    this.isExact = false;
    this.box.style.transformOrigin = '0 0';
    this.box.style.willChange = 'transform';
  }

  /** @param {any} state a frame of OpenLayers; null: nothing can be shown */
  render(state) {
    const before = this.before;
    this.before = state && lookOf(state.viewState);
    if (!state) return this.draw(state);
    const shown = lookOf(state.viewState);
    const isMoving = before && !isSame(before, shown) && state.viewHints.some((/** @type {number} */ hint) => hint > 0);
    if (!isMoving || this.isExact) return this.#drawAs(state, shown);
    if (!this.#glide(state, shown)) this.#drawAhead(state, shown, before);
    // The last frame of a move has to be drawn as it is shown, also where the view does not say that it is the last.
    state.animate = true;
  }

  /** @param {any} state @param {Look} shown */
  #drawAs(state, shown) {
    this.draw(state);
    this.#holds({look: shown, margin: 0}, state, null);
  }

  /** @param {any} state @param {Look} shown @param {Look} before */
  #drawAhead(state, shown, before) {
    const ahead = drawnFor(before, shown);
    const {look, margin} = ahead;
    const move = moveBetween(ahead, shown, state.size);
    if (!move || (look === shown && margin === 0)) {
      this.#drawAs(state, shown);
      return;
    }
    const {viewState, extent, size} = state;
    state.viewState = {...viewState, ...look};
    state.size = [size[0] + 2 * margin, size[1] + 2 * margin];
    state.extent = extents.getForViewAndSize(look.center, look.resolution, look.rotation, state.size);
    this.draw(state);
    Object.assign(state, {viewState, extent, size});
    this.renderer.calculateMatrices2D(state);
    this.#holds(ahead, state, move);
  }

  /** @param {any} state @param {Look} shown @returns {boolean} */
  #glide(state, shown) {
    const {drawn} = this;
    if (!drawn || drawn.glides >= GLIDES || state.time - drawn.state.time > OLDEST_MS || `${drawn.state.size}` !== `${state.size}`) return false;
    const move = moveBetween(drawn.ahead, shown, state.size);
    if (!move) return false;
    drawn.glides += 1;
    // Tiles on their way are still wanted.
    state.wantedTiles = drawn.state.wantedTiles;
    state.usedTiles = drawn.state.usedTiles;
    this.renderer.calculateMatrices2D(state);
    this.#put(move);
    return true;
  }

  /** @param {Ahead} ahead @param {any} state @param {Move | null} move */
  #holds(ahead, state, move) {
    this.drawn = {ahead, state, glides: 0};
    const [width, height] = ahead.margin ? state.size.map((/** @type {number} */ side) => `${side + 2 * ahead.margin}px`) : ['100%', '100%'];
    this.#style({width, height});
    this.#put(move);
  }

  /** @param {Move | null} move */
  #put(move) {
    this.#style({transform: move ? `matrix(${move.scale}, 0, 0, ${move.scale}, ${move.left}, ${move.top})` : ''});
  }

  /** @param {Partial<CSSStyleDeclaration>} wanted */
  #style(wanted) {
    for (const [name, value] of /** @type {['width', string][]} */ (Object.entries(wanted))) {
      if (this.box.style[name] !== value) this.box.style[name] = value;
    }
  }
}

/** @param {any} viewState @returns {Look} */
function lookOf({center, resolution, rotation}) {
  return {center, resolution, rotation};
}

/** @param {Map} map whose frames glide from now on, but for those that are asked for at once; it keeps its target */
export function letGlide(map) {
  const glide = new Glide(map);
  // OpenLayers makes its renderer itself and has no place to choose one.
  glide.renderer.renderFrame = (/** @type {any} */ state) => glide.render(state);
  const renderSync = map.renderSync.bind(map);
  map.renderSync = () => {
    glide.isExact = true;
    try {
      renderSync();
    } finally {
      glide.isExact = false;
    }
  };
}
