/** Two fingers on a strip: how far they moved together, and how far apart they went. */

export class TwoFingers {
  constructor() {
    /** Where each finger is; screen px across. @type {Map<number, number>} */
    this.fingers = new Map();
  }

  /** @returns {boolean} */
  get areTwo() {
    return this.fingers.size === 2;
  }

  /** @param {PointerEvent} event */
  down({pointerId, pointerType, clientX}) {
    if (pointerType === 'touch') this.fingers.set(pointerId, clientX);
  }

  /** @param {PointerEvent} event */
  up({pointerId}) {
    this.fingers.delete(pointerId);
  }

  /**
   * @param {PointerEvent} event
   * @returns {{before: number, middle: number, factor: number} | null} middle of the two before and now, screen px; factor: how many times
   *   further apart; null: there are not two, or this is none of them
   */
  move({pointerId, clientX}) {
    const was = this.fingers.get(pointerId);
    if (was === undefined) return null;
    this.fingers.set(pointerId, clientX);
    if (!this.areTwo) return null;
    const [other] = [...this.fingers].filter(([id]) => id !== pointerId).map(([, x]) => x);
    // Fingers that touch each other say nothing of a ratio.
    const [far, near] = [Math.max(8, Math.abs(clientX - other)), Math.max(8, Math.abs(was - other))];
    return {before: (was + other) / 2, middle: (clientX + other) / 2, factor: far / near};
  }
}
