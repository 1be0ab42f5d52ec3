/** What pointer, wheel and keys do on the canvas when no tool takes them. */

import {
  DragPan, DragRotate, Interaction, KeyboardPan, KeyboardZoom, MouseWheelZoom, PinchRotate, PinchZoom, PointerInteraction, condition,
} from '../../vendor/ol.mjs';

/** @import {Map, MapBrowserEvent} from '../../vendor/ol.mjs' */
/** @import {FrameStack} from './frame-stack.js' */
/** @import {PlaneStack} from './plane-stack.js' */

/** A wheel notch sends about 100 px in one event; a touch pad sends many small ones, which are added up. */
const WHEEL_STEP_PX = 50;
const WHEEL_LINE_PX = 40;

/** A drag over this many screen px changes the window by its own width. */
const WINDOW_DRAG_PX = 300;

const SPACE_HELD = 'mitate-space-held';

/** @param {MapBrowserEvent<any>} event @returns {boolean} */
function isSpaceHeld(event) {
  return event.map.get(SPACE_HELD) === true;
}

/** @param {MapBrowserEvent<any>} event @returns {boolean} */
function isMiddleButton(event) {
  return event.originalEvent.pointerType === 'mouse' && event.originalEvent.button === 1;
}

/**
 * Left mouse button, finger or pen, no modifier, space bar up: what drawing tools should listen to.
 * @param {MapBrowserEvent<any>} event
 * @returns {boolean}
 */
export function plainPrimary(event) {
  return condition.noModifierKeys(event) && event.originalEvent.button <= 0 && !isSpaceHeld(event);
}

/** Pans with the middle button, or with the space bar held, and keeps these drags from the tool below. */
class PanAnyway extends DragPan {
  constructor() {
    super({condition: (event) => isMiddleButton(event) || isSpacePan(event)});
    // A plain DragPan lets the press through, and a freehand tool would draw while the image moves.
    this.stopDown = (/** @type {boolean} */ handled) => handled;
  }
}

/** Changes the window of a frame stack: right drag or Shift + drag; to the right is wider, downwards is darker. */
export class WindowDrag extends PointerInteraction {
  /** @param {FrameStack} frames */
  constructor(frames) {
    super({});
    this.frames = frames;
    /** @type {{x: number, y: number, center: number, width: number} | null} */
    this.start = null;
  }

  /** @param {MapBrowserEvent<any>} event @returns {boolean} @override */
  handleDownEvent(event) {
    const {button, clientX, clientY} = event.originalEvent;
    const asked = button === 2 || (button === 0 && condition.shiftKeyOnly(event));
    const {window} = this.frames;
    if (!asked || !window) return false;
    this.start = {x: clientX, y: clientY, center: window.center, width: window.width};
    event.map.getTargetElement()?.classList.add('is-windowing');
    return true;
  }

  /** @param {MapBrowserEvent<any>} event @override */
  handleDragEvent(event) {
    if (!this.start) return;
    const {clientX, clientY} = event.originalEvent;
    const perPx = Math.max(this.start.width, 20) / WINDOW_DRAG_PX;
    this.frames.setWindow({
      center: this.start.center + (clientY - this.start.y) * perPx,
      width: this.start.width + (clientX - this.start.x) * perPx,
    });
  }

  /** @param {MapBrowserEvent<any>} event @returns {boolean} @override */
  handleUpEvent(event) {
    event.map.getTargetElement()?.classList.remove('is-windowing');
    this.start = null;
    return false;
  }
}

/** Scrolls frames with the wheel; Ctrl or Cmd + wheel is left to zooming. */
export class FrameWheel extends Interaction {
  /** @param {FrameStack} frames */
  constructor(frames) {
    super({handleEvent: (event) => this.scroll(event)});
    this.frames = frames;
    this.carried = 0;
  }

  /** @param {MapBrowserEvent<any>} event @returns {boolean} whether other interactions see the event */
  scroll(event) {
    if (event.type !== 'wheel' || condition.platformModifierKey(event) || event.originalEvent.ctrlKey) return true;
    event.originalEvent.preventDefault();
    const {deltaY, deltaMode} = event.originalEvent;
    const px = deltaMode === WheelEvent.DOM_DELTA_LINE ? deltaY * WHEEL_LINE_PX : deltaY;
    this.carried = Math.sign(px) === Math.sign(this.carried) ? this.carried + px : px;
    if (Math.abs(this.carried) >= WHEEL_STEP_PX) {
      void this.frames.step(Math.sign(this.carried));
      this.carried = 0;
    }
    return false;
  }
}

/**
 * The interactions that lie below the tools. The wheel scrolls frames; on a slide it zooms, whatever planes there are.
 * @param {FrameStack | PlaneStack | null} frames
 * @returns {Interaction[]}
 */
export function baseInteractions(frames) {
  const scrollsFrames = frames !== null && frames.encoding !== 'planes' && frames.count > 1;
  /** @type {Interaction[]} */
  const interactions = [
    new DragPan({condition: plainPrimary}),
    new DragRotate({condition: condition.altShiftKeysOnly}),
    new PinchRotate({threshold: 0.35}),
    new PinchZoom(),
    new KeyboardPan({pixelDelta: 96}),
    new KeyboardZoom({delta: 0.5}),
    new MouseWheelZoom({condition: scrollsFrames ? isZoomWheel : condition.always, useAnchor: true}),
  ];
  if (scrollsFrames) interactions.push(new FrameWheel(frames));
  return interactions;
}

/** @param {MapBrowserEvent<any>} event @returns {boolean} */
function isZoomWheel(event) {
  return event.originalEvent.ctrlKey || condition.platformModifierKey(event);
}

/**
 * The interactions that lie above the tools, so that moving about and windowing work whichever tool is in hand.
 * @param {FrameStack | PlaneStack | null} frames
 * @returns {Interaction[]}
 */
export function topInteractions(frames) {
  /** @type {Interaction[]} */
  const interactions = [new PanAnyway()];
  if (frames?.encoding === 'values') interactions.push(new WindowDrag(frames));
  return interactions;
}

/** @param {MapBrowserEvent<any>} event @returns {boolean} */
function isSpacePan(event) {
  return isSpaceHeld(event) && event.originalEvent.button <= 0;
}

/**
 * Follows the space bar while the keyboard is on the canvas or nowhere in particular.
 * @param {Map} map
 * @returns {() => void} stops following
 */
export function followSpaceBar(map) {
  const canvas = map.getTargetElement();
  /** @param {boolean} held */
  const set = (held) => {
    map.set(SPACE_HELD, held);
    canvas?.classList.toggle('is-panning', held);
  };
  /** @param {KeyboardEvent} event */
  const onKeydown = (event) => {
    if (event.key !== ' ' || (document.activeElement !== document.body && document.activeElement !== canvas)) return;
    event.preventDefault();
    set(true);
  };
  /** @param {KeyboardEvent} event */
  const onKeyup = (event) => {
    if (event.key === ' ') set(false);
  };
  const onBlur = () => set(false);
  document.addEventListener('keydown', onKeydown);
  document.addEventListener('keyup', onKeyup);
  globalThis.addEventListener('blur', onBlur);
  return () => {
    document.removeEventListener('keydown', onKeydown);
    document.removeEventListener('keyup', onKeyup);
    globalThis.removeEventListener('blur', onBlur);
  };
}
