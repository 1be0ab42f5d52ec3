/** The worker that finds superpixels: a second of the page's time would be felt. */

import {spanOf} from '../../screen_frame.js';
import {superpixels} from './slic.js';

/** @import {ScreenFrame} from '../../screen_frame.js' */

/** @typedef {{number: number, image: ImageData, side: number, frame: ScreenFrame}} Asked */

self.addEventListener('message', (event) => {
  const {number, image, side, frame} = /** @type {Asked} */ (event.data);
  const found = superpixels(image, side, (y) => spanOf(frame, y, image.width));
  const parts = [found.labels.buffer, found.boxes.buffer];
  self.postMessage({number, ...found, width: image.width, height: image.height}, /** @type {any} */ (parts));
});
