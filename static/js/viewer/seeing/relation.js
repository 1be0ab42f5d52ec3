/**
 * How two views belong together: which place of the one is at the same place of the screen in the other. Kept as it was when they
 * were linked, so that sections that lie differently can first be laid beside each other by hand.
 */

/** @typedef {{x: number, y: number, resolution: number, rotation: number}} View level-0 px, level-0 px per screen px, degrees clockwise */

export class Relation {
  /** @param {View} one @param {View} other what stands beside it now */
  constructor(one, other) {
    this.one = {x: one.x, y: one.y};
    this.other = {x: other.x, y: other.y};
    this.ratio = other.resolution / one.resolution;
    this.turn = other.rotation - one.rotation;
  }

  /** @param {{x: number, y: number}} point level-0 px of the one image @returns {{x: number, y: number}} of the other */
  pointOf({x, y}) {
    const angle = (-this.turn * Math.PI) / 180;
    const [dx, dy] = [(x - this.one.x) * this.ratio, (y - this.one.y) * this.ratio];
    return {x: this.other.x + dx * Math.cos(angle) - dy * Math.sin(angle), y: this.other.y + dx * Math.sin(angle) + dy * Math.cos(angle)};
  }

  /** @param {View} view of the one @returns {View} of the other */
  viewOf(view) {
    return {...this.pointOf(view), resolution: view.resolution * this.ratio, rotation: view.rotation + this.turn};
  }

  /** @returns {Relation} from the other to the one */
  get inverse() {
    const one = {...this.one, resolution: 1, rotation: 0};
    return new Relation({...this.other, resolution: this.ratio, rotation: this.turn}, one);
  }
}

/**
 * How a view of another image begins: the same share of the image in the middle, at the same scale where both are known.
 * @param {View} view
 * @param {{width: number, height: number, spacing: {x_um: number} | null}} image that is looked at
 * @param {{width: number, height: number, spacing: {x_um: number} | null}} other
 * @returns {View}
 */
export function beginning(view, image, other) {
  const ratio = image.spacing && other.spacing ? image.spacing.x_um / other.spacing.x_um : other.width / image.width;
  const [x, y] = [(view.x / image.width) * other.width, (view.y / image.height) * other.height];
  return {x, y, resolution: view.resolution * ratio, rotation: view.rotation};
}
