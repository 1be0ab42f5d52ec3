/**
 * Zooming: for a few frames, what was drawn is only moved and enlarged by the browser's compositor, before all of it is drawn again.
 *
 * To scale a hundred tiles into a canvas takes longer than a frame where no graphics card helps. The compositor does it in a process of its
 * own. So that nothing empty comes in from the sides while zooming out, a frame is then drawn a little further out than it is shown.
 */

import {extent as extents} from '../../vendor/ol.mjs';

/** @import {Map} from '../../vendor/ol.mjs' */

/**
 * @typedef {object} Look what a frame shows
 * @property {number[]} center coordinate of the view
 * @property {number} resolution level-0 px per screen px
 * @property {number} rotation radians
 *
 * @typedef {{scale: number, left: number, top: number}} Move of a drawn frame on the screen, px from the upper left
 */

/** So many frames are shown from one that was drawn, at most. */
const GLIDES = 4;

/** Beyond this a drawn frame looks coarse. */
const LARGEST = 1.25;

/** A frame older than this is drawn again, ms. */
const OLDEST_MS = 100;

/** What may be missing at a side, px: rounding. */
const SLACK_PX = 0.01;

/**
 * Says how a drawn frame has to be moved to show something else, or that it cannot.
 * @param {Look} drawn
 * @param {Look} shown
 * @param {number[]} size width, height in px
 * @returns {Move | null} null: it would leave a side empty, or be coarse, or is turned
 */
export function moveBetween(drawn, shown, [width, height]) {
  const scale = drawn.resolution / shown.resolution;
  if (drawn.rotation !== shown.rotation || scale > LARGEST || scale < 1) return null;
  const [sin, cos] = [Math.sin(shown.rotation), Math.cos(shown.rotation)];
  const right = (drawn.center[0] - shown.center[0]) / shown.resolution;
  const down = -(drawn.center[1] - shown.center[1]) / shown.resolution;
  const left = (width * (1 - scale)) / 2 + right * cos - down * sin;
  const top = (height * (1 - scale)) / 2 + right * sin + down * cos;
  const isCovered = Math.max(left, top, width - left - width * scale, height - top - height * scale) <= SLACK_PX;
  return isCovered ? {scale, left, top} : null;
}

/**
 * Says what to draw so that it can still be shown some frames later: while zooming out, what will be shown then.
 * @param {Look} before the frame before
 * @param {Look} shown
 * @returns {Look} as shown, unless it zooms out
 */
export function drawnFor(before, shown) {
  const step = shown.resolution / before.resolution;
  if (step <= 1 || before.rotation !== shown.rotation) return shown;
  const resolution = shown.resolution * Math.min(step ** GLIDES, LARGEST);
  // The place under the pointer stays where it is, so the centre goes on as the resolution does.
  const onwards = (resolution - shown.resolution) / (shown.resolution - before.resolution);
  const center = shown.center.map((now, axis) => now + (now - before.center[axis]) * onwards);
  return {...shown, center, resolution};
}

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
    /** @type {{look: Look, state: any, glides: number} | null} what the canvases hold */
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
    const isZooming = before && before.resolution !== shown.resolution && state.viewHints.some((/** @type {number} */ hint) => hint > 0);
    if (!isZooming || this.isExact) return this.#drawAs(state, shown);
    if (!this.#glide(state, shown)) this.#drawAhead(state, shown, before);
    // The last frame of a zoom has to be drawn as it is shown, also where the view does not say that it is the last.
    state.animate = true;
  }

  /** @param {any} state @param {Look} shown */
  #drawAs(state, shown) {
    this.draw(state);
    this.#holds(state, shown, null);
  }

  /** @param {any} state @param {Look} shown @param {Look} before */
  #drawAhead(state, shown, before) {
    const look = drawnFor(before, shown);
    const move = moveBetween(look, shown, state.size);
    if (!move || look === shown) {
      this.#drawAs(state, shown);
      return;
    }
    const {viewState, extent} = state;
    state.viewState = {...viewState, ...look};
    state.extent = extents.getForViewAndSize(look.center, look.resolution, look.rotation, state.size);
    this.draw(state);
    Object.assign(state, {viewState, extent});
    this.renderer.calculateMatrices2D(state);
    this.#holds(state, look, move);
  }

  /** @param {any} state @param {Look} shown @returns {boolean} */
  #glide(state, shown) {
    const {drawn} = this;
    if (!drawn || drawn.glides >= GLIDES || state.time - drawn.state.time > OLDEST_MS || `${drawn.state.size}` !== `${state.size}`) return false;
    const move = moveBetween(drawn.look, shown, state.size);
    if (!move) return false;
    drawn.glides += 1;
    // Tiles on their way are still wanted.
    state.wantedTiles = drawn.state.wantedTiles;
    state.usedTiles = drawn.state.usedTiles;
    this.renderer.calculateMatrices2D(state);
    this.#put(move);
    return true;
  }

  /** @param {any} state @param {Look} look @param {Move | null} move */
  #holds(state, look, move) {
    this.drawn = {look, state, glides: 0};
    this.#put(move);
  }

  /** @param {Move | null} move */
  #put(move) {
    const transform = move ? `matrix(${move.scale}, 0, 0, ${move.scale}, ${move.left}, ${move.top})` : '';
    if (this.box.style.transform !== transform) this.box.style.transform = transform;
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
