/**
 * Colour deconvolution: how much of one stain there is in each pixel, whatever the others do. Vectors and method: A. C. Ruifrok,
 * D. A. Johnston, Quantification of histochemical staining by color deconvolution, Anal Quant Cytol Histol 23 (2001) 291-299.
 * A picture to look at, not a measurement: scanners differ, and the vectors are those of the paper.
 */

/** @typedef {'haematoxylin' | 'eosin' | 'dab'} Stain */

/** Optical density of red, green and blue of the pure stains; normalised where they are used. @type {Record<Stain, number[]>} */
const VECTORS = {
  haematoxylin: [0.65, 0.7, 0.29],
  eosin: [0.07, 0.99, 0.11],
  dab: [0.27, 0.57, 0.78],
};

export const STAINS = /** @type {Stain[]} */ (Object.keys(VECTORS));

/** Amounts from 0 to this are told apart; 10^-3 of the light is black on any screen. */
const MOST = 3;
const STEPS = 2048;

/** @param {number[]} vector @returns {number[]} of length 1 */
const unit = (vector) => vector.map((value) => value / Math.hypot(...vector));

/**
 * @param {Stain} stain
 * @returns {number[]} what red, green and blue optical density count for in the amount of this stain
 */
export function weightsOf(stain) {
  const [a, b, c] = STAINS.map((name) => unit(VECTORS[name]));
  // The column of the inverse that belongs to the stain: the product of the other two vectors over the volume.
  const cross = (/** @type {number[]} */ v, /** @type {number[]} */ w) => [
    v[1] * w[2] - v[2] * w[1],
    v[2] * w[0] - v[0] * w[2],
    v[0] * w[1] - v[1] * w[0],
  ];
  const column = {haematoxylin: () => cross(b, c), eosin: () => cross(c, a), dab: () => cross(a, b)}[stain]();
  const volume = cross(b, c).reduce((sum, value, at) => sum + value * a[at], 0);
  return column.map((value) => value / volume);
}

/**
 * Makes what turns a picture into that of one stain, in the colour of the stain on white.
 * @param {Stain} stain
 * @returns {(pixels: Uint8ClampedArray) => void} changes RGBA in place; alpha stays
 */
export function stainFilter(stain) {
  // Each value's share of the amount, for each colour: one look-up a colour instead of a logarithm.
  const [reds, greens, blues] = weightsOf(stain).map((weight) =>
    Float32Array.from({length: 256}, (_, value) => -Math.log10((value + 1) / 256) * weight * (STEPS / MOST)));
  const colour = unit(VECTORS[stain]);
  const shown = new Uint8ClampedArray(STEPS * 3);
  for (let step = 0; step < STEPS; step += 1) {
    for (let at = 0; at < 3; at += 1) shown[step * 3 + at] = 255 * 10 ** (-colour[at] * step * (MOST / STEPS));
  }
  return (pixels) => {
    for (let at = 0; at < pixels.length; at += 4) {
      const amount = reds[pixels[at]] + greens[pixels[at + 1]] + blues[pixels[at + 2]];
      const step = amount <= 0 ? 0 : amount >= STEPS ? STEPS - 1 : amount | 0;
      pixels[at] = shown[step * 3];
      pixels[at + 1] = shown[step * 3 + 1];
      pixels[at + 2] = shown[step * 3 + 2];
    }
  };
}

/**
 * @param {Stain} stain
 * @returns {(tile: ImageBitmap) => Promise<ImageBitmap>}
 */
export function stainTreatment(stain) {
  const filter = stainFilter(stain);
  return async (tile) => {
    const canvas = new OffscreenCanvas(tile.width, tile.height);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d', {willReadFrequently: true}));
    context.drawImage(tile, 0, 0);
    tile.close();
    const picture = context.getImageData(0, 0, canvas.width, canvas.height);
    filter(picture.data);
    return createImageBitmap(picture);
  };
}
