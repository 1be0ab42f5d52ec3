/** Tiles as they were drawn last, so that only those are drawn again that show something else now. */

/**
 * @typedef {object} Place of a tile
 * @property {number} left level-0 px
 * @property {number} top level-0 px
 * @property {number} resolution level-0 px a px of the tile
 * @property {number} side px of the tile
 *
 * @typedef {number[]} Extent left, top, right, bottom; level-0 px
 */

/**
 * @template Tile
 * @typedef {object} Entry
 * @property {Place} place
 * @property {number} needs the state that it must at least show
 * @property {Promise<{tile: Tile, state: number}>} drawn
 */

/** @template Tile */
export class TileShelf {
  /**
   * @param {(place: Place, tile: Tile | null) => Promise<{tile: Tile, state: number}>} draw onto the tile that there is already, so that whoever
   *   shows it shows what is new; also tells which state is seen on it
   * @param {object} [options]
   * @param {number} [options.most] tiles that are kept; more than a view has
   * @param {number} [options.penPx] so far what is drawn reaches beyond its outline or its middle; px of the tile
   */
  constructor(draw, {most = 400, penPx = 4} = {}) {
    this.draw = draw;
    this.most = most;
    this.penPx = penPx;
    /** @type {Map<string, Entry<Tile>>} the one used last at the end */
    this.kept = new Map();
  }

  /**
   * @param {Place} place
   * @returns {Promise<Tile>} drawn now only where none is kept that shows what it must
   * @throws {Error} what drawing throws
   */
  async get(place) {
    for (;;) {
      const entry = this.#entry(place);
      const {drawn} = entry;
      const {tile, state} = await drawn;
      if (state >= entry.needs) return tile;
      // Drawn before a change that was told meanwhile; by the first one who sees it.
      if (entry.drawn === drawn) this.#draw(entry, tile);
    }
  }

  /** @param {Place} place @returns {Entry<Tile>} */
  #entry(place) {
    const key = keyOf(place);
    let entry = this.kept.get(key);
    if (entry) this.kept.delete(key);
    else entry = this.#begun(place);
    this.kept.set(key, entry);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= this.most) break;
      this.kept.delete(oldest);
    }
    return entry;
  }

  /** @param {Place} place @returns {Entry<Tile>} */
  #begun(place) {
    /** @type {Entry<Tile>} */
    const entry = {place, needs: 0, drawn: this.draw(place, null)};
    entry.drawn.catch(() => this.#forget(entry));
    return entry;
  }

  /** @param {Entry<Tile>} entry @param {Tile} tile */
  #draw(entry, tile) {
    entry.drawn = this.draw(entry.place, tile);
    entry.drawn.catch(() => this.#forget(entry));
  }

  /** @param {Entry<Tile>} entry */
  #forget(entry) {
    const key = keyOf(entry.place);
    if (this.kept.get(key) === entry) this.kept.delete(key);
  }

  /**
   * What lies in some places has changed with a state: tiles that show an earlier one are drawn again when they are asked for.
   * @param {readonly Extent[] | null} extents null: everywhere
   * @param {number} state
   */
  expire(extents, state) {
    for (const entry of this.kept.values()) {
      if (extents && !extents.some((extent) => meets(entry.place, extent, this.penPx))) continue;
      entry.needs = state;
    }
  }
}

/** @param {Place} place @returns {string} */
const keyOf = ({left, top, resolution}) => `${resolution}/${left}/${top}`;

/** @param {Place} place @param {Extent} extent @param {number} penPx @returns {boolean} */
function meets({left, top, resolution, side}, [x0, y0, x1, y1], penPx) {
  const [reach, length] = [penPx * resolution, side * resolution];
  return x1 + reach >= left && y1 + reach >= top && x0 - reach <= left + length && y0 - reach <= top + length;
}
