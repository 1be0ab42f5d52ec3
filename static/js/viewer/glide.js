/**
 * A moving view: for a few frames, what was drawn is only moved and enlarged by the browser's compositor, before all of it is drawn again.
 *
 * To draw a hundred tiles into a canvas takes much of a frame, and to scale them more than one, where no graphics card helps. The compositor
 * moves what is drawn in a process of its own. So that nothing empty comes in from the sides, a little more is drawn than is shown: always
 * with a margin, while panning further on by most of it, and while zooming out further out.
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
const GLIDES = 5;

/** Beyond this a drawn frame looks coarse. */
const LARGEST = 1.25;

/** A frame older than this is drawn again, ms. */
const OLDEST_MS = 120;

/** What may be missing at a side, px: rounding. */
const SLACK_PX = 0.01;

/** So much more is drawn on each side than is shown, px. As it never changes, canvases need not be made anew when a move begins. */
export const MARGIN_PX = 32;

/** @type {WeakMap<Map, number>} */
const margins = new WeakMap();

/** @param {Map} map @returns {number} px that its canvases reach beyond it on each side */
export const marginOf = (map) => margins.get(map) ?? 0;

/** @type {Move} */
const AS_DRAWN = {scale: 1, left: 0, top: 0};

/**
 * Says how a drawn frame has to be moved to show something else, or that it cannot.
 * @param {Look} drawn
 * @param {Look} shown
 * @param {number[]} size width, height of what is drawn in px
 * @param {number} margin px of it on each side that are not shown
 * @returns {Move | null} null: it would leave a side empty, or be coarse, or is turned
 */
export function moveBetween(drawn, shown, [width, height], margin) {
  const scale = drawn.resolution / shown.resolution;
  if (drawn.rotation !== shown.rotation || scale > LARGEST) return null;
  const [right, down] = screenWay(shown.center, drawn.center, shown);
  // Moved by a part of a pixel, what is not enlarged would be blurred.
  const placed = (/** @type {number} */ px) => (scale === 1 ? Math.round(px) + 0 : px);
  const left = placed((width * (1 - scale)) / 2 + right);
  const top = placed((height * (1 - scale)) / 2 + down);
  const missing = Math.max(left, top, width - left - width * scale, height - top - height * scale);
  return missing <= margin + SLACK_PX ? {scale, left, top} : null;
}

/** @param {number[]} from @param {number[]} to coordinates @param {Look} look @returns {[right: number, down: number]} px on the screen */
function screenWay(from, to, {resolution, rotation}) {
  const [sin, cos] = [Math.sin(rotation), Math.cos(rotation)];
  const [right, down] = [(to[0] - from[0]) / resolution, (from[1] - to[1]) / resolution];
  return [right * cos - down * sin, right * sin + down * cos];
}

/** @param {number[]} from coordinate @param {number[]} way px on the screen @param {Look} look @returns {number[]} coordinate */
function coordinateAfter(from, [right, down], {resolution, rotation}) {
  const [sin, cos] = [Math.sin(rotation), Math.cos(rotation)];
  return [from[0] + (right * cos + down * sin) * resolution, from[1] - (down * cos - right * sin) * resolution];
}

/**
 * Says what to draw so that it can still be shown some frames later: what will be shown then, as far as that is known.
 * @param {Look} before the frame before
 * @param {Look} shown
 * @param {number} margin px that are drawn beyond what is shown, on each side
 * @returns {Look} as shown, unless it pans or zooms out
 */
export function drawnFor(before, shown, margin) {
  const step = shown.resolution / before.resolution;
  if (step < 1 || before.rotation !== shown.rotation) return shown;
  if (step === 1) {
    const reach = (/** @type {number} */ px) => Math.trunc(Math.max(-margin, Math.min(px * GLIDES, margin)));
    return {...shown, center: coordinateAfter(shown.center, screenWay(before.center, shown.center, shown).map(reach), shown)};
  }
  const resolution = shown.resolution * Math.min(step ** GLIDES, LARGEST);
  // The place under the pointer stays where it is, so the centre goes on as the resolution does.
  const onwards = (resolution - shown.resolution) / (shown.resolution - before.resolution);
  const center = shown.center.map((now, axis) => now + (now - before.center[axis]) * onwards);
  return {...shown, center, resolution};
}

/** Stands before the renderer of a map. */
class Glide {
  /** @param {Map} map @param {number} margin px */
  constructor(map, margin) {
    const renderer = /** @type {any} */ (map.getRenderer());
    this.box = /** @type {HTMLElement} */ (map.getViewport()?.querySelector('.ol-layers'));
    this.renderer = renderer;
    this.draw = renderer.renderFrame.bind(renderer);
    this.margin = margin;
    /** @type {Look | null} of the frame before */
    this.before = null;
    /** @type {{look: Look, state: any, glides: number} | null} what the canvases hold */
    this.drawn = null;
    /** Whether what is asked for is needed as it is: its pixels are read. */
    this.isExact = false;
    const side = `calc(100% + ${2 * margin}px)`;
    Object.assign(this.box.style, {transformOrigin: '0 0', willChange: 'transform', left: `${-margin}px`, top: `${-margin}px`, width: side, height: side});
  }

  /** @param {any} state a frame of OpenLayers; null: nothing can be shown */
  render(state) {
    const before = this.before;
    this.before = state && lookOf(state.viewState);
    if (!state) return this.draw(state);
    const shown = lookOf(state.viewState);
    const isHeld = state.viewHints.some((/** @type {number} */ hint) => hint > 0);
    const isMoving = before && !isSame(before, shown);
    // Where the view stands still and is drawn as it is shown, a frame is asked for because something in it changed.
    const isDue = !isMoving && this.#isDrawn(shown);
    if (!before || !isHeld || isDue || this.isExact) return this.#draw(state, shown, shown);
    if (!this.#glide(state, shown)) this.#draw(state, shown, isMoving ? drawnFor(before, shown, this.margin) : shown);
    // The last frame of a move has to be drawn as it is shown, also where the view does not say that it is the last.
    if (!this.#isDrawn(shown)) state.animate = true;
  }

  /** @param {any} state @param {Look} shown @param {Look} look what is drawn if it covers what is shown */
  #draw(state, shown, look) {
    const {viewState, extent, size} = state;
    const drawnSize = this.#drawnSize(state);
    const ahead = moveBetween(look, shown, drawnSize, this.margin);
    if (!ahead) look = shown;
    state.viewState = {...viewState, ...look};
    state.size = drawnSize;
    state.extent = extents.getForViewAndSize(look.center, look.resolution, look.rotation, drawnSize);
    this.draw(state);
    Object.assign(state, {viewState, extent, size});
    this.renderer.calculateMatrices2D(state);
    this.drawn = {look, state, glides: 0};
    this.#put(ahead ?? AS_DRAWN);
  }

  /** @param {Look} shown @returns {boolean} whether the canvases hold just this */
  #isDrawn(shown) {
    return this.drawn !== null && isSame(this.drawn.look, shown);
  }

  /** @param {any} state @returns {number[]} px */
  #drawnSize({size}) {
    return size.map((/** @type {number} */ side) => side + 2 * this.margin);
  }

  /** @param {any} state @param {Look} shown @returns {boolean} */
  #glide(state, shown) {
    const {drawn} = this;
    if (!drawn || drawn.glides >= GLIDES || state.time - drawn.state.time > OLDEST_MS || `${drawn.state.size}` !== `${state.size}`) return false;
    const move = moveBetween(drawn.look, shown, this.#drawnSize(state), this.margin);
    if (!move) return false;
    drawn.glides += 1;
    // Tiles on their way are still wanted.
    state.wantedTiles = drawn.state.wantedTiles;
    state.usedTiles = drawn.state.usedTiles;
    this.renderer.calculateMatrices2D(state);
    this.#put(move);
    return true;
  }

  /** @param {Move} move */
  #put({scale, left, top}) {
    const transform = scale === 1 && left === 0 && top === 0 ? '' : `matrix(${scale}, 0, 0, ${scale}, ${left}, ${top})`;
    if (this.box.style.transform !== transform) this.box.style.transform = transform;
  }
}

/** @param {Look} one @param {Look} other @returns {boolean} */
function isSame(one, other) {
  return one.resolution === other.resolution && one.rotation === other.rotation && one.center.every((value, axis) => value === other.center[axis]);
}

/** @param {any} viewState @returns {Look} */
function lookOf({center, resolution, rotation}) {
  return {center, resolution, rotation};
}

/**
 * @param {Map} map whose frames glide from now on, but for those that are asked for at once; it keeps its target
 * @param {number} [margin] px that are drawn beyond each side
 */
export function letGlide(map, margin = MARGIN_PX) {
  const glide = new Glide(map, margin);
  margins.set(map, margin);
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
