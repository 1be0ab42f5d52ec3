/**
 * A hand that writes rests on the glass. While a pen is on the canvas, and shortly after, touches are the palm of that hand:
 * nobody hears of them. One that lay there before the pen came is ended as the browser would end it (Pointer Events,
 * pointercancel), so that a stroke or pinch that it began is given up and the pen is alone.
 */

/** After a pen was last seen, a touch is the palm for so long: the hand comes down and goes up a little beside its pen. */
const PALM_MS = 400;

/** @typedef {{now: () => number}} Clock */

export class PalmGuard {
  /** @param {HTMLElement} canvas @param {Clock} [clock] */
  constructor(canvas, clock = performance) {
    this.canvas = canvas;
    this.clock = clock;
    /** @type {Set<number>} pens on the glass */
    this.pens = new Set();
    /** @type {Map<number, EventTarget>} touches that others know of */
    this.fingers = new Map();
    /** @type {Set<number>} touches that nobody hears of any more */
    this.palms = new Set();
    this.lastPen = -Infinity;
    // Before everybody else, wherever the hand has got to.
    for (const type of ['pointerdown', 'pointermove', 'pointerup', 'pointercancel']) {
      globalThis.addEventListener(type, (event) => this.#see(/** @type {PointerEvent} */ (event)), {capture: true});
    }
  }

  /** @param {PointerEvent} event */
  #see(event) {
    if (!event.isTrusted) return;
    if (event.pointerType === 'pen') this.#seePen(event);
    else if (event.pointerType === 'touch') this.#seeTouch(event);
  }

  /** @param {PointerEvent} event */
  #seePen(event) {
    const isHere = this.#isOnCanvas(event);
    if (isHere || this.pens.has(event.pointerId)) this.lastPen = this.clock.now();
    if (event.type === 'pointerdown' && isHere) {
      this.pens.add(event.pointerId);
      for (const [id, target] of this.fingers) this.#reject(id, target);
    }
    if (isEnd(event)) this.pens.delete(event.pointerId);
  }

  /** @param {PointerEvent} event */
  #seeTouch(event) {
    const {type, pointerId, target} = event;
    if (type === 'pointerdown' && target && this.#isOnCanvas(event)) {
      if (this.#isPenNear()) this.palms.add(pointerId);
      else this.fingers.set(pointerId, target);
    }
    if (this.palms.has(pointerId)) event.stopImmediatePropagation();
    if (!isEnd(event)) return;
    this.palms.delete(pointerId);
    this.fingers.delete(pointerId);
  }

  /** @returns {boolean} */
  #isPenNear() {
    return this.pens.size > 0 || this.clock.now() - this.lastPen < PALM_MS;
  }

  /** @param {PointerEvent} event @returns {boolean} */
  #isOnCanvas({target}) {
    return target instanceof Node && this.canvas.contains(target);
  }

  /** @param {number} pointerId @param {EventTarget} target */
  #reject(pointerId, target) {
    this.fingers.delete(pointerId);
    this.palms.add(pointerId);
    target.dispatchEvent(new PointerEvent('pointercancel', {pointerId, pointerType: 'touch', bubbles: true, button: -1}));
  }
}

/** @param {PointerEvent} event @returns {boolean} */
const isEnd = ({type}) => type === 'pointerup' || type === 'pointercancel';
