/**
 * Hands pointer events of the canvas to the tool in hand: level-0 positions, clicks with a tolerance that suits the
 * pointer, and nothing from fingers once a pen is used, for then a finger is the palm of the hand and moves the image.
 */

import {Interaction} from '../../../vendor/ol.mjs';
import {plainPrimary} from '../../viewer/interactions.js';

/** @import {MapBrowserEvent} from '../../../vendor/ol.mjs' */
/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {StateChart, ToolEvent} from './chart.js' */
/** @import {Position} from '../types.js' */

/** A press that moves less than this is a click; screen px. Pens and fingers tremble. */
const CLICK_PX = {mouse: 4, pen: 10, touch: 12};

export class PointerFeed extends Interaction {
  /** @param {Viewer} viewer @param {() => StateChart | null} tool */
  constructor(viewer, tool) {
    super({handleEvent: (event) => this.handle(event)});
    this.viewer = viewer;
    this.tool = tool;
    this.isTaken = false;
    this.hasPen = false;
    /** @type {{pixel: number[], pointer: ToolEvent['pointer']} | null} a press that may become a click */
    this.press = null;
  }

  /** @param {MapBrowserEvent<any>} event @returns {boolean} whether other interactions see the event */
  handle(event) {
    switch (event.type) {
      case 'pointerdown':
        return this.#down(event);
      case 'pointerdrag':
        return this.#drag(event);
      case 'pointerup':
        return this.#up(event);
      case 'pointermove':
        this.tool()?.handle('hover', this.#toEvent(event));
        return true;
      case 'dblclick':
        return !this.tool()?.handle('doubleClick', this.#toEvent(event));
      default:
        return true;
    }
  }

  /** @param {MapBrowserEvent<any>} event */
  #down(event) {
    const {pointerType} = event.originalEvent;
    if (pointerType === 'pen') this.hasPen = true;
    if ((event.activePointers?.length ?? 1) > 1) {
      // A second finger: this is a pinch, not a stroke.
      this.cancel();
      return true;
    }
    this.press = null;
    if (!isPlain(event, this.tool()) || (pointerType === 'touch' && this.hasPen)) return true;
    const detail = this.#toEvent(event);
    this.isTaken = this.tool()?.handle('down', detail) === true;
    if (!this.isTaken) this.press = {pixel: detail.pixel, pointer: detail.pointer};
    return !this.isTaken;
  }

  /** @param {MapBrowserEvent<any>} event */
  #drag(event) {
    if (!this.isTaken) return true;
    this.tool()?.handle('move', this.#toEvent(event));
    return false;
  }

  /** @param {MapBrowserEvent<any>} event */
  #up(event) {
    if (event.originalEvent.type === 'pointercancel') {
      // The pointer was taken away, as that of a palm is: nobody let go here.
      this.cancel();
      return true;
    }
    const detail = this.#toEvent(event);
    if (this.isTaken) {
      this.isTaken = false;
      this.tool()?.handle('up', detail);
      return false;
    }
    const {press} = this;
    this.press = null;
    if (press && Math.hypot(detail.pixel[0] - press.pixel[0], detail.pixel[1] - press.pixel[1]) <= CLICK_PX[press.pointer]) {
      this.tool()?.handle('click', detail);
    }
    return true;
  }

  cancel() {
    this.press = null;
    if (!this.isTaken) return;
    this.isTaken = false;
    this.tool()?.handle('cancel');
  }

  /** @param {MapBrowserEvent<any>} event @returns {ToolEvent} */
  #toEvent(event) {
    /** @type {PointerEvent} */
    const original = event.originalEvent;
    const [px, py] = event.pixel;
    const merged = original.getCoalescedEvents?.() ?? [];
    const parts = merged.length > 0 ? merged : [original];
    return {
      point: position(this.viewer.level0FromPixel([px, py])),
      pixel: [px, py],
      pointer: original.pointerType === 'pen' || original.pointerType === 'touch' ? original.pointerType : 'mouse',
      shift: original.shiftKey,
      alt: original.altKey,
      ctrl: original.ctrlKey || original.metaKey,
      path: parts.map((part) => this.#level0(part)),
      pressures: parts.map(({pressure}) => pressure),
    };
  }

  /** @param {PointerEvent} event @returns {Position} */
  #level0(event) {
    return position(this.viewer.level0FromEvent(event));
  }
}

/** @param {readonly number[]} point @returns {Position} */
const position = (point) => [point[0], point[1]];

/**
 * Shift joins a click to the selection, so it is let through; other modifiers belong to the viewer unless the tool in hand
 * means something by them. Alt and Shift together always turn the image.
 * @param {MapBrowserEvent<any>} event @param {StateChart | null} tool
 */
function isPlain(event, tool) {
  const {shiftKey, ctrlKey, altKey, metaKey, button} = event.originalEvent;
  if (plainPrimary(event)) return true;
  if (button > 0) return false;
  if (ctrlKey || metaKey) return tool?.takesModes ?? false;
  return shiftKey !== altKey && (shiftKey || (tool?.takesAlt ?? false));
}
