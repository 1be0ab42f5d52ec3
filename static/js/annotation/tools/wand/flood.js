/** Which pixels around a place look like it: distances of colour, and a flood that goes no farther than a tolerance. */

/**
 * @typedef {object} Field
 * @property {number} width
 * @property {number} height
 * @property {Uint8Array} distance from the colour of the seed, for each pixel; FAR: never taken
 * @property {[number, number]} seed pixel
 */

export const FAR = 255;
/** Colours are means over so many pixels each way: stain grain and speckle are no borders. */
const REACH = 2;
const SIDE = 2 * REACH + 1;

/** @param {number} at @param {number} end @returns {number} the nearest place inside */
const inside = (at, end) => (at < 0 ? 0 : at >= end ? end - 1 : at);

/**
 * Sums of SIDE neighbours along each row, red, green and blue.
 * @param {ImageData} image @returns {Uint16Array}
 */
function rowSums({data, width, height}) {
  const sums = new Uint16Array(3 * width * height);
  for (let y = 0; y < height; y += 1) {
    const row = y * width;
    let [red, green, blue] = [0, 0, 0];
    for (let x = -REACH; x <= REACH; x += 1) {
      const at = 4 * (row + inside(x, width));
      red += data[at];
      green += data[at + 1];
      blue += data[at + 2];
    }
    for (let x = 0, to = 3 * row; x < width; x += 1, to += 3) {
      sums[to] = red;
      sums[to + 1] = green;
      sums[to + 2] = blue;
      const enters = 4 * (row + (x + REACH + 1 < width ? x + REACH + 1 : width - 1));
      const leaves = 4 * (row + (x > REACH ? x - REACH : 0));
      red += data[enters] - data[leaves];
      green += data[enters + 1] - data[leaves + 1];
      blue += data[enters + 2] - data[leaves + 2];
    }
  }
  return sums;
}

/**
 * @param {ImageData} image @param {[number, number]} seed pixel
 * @param {(y: number) => [number, number]} spanOf the first pixel of a row that shows the image, and the one after the last
 * @returns {Field}
 */
export function colourField(image, seed, spanOf) {
  const {width, height} = image;
  const sums = rowSums(image);
  const wide = 3 * width;
  const column = new Int32Array(wide);
  for (let y = -REACH; y <= REACH; y += 1) for (let at = 0; at < wide; at += 1) column[at] += sums[inside(y, height) * wide + at];
  const [red, green, blue] = seedSums(sums, width, height, seed);
  const distance = new Uint8Array(width * height).fill(FAR);
  const full = SIDE * SIDE;
  const most = full * (FAR - 1);
  for (let y = 0; y < height; y += 1) {
    const [from, to] = spanOf(y);
    for (let x = from, at = 3 * from, place = y * width + from; x < to; x += 1, at += 3, place += 1) {
      const far = Math.max(Math.abs(column[at] - red), Math.abs(column[at + 1] - green), Math.abs(column[at + 2] - blue));
      distance[place] = far < most ? far / full : FAR - 1;
    }
    const [enters, leaves] = [inside(y + REACH + 1, height) * wide, inside(y - REACH, height) * wide];
    for (let at = 0; at < wide; at += 1) column[at] += sums[enters + at] - sums[leaves + at];
  }
  return {width, height, distance, seed};
}

/** @param {Uint16Array} sums @param {number} width @param {number} height @param {[number, number]} seed @returns {number[]} */
function seedSums(sums, width, height, [x, y]) {
  const total = [0, 0, 0];
  for (let row = -REACH; row <= REACH; row += 1) {
    for (let channel = 0; channel < 3; channel += 1) total[channel] += sums[3 * (inside(y + row, height) * width + x) + channel];
  }
  return total;
}

/**
 * Pixels that hang together with the seed and are no farther from its colour than the tolerance: row by row.
 * @param {Field} field @param {number} tolerance 0 to 254
 * @returns {Uint8Array} 1: taken
 */
export function flood({width, height, distance, seed}, tolerance) {
  const taken = new Uint8Array(width * height);
  const start = seed[1] * width + seed[0];
  if (distance[start] > tolerance) return taken;
  const stack = [start];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (taken[at]) continue;
    const row = at - (at % width);
    let [left, right] = [at, at];
    while (left > row && distance[left - 1] <= tolerance && !taken[left - 1]) left -= 1;
    while (right < row + width - 1 && distance[right + 1] <= tolerance && !taken[right + 1]) right += 1;
    taken.fill(1, left, right + 1);
    for (const step of [-width, width]) {
      if (step < 0 ? row === 0 : row / width === height - 1) continue;
      for (let next = left + step; next <= right + step; next += 1) {
        const isOpen = distance[next] <= tolerance && !taken[next];
        const isFirst = next === left + step || distance[next - 1] > tolerance || taken[next - 1];
        if (isOpen && isFirst) stack.push(next);
      }
    }
  }
  return taken;
}
