/** Frames kept in memory, bounded in bytes; the one used longest ago goes first. */

/**
 * @template Value
 */
export class FrameCache {
  /**
   * @param {object} options
   * @param {number} options.maxBytes
   * @param {(value: Value) => number} options.bytesOf
   * @param {(value: Value) => void} [options.release] called when a value leaves (an ImageBitmap is closed, not collected)
   */
  constructor({maxBytes, bytesOf, release = () => {}}) {
    this.maxBytes = maxBytes;
    this.bytesOf = bytesOf;
    this.release = release;
    this.bytes = 0;
    /** @type {Map<number, Value>} in order of use, the oldest first */
    this.entries = new Map();
    /** @type {number | null} the frame on screen, which is never given up */
    this.pinned = null;
  }

  get size() {
    return this.entries.size;
  }

  /** @param {number} frame @returns {boolean} without counting as a use */
  has(frame) {
    return this.entries.has(frame);
  }

  /** @param {number} frame @returns {Value | undefined} */
  get(frame) {
    const value = this.entries.get(frame);
    if (value === undefined) return undefined;
    this.entries.delete(frame);
    this.entries.set(frame, value);
    return value;
  }

  /** @param {number} frame @param {Value} value */
  set(frame, value) {
    this.remove(frame);
    this.entries.set(frame, value);
    this.bytes += this.bytesOf(value);
    for (const other of [...this.entries.keys()]) {
      if (this.bytes <= this.maxBytes) return;
      if (other !== this.pinned && other !== frame) this.remove(other);
    }
  }

  /** @param {number} frame keeps it whatever comes */
  pin(frame) {
    this.pinned = frame;
  }

  /** @param {number} frame */
  remove(frame) {
    const value = this.entries.get(frame);
    if (value === undefined) return;
    this.entries.delete(frame);
    this.bytes -= this.bytesOf(value);
    this.release(value);
  }

  clear() {
    for (const frame of [...this.entries.keys()]) this.remove(frame);
  }
}

/**
 * Frames worth fetching next: ahead in the direction of travel, then a few behind. A loop goes round the end.
 * @param {object} place
 * @param {number} place.current
 * @param {number} place.count
 * @param {1 | -1} place.direction
 * @param {number} place.ahead
 * @param {number} place.behind
 * @param {boolean} place.loop
 * @returns {number[]} nearest first, without the current frame
 */
export function framesToPrefetch({current, count, direction, ahead, behind, loop}) {
  /** @type {number[]} */
  const wanted = [];
  /** @param {number} frame */
  const want = (frame) => {
    const inside = loop ? ((frame % count) + count) % count : frame;
    if (inside >= 0 && inside < count && inside !== current && !wanted.includes(inside)) wanted.push(inside);
  };
  for (let step = 1; step <= ahead; step += 1) want(current + step * direction);
  for (let step = 1; step <= behind; step += 1) want(current - step * direction);
  return wanted;
}
