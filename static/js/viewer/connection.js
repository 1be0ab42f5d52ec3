/** What a viewer says when pixels do not come: one part failed, or the server cannot be reached until it answers again. */

import {ApiError} from '../lib/api.js';
import {t} from '../lib/i18n.js';

/** @import {Viewer} from './viewer.js' */

const PIXELS_FAILED = 'pixels-failed';
const OFFLINE = 'offline';

/** While the server cannot be reached it is asked this often whether it is back. */
const KNOCK_EVERY_MS = 5000;

export class Connection {
  /** @param {Viewer} viewer */
  constructor(viewer) {
    this.viewer = viewer;
    this.isOffline = false;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.knock = undefined;
  }

  /** @param {AbortSignal} signal until when */
  watch(signal) {
    globalThis.addEventListener('offline', () => this.goOffline(), {signal});
    globalThis.addEventListener('online', () => this.goOnline(), {signal});
    signal.addEventListener('abort', () => clearInterval(this.knock));
  }

  /** @param {unknown} error */
  failed(error) {
    if (error instanceof ApiError && error.code === 'offline') {
      this.goOffline();
      return;
    }
    const hint = error instanceof ApiError ? error.message : '';
    const action = {label: t('Try again'), run: () => this.retry()};
    this.viewer.notify(t('Part of the image could not be loaded.'), {level: 'error', id: PIXELS_FAILED, hint, action});
  }

  /** A frame is there as a whole: what was said about the one before is over. */
  isWhole() {
    this.viewer.dismiss(PIXELS_FAILED);
  }

  /** Asks again for pixels that failed. */
  retry() {
    const {viewer} = this;
    viewer.dismiss(PIXELS_FAILED);
    viewer.dismiss(OFFLINE);
    viewer.tiles?.retry();
    viewer.frames?.retry();
  }

  goOffline() {
    const {viewer} = this;
    const action = {label: t('Try again'), run: () => this.retry()};
    const hint = t('Parts seen before stay visible; the rest is hatched until the connection is back.');
    viewer.notify(t('No connection to the server.'), {level: 'warn', id: OFFLINE, hint, action});
    if (this.isOffline) return;
    this.isOffline = true;
    this.knock = setInterval(() => viewer.grant.renew().then(() => this.goOnline(), () => {}), KNOCK_EVERY_MS);
    viewer.emit({kind: 'offline'});
  }

  /** The server answers again: what was said about the connection is over, and what failed is fetched. */
  goOnline() {
    if (!this.isOffline) return;
    this.isOffline = false;
    clearInterval(this.knock);
    this.retry();
    this.viewer.emit({kind: 'online'});
  }
}

/** @param {Viewer} viewer */
export function sayDoubts(viewer) {
  if (!viewer.manifest.warnings?.includes('pixels_not_square')) return;
  const hint = t('Positions and marks are right; shapes look wider or narrower than they are.');
  viewer.notify(t('The pixels of this video are not square.'), {level: 'warn', id: 'pixels-not-square', hint});
}

/** @param {Viewer} viewer */
export function sayFramesOnly(viewer) {
  const hint = t('They come from the server one by one; on a slow line the video stutters, but every frame is exact.');
  viewer.notify(t('This browser does not play this video itself: its frames are shown instead.'), {level: 'info', id: 'frames-only', hint});
}
