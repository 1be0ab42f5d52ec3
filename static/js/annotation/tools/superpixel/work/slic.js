/**
 * Superpixels: pixels of like colour that hang together, about as wide as asked for. Simple linear iterative clustering
 * (Achanta et al., IEEE PAMI 34:2274, 2012) in red, green and blue; small scraps go to their neighbours.
 */

/** How much nearness counts beside colour: that of so many steps of 256 for the width of a superpixel. */
const COMPACTNESS = 40;
/** Colours are means over so many pixels each way: stain grain and speckle are no borders. */
const BLUR = 2;
const ROUNDS = 4;
/** Scraps smaller than this share of a superpixel are no superpixels of their own. */
const SMALLEST_SHARE = 0.25;

/**
 * @typedef {object} Superpixels
 * @property {Int32Array} labels of each pixel, row by row; -1 beside the image
 * @property {number} count
 * @property {Int32Array} boxes left, top, right, bottom of each, pixels
 */

/**
 * @param {{data: Uint8ClampedArray, width: number, height: number}} image
 * @param {number} side width of a superpixel, pixels
 * @param {(y: number) => [number, number]} spanOf the first pixel of a row that shows the image, and the one after the last
 * @returns {Superpixels}
 */
export function superpixels(image, side, spanOf) {
  const {width, height} = image;
  image = blurred(image);
  const spans = Int32Array.from({length: 2 * height}, (_, at) => spanOf(at >> 1)[at & 1]);
  const near = new Int32Array(width * height);
  let centres = seeds(image, side, spans);
  for (let round = 0; round < ROUNDS; round += 1) {
    assign(image, side, spans, centres, near);
    centres = means(image, spans, near, centres.length / 5);
  }
  return joined(near, spans, width, height, Math.max(1, Math.floor(side * side * SMALLEST_SHARE)));
}

/**
 * Means along the rows, then along the columns.
 * @param {{data: Uint8ClampedArray, width: number, height: number}} image
 */
function blurred({data, width, height}) {
  const rows = meansAlong(data, {count: height, step: 4 * width}, {count: width, step: 4});
  return {data: meansAlong(rows, {count: width, step: 4}, {count: height, step: 4 * width}), width, height};
}

/**
 * @param {Uint8ClampedArray} data @param {{count: number, step: number}} lines @param {{count: number, step: number}} places along each
 * @returns {Uint8ClampedArray}
 */
function meansAlong(data, lines, places) {
  const out = new Uint8ClampedArray(data.length);
  for (let line = 0; line < lines.count; line += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      const start = line * lines.step + channel;
      const at = (/** @type {number} */ place) => data[start + Math.min(Math.max(place, 0), places.count - 1) * places.step];
      let sum = 0;
      for (let place = -BLUR; place <= BLUR; place += 1) sum += at(place);
      for (let place = 0; place < places.count; place += 1) {
        out[start + place * places.step] = sum / (2 * BLUR + 1);
        sum += at(place + BLUR + 1) - at(place - BLUR);
      }
    }
  }
  return out;
}

/** @param {{data: Uint8ClampedArray, width: number, height: number}} image @param {number} side @param {Int32Array} spans @returns {Float32Array} x, y, red, green, blue of each */
function seeds({data, width, height}, side, spans) {
  /** @type {number[]} */
  const found = [];
  for (let y = side / 2; y < height; y += side) {
    const row = Math.floor(y);
    for (let x = side / 2; x < width; x += side) {
      const column = Math.floor(x);
      if (column < spans[2 * row] || column >= spans[2 * row + 1]) continue;
      const at = 4 * (row * width + column);
      found.push(x, y, data[at], data[at + 1], data[at + 2]);
    }
  }
  return Float32Array.from(found);
}

/**
 * @param {{data: Uint8ClampedArray, width: number, height: number}} image @param {number} side @param {Int32Array} spans
 * @param {Float32Array} centres @param {Int32Array} near the nearest centre of each pixel; -1: none in reach
 */
function assign({data, width, height}, side, spans, centres, near) {
  const least = new Float32Array(width * height).fill(Infinity);
  near.fill(-1);
  const weight = (COMPACTNESS / side) ** 2;
  for (let centre = 0, at = 0; at < centres.length; centre += 1, at += 5) {
    const [cx, cy, red, green, blue] = centres.subarray(at, at + 5);
    const bottom = Math.min(height, Math.ceil(cy + side));
    for (let y = Math.max(0, Math.floor(cy - side)); y < bottom; y += 1) {
      const right = Math.min(spans[2 * y + 1], Math.ceil(cx + side));
      const dy = weight * (y - cy) * (y - cy);
      for (let x = Math.max(spans[2 * y], Math.floor(cx - side)); x < right; x += 1) {
        const place = y * width + x;
        const [r, g, b] = [data[4 * place] - red, data[4 * place + 1] - green, data[4 * place + 2] - blue];
        const far = r * r + g * g + b * b + dy + weight * (x - cx) * (x - cx);
        if (far < least[place]) {
          least[place] = far;
          near[place] = centre;
        }
      }
    }
  }
}

/** @param {{data: Uint8ClampedArray, width: number, height: number}} image @param {Int32Array} spans @param {Int32Array} near @param {number} count @returns {Float32Array} */
function means({data, width, height}, spans, near, count) {
  const sums = new Float64Array(6 * count);
  for (let y = 0; y < height; y += 1) {
    for (let x = spans[2 * y]; x < spans[2 * y + 1]; x += 1) {
      const place = y * width + x;
      if (near[place] < 0) continue;
      const at = 6 * near[place];
      sums[at] += x;
      sums[at + 1] += y;
      for (let channel = 0; channel < 3; channel += 1) sums[at + 2 + channel] += data[4 * place + channel];
      sums[at + 5] += 1;
    }
  }
  const centres = new Float32Array(5 * count);
  for (let centre = 0; centre < count; centre += 1) {
    const pixels = sums[6 * centre + 5] || 1;
    for (let value = 0; value < 5; value += 1) centres[5 * centre + value] = sums[6 * centre + value] / pixels;
  }
  return centres;
}

/**
 * Gives every part that hangs together a label of its own, scraps that of a neighbour.
 * @param {Int32Array} near @param {Int32Array} spans @param {number} width @param {number} height @param {number} smallest pixels
 * @returns {Superpixels}
 */
function joined(near, spans, width, height, smallest) {
  const labels = new Int32Array(width * height).fill(-1);
  const part = new Int32Array(width * height);
  let count = 0;
  for (let y = 0; y < height; y += 1) {
    for (let x = spans[2 * y]; x < spans[2 * y + 1]; x += 1) {
      const start = y * width + x;
      if (labels[start] >= 0) continue;
      // What lies above or to the left has its label already.
      const beside = x > 0 && labels[start - 1] >= 0 ? labels[start - 1] : y > 0 ? labels[start - width] : -1;
      const size = spread(near, labels, part, start, count, {spans, width, height});
      if (size >= smallest || beside < 0) count += 1;
      else for (let at = 0; at < size; at += 1) labels[part[at]] = beside;
    }
  }
  return {labels, count, boxes: boxesOf(labels, width, count)};
}

/**
 * @param {Int32Array} near @param {Int32Array} labels @param {Int32Array} part filled with the pixels @param {number} start
 * @param {number} label @param {{spans: Int32Array, width: number, height: number}} size
 * @returns {number} how many pixels hang together with this one
 */
function spread(near, labels, part, start, label, {spans, width, height}) {
  part[0] = start;
  labels[start] = label;
  let size = 1;
  for (let at = 0; at < size; at += 1) {
    const [x, y] = [part[at] % width, Math.floor(part[at] / width)];
    for (const [toX, toY] of [[x - 1, y], [x + 1, y], [x, y - 1], [x, y + 1]]) { // prettier-ignore
      if (toY < 0 || toY >= height || toX < spans[2 * toY] || toX >= spans[2 * toY + 1]) continue;
      const to = toY * width + toX;
      if (labels[to] >= 0 || near[to] !== near[start]) continue;
      labels[to] = label;
      part[size] = to;
      size += 1;
    }
  }
  return size;
}

/** @param {Int32Array} labels @param {number} width @param {number} count @returns {Int32Array} */
function boxesOf(labels, width, count) {
  const boxes = Int32Array.from({length: 4 * count}, (_, at) => (at % 4 < 2 ? 2 ** 30 : -1));
  for (let place = 0; place < labels.length; place += 1) {
    if (labels[place] < 0) continue;
    const at = 4 * labels[place];
    const [x, y] = [place % width, Math.floor(place / width)];
    boxes[at] = Math.min(boxes[at], x);
    boxes[at + 1] = Math.min(boxes[at + 1], y);
    boxes[at + 2] = Math.max(boxes[at + 2], x + 1);
    boxes[at + 3] = Math.max(boxes[at + 3], y + 1);
  }
  return boxes;
}
