/** What stands where pixels could not be loaded: thin diagonal lines, so that nobody takes it for tissue. */

const SPACING_PX = 12;

/**
 * @param {number} width
 * @param {number} height
 * @returns {ImageBitmap} half transparent: what lies below, the thumbnail, still gives an idea of the place
 */
export function hatched(width, height) {
  const canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.fillStyle = 'rgb(96 97 99 / 45%)';
  context.fillRect(0, 0, width, height);
  context.strokeStyle = 'rgb(205 206 208 / 40%)';
  context.lineWidth = 1;
  context.beginPath();
  for (let at = -height; at < width; at += SPACING_PX) {
    context.moveTo(at, height);
    context.lineTo(at + height, 0);
  }
  context.stroke();
  return canvas.transferToImageBitmap();
}
