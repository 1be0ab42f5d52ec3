/**
 * What of an image was seen at a magnification or a higher one, as a grid of small squares: a square counts once it lay on the
 * screen as a whole. Arithmetic only; times, screens and storage are elsewhere.
 */

/**
 * @typedef {object} Field a rectangle of squares that fits the screen
 * @property {number} column of its first square
 * @property {number} row
 * @property {number} columns
 * @property {number} rows
 * @property {[number, number]} middle of the screen when it is looked at, in squares: at the image's edges no empty space is shown
 */

/** A square is this wide at the magnification that is walked at; screen px. What overlaps between fields is less than that. */
export const SQUARE_PX = 64;

export class Coverage {
  /**
   * @param {{width: number, height: number}} image level-0 px
   * @param {number} resolution level-0 px per screen px that is walked at
   * @param {{seen?: Uint8Array, wanted?: Uint8Array | null}} [kept] as `packed` gave it; wanted: squares worth looking at, all where null
   */
  constructor(image, resolution, {seen, wanted = null} = {}) {
    this.side = SQUARE_PX * resolution;
    this.columns = Math.max(1, Math.ceil(image.width / this.side));
    this.rows = Math.max(1, Math.ceil(image.height / this.side));
    const count = this.columns * this.rows;
    /** One byte a square. */
    this.seen = seen?.length === count ? seen.slice() : new Uint8Array(count);
    this.wanted = wanted?.length === count ? wanted : new Uint8Array(count).fill(1);
  }

  /** @returns {{seen: number, wanted: number}} squares worth looking at, and how many of them were seen */
  get counts() {
    let [seen, wanted] = [0, 0];
    for (let at = 0; at < this.seen.length; at += 1) {
      wanted += this.wanted[at];
      seen += this.wanted[at] & this.seen[at];
    }
    return {seen, wanted};
  }

  /** @returns {number} 0 to 1; 1 only when nothing is left */
  get share() {
    const {seen, wanted} = this.counts;
    return wanted === 0 ? 1 : seen / wanted;
  }

  /**
   * Notes what lies on the screen.
   * @param {readonly (readonly number[])[]} corners of the screen on the image, level-0 px, in order around it
   * @returns {boolean} whether anything was new
   */
  note(corners) {
    const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
    const clamp = (/** @type {number} */ value, /** @type {number} */ count) => Math.min(Math.max(Math.floor(value / this.side), 0), count - 1);
    let isNew = false;
    for (let row = clamp(Math.min(...ys), this.rows); row <= clamp(Math.max(...ys), this.rows); row += 1) {
      for (let column = clamp(Math.min(...xs), this.columns); column <= clamp(Math.max(...xs), this.columns); column += 1) {
        const at = row * this.columns + column;
        if (this.seen[at] || !this.#isInside(column, row, corners)) continue;
        this.seen[at] = 1;
        isNew = true;
      }
    }
    return isNew;
  }

  /** @param {number} column @param {number} row @param {readonly (readonly number[])[]} corners of a convex shape */
  #isInside(column, row, corners) {
    const {side} = this;
    // Half a px of play: a field that just fits must not fail by rounding.
    const [left, top, right, bottom] = [column * side + 0.5, row * side + 0.5, (column + 1) * side - 0.5, (row + 1) * side - 0.5];
    return [[left, top], [right, top], [right, bottom], [left, bottom]].every((point) => isInsideConvex(point, corners));
  }

  /**
   * The fields that the image is walked through in: row by row, there and back, without those where nothing is worth a look.
   * @param {{width: number, height: number}} screen px that are free to look at
   * @returns {Field[]}
   */
  fields({width, height}) {
    const across = Math.max(1, Math.floor(width / SQUARE_PX));
    const down = Math.max(1, Math.floor(height / SQUARE_PX));
    /** @type {Field[]} */
    const fields = [];
    for (let row = 0; row < this.rows; row += down) {
      const line = [];
      for (let column = 0; column < this.columns; column += across) {
        const [columns, rows] = [Math.min(across, this.columns - column), Math.min(down, this.rows - row)];
        /** @type {[number, number]} */
        const middle = [middleOf(column, across, this.columns), middleOf(row, down, this.rows)];
        const field = {column, row, columns, rows, middle};
        if (this.#some(field, (at) => this.wanted[at] === 1)) line.push(field);
      }
      fields.push(...((row / down) % 2 === 0 ? line : line.reverse()));
    }
    return fields;
  }

  /** @param {Field} field @returns {boolean} whether anything of it is still to be looked at */
  isOpen(field) {
    return this.#some(field, (at) => this.wanted[at] === 1 && this.seen[at] === 0);
  }

  /** @param {Field} field @param {(at: number) => boolean} test @returns {boolean} */
  #some({column, row, columns, rows}, test) {
    for (let y = row; y < row + rows; y += 1) {
      for (let x = column; x < column + columns; x += 1) if (test(y * this.columns + x)) return true;
    }
    return false;
  }

  /** @param {Field} field @returns {[number, number]} the middle of the screen that shows it, level-0 px */
  middleOf({middle: [x, y]}) {
    return [x * this.side, y * this.side];
  }
}

/** @param {number} start @param {number} length @param {number} count @returns {number} the middle, moved back from the end of the image */
const middleOf = (start, length, count) => (length >= count ? count / 2 : Math.min(start, count - length) + length / 2);

/** @param {readonly number[]} point @param {readonly (readonly number[])[]} corners in order, either way round @returns {boolean} */
function isInsideConvex([x, y], corners) {
  let side = 0;
  for (let i = 0; i < corners.length; i += 1) {
    const [[ax, ay], [bx, by]] = [corners[i], corners[(i + 1) % corners.length]];
    const turn = Math.sign((bx - ax) * (y - ay) - (by - ay) * (x - ax));
    if (turn !== 0 && side !== 0 && turn !== side) return false;
    if (turn !== 0) side = turn;
  }
  return true;
}

/**
 * Squares on which a small picture of the image shows anything but bare glass, and their neighbours: rather too many than one
 * too few.
 * @param {{width: number, height: number, data: Uint8ClampedArray}} picture of the whole image, RGBA
 * @param {Coverage} coverage
 * @returns {Uint8Array} 1 where there may be tissue
 */
export function tissueOf({width, height, data}, {columns, rows}) {
  const wanted = new Uint8Array(columns * rows);
  for (let at = 0; at < width * height; at += 1) {
    const [red, green, blue] = [data[at * 4], data[at * 4 + 1], data[at * 4 + 2]];
    const [most, least] = [Math.max(red, green, blue), Math.min(red, green, blue)];
    if (most > BRIGHT && most - least < COLOURFUL) continue;
    const [x, y] = [at % width, Math.floor(at / width)];
    spread(wanted, columns, [(x / width) * columns - 1, ((x + 1) / width) * columns + 1], [(y / height) * rows - 1, ((y + 1) / height) * rows + 1]);
  }
  return wanted;
}

/** Glass is brighter than this and less colourful than that; of 255. */
const BRIGHT = 214;
const COLOURFUL = 16;

/** @param {Uint8Array} squares @param {number} columns @param {[number, number]} across @param {[number, number]} down */
function spread(squares, columns, across, down) {
  const rows = squares.length / columns;
  for (let row = Math.max(0, Math.floor(down[0])); row <= Math.min(rows - 1, Math.floor(down[1])); row += 1) {
    for (let column = Math.max(0, Math.floor(across[0])); column <= Math.min(columns - 1, Math.floor(across[1])); column += 1) {
      squares[row * columns + column] = 1;
    }
  }
}

/**
 * The largest part of a screen that nothing lies over.
 * @param {{left: number, top: number, right: number, bottom: number}} screen px
 * @param {{left: number, top: number, right: number, bottom: number}[]} panels
 * @returns {{left: number, top: number, right: number, bottom: number}}
 */
export function freePart(screen, panels) {
  let free = {...screen};
  for (const panel of panels) {
    if (panel.right <= free.left || panel.left >= free.right || panel.bottom <= free.top || panel.top >= free.bottom) continue;
    const cuts = [{...free, top: panel.bottom}, {...free, bottom: panel.top}, {...free, left: panel.right}, {...free, right: panel.left}];
    free = cuts.reduce((best, cut) => (areaOf(cut) > areaOf(best) ? cut : best));
  }
  return free;
}

/** @param {{left: number, top: number, right: number, bottom: number}} part @returns {number} */
const areaOf = ({left, top, right, bottom}) => Math.max(0, right - left) * Math.max(0, bottom - top);

/** @param {Uint8Array} flags one byte each, 0 or 1 @returns {Uint8Array} eight in a byte */
export function pack(flags) {
  const packed = new Uint8Array(Math.ceil(flags.length / 8));
  for (let at = 0; at < flags.length; at += 1) packed[at >> 3] |= flags[at] << (at & 7);
  return packed;
}

/** @param {Uint8Array} packed @param {number} count @returns {Uint8Array} as `pack` was given it */
export function unpack(packed, count) {
  const flags = new Uint8Array(count);
  for (let at = 0; at < count; at += 1) flags[at] = ((packed[at >> 3] ?? 0) >> (at & 7)) & 1;
  return flags;
}
