/**
 * Screening: through the whole image at one magnification, field by field, there and back. What was seen is noted when it stood
 * still on the screen for a moment with all its pixels there, and only where nothing lay over it.
 */

import {ApiError} from '../../lib/api.js';
import {t} from '../../lib/i18n.js';
import {resolutionOf} from '../../viewer/magnification.js';
import {Coverage, freePart, pack, tissueOf, unpack} from './coverage.js';
import {CoverageMap} from './coverage_map.js';
import {KeptWalks} from './kept_walks.js';
import {ToldWalks} from './told_walks.js';
import {WalkBar} from './walk_bar.js';

/** @import {Registry} from '../../actions/registry.js' */
/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {Field} from './coverage.js' */
/** @import {KeptWalk} from './kept_walks.js' */
/** @import {Session} from '../session.js' */
/** @import {Told} from './told_walks.js' */

const STILL_MS = 400;
const KEEP_AFTER_MS = 500;
const TELL_AFTER_MS = 3000;
/** Zoomed out further than this beside the magnification that is walked at, nothing counts. */
const PLAY = 1.005;
const FIRST_OBJECTIVE = 10;
const PANELS = '.viewer-group, .viewer-overview-frame';
const NOTICE = '.viewer-notice';

export class Walk {
  /**
   * @param {object} parts
   * @param {Viewer} parts.viewer
   * @param {Registry} parts.registry
   * @param {string} parts.userId
   * @param {Session | null} parts.session of the read that is walked for; null: the image is only looked at, and nothing is told
   * @param {(isOn: boolean) => void} parts.onChange
   */
  constructor({viewer, registry, userId, session, onChange}) {
    this.viewer = viewer;
    this.onChange = onChange;
    /** Somebody else's walk, to be looked at. */
    this.isWatching = session !== null && String(session.read.reader.id) !== userId;
    const subjectId = session?.read.id ?? viewer.manifest.id;
    this.kept = new KeptWalks({userId, subjectId});
    const onRefused = (/** @type {ApiError} */ error) => viewer.notify(error.message, {level: 'warn', id: 'walk', hint: error.hint});
    this.told = session && new ToldWalks({api: session.api, readId: session.read.id, userId, kept: this.kept, onRefused});
    session?.beforeSubmit.add(() => this.#tellNow());
    /** Which round it is at a magnification; 1 where nothing stands. @type {Record<string, number>} */
    this.rounds = {};
    this.isOn = false;
    this.tissueOnly = viewer.manifest.kind === 'slide';
    const presets = viewer.magnificationPresets().map(({value}) => value);
    this.magnification = presets.includes(FIRST_OBJECTIVE) && viewer.usesObjectives ? FIRST_OBJECTIVE : 1;
    /** @type {Record<string, Uint8Array>} */
    this.seen = {};
    /** @type {[number, number] | null} */
    this.place = null;
    /** @type {{width: number, height: number, data: Uint8ClampedArray} | null} */
    this.picture = null;
    this.coverage = this.#makeCoverage();
    this.map = new CoverageMap(/** @type {HTMLElement} */ (viewer.overview));
    this.bar = new WalkBar(this, registry);
    viewer.addPanel(this.bar.element, 'bottom');
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.stillTimer = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.keepTimer = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.tellTimer = undefined;
    this.#watch();
  }

  #watch() {
    const {viewer} = this;
    viewer.onChange(() => this.#move());
    viewer.map.on('rendercomplete', () => this.#wait());
    globalThis.addEventListener('pagehide', () => {
      this.#keep();
      void this.#tellNow();
    });
  }

  /** Everything is on the screen; it counts if it stays so for a moment, and what a message lay over counts once it is gone. */
  #wait() {
    if (!this.isOn || this.stillTimer !== undefined) return;
    this.stillTimer = setTimeout(() => {
      this.stillTimer = undefined;
      if (!this.#isMoving()) this.note();
      if (this.#isHindered()) this.#wait();
    }, STILL_MS);
  }

  /** Whatever moves has to stand still anew. A picture that is drawn already says so once more only when it is asked to. */
  #move() {
    clearTimeout(this.stillTimer);
    this.stillTimer = undefined;
    if (this.isOn) this.viewer.map.render();
  }

  /** Reads what was kept here and on the server, and finds out where there is tissue. */
  async load() {
    const [kept, picture, told] = await Promise.all([
      this.isWatching ? null : this.kept.read(),
      smallPicture(this.viewer),
      this.told?.read() ?? [],
    ]);
    this.picture = picture;
    const last = told.at(-1);
    if (last) ({magnification: this.magnification, isTissueOnly: this.tissueOnly, place: this.place} = last);
    if (kept) ({magnification: this.magnification, tissueOnly: this.tissueOnly, seen: this.seen, place: this.place, rounds: this.rounds = {}} = kept);
    if (!picture) this.tissueOnly = false;
    const known = new Set(told.filter((walk) => this.#join(walk)).map(({magnification}) => String(magnification)));
    this.coverage = this.#makeCoverage();
    if (!this.isWatching) for (const key of Object.keys(this.seen)) if (!known.has(key)) void this.#tell(Number(key));
  }

  /** Adds what the server has of a walk. @param {Told} walk @returns {boolean} whether the server has all that is known here */
  #join({magnification, round, columns, rows, seen}) {
    const key = String(magnification);
    const grid = new Coverage(this.viewer.manifest, resolutionOf(magnification, this.viewer.manifest));
    // The scale of the image was corrected since: these are other squares.
    if (grid.columns !== columns || grid.rows !== rows) return false;
    const [own, ownRound] = [this.seen[key], this.rounds[key] ?? 1];
    if (own && ownRound > round) return false;
    const isSameRound = own && ownRound === round;
    this.seen[key] = isSameRound ? seen.map((bits, at) => bits | (own[at] ?? 0)) : seen;
    this.rounds[key] = round;
    return this.seen[key].every((bits, at) => bits === seen[at]);
  }

  #makeCoverage(magnification = this.magnification) {
    const resolution = resolutionOf(magnification, this.viewer.manifest);
    const blank = new Coverage(this.viewer.manifest, resolution);
    const packed = this.seen[String(magnification)];
    const seen = packed ? unpack(packed, blank.seen.length) : undefined;
    const wanted = this.tissueOnly && this.picture ? tissueOf(this.picture, blank) : null;
    return new Coverage(this.viewer.manifest, resolution, {seen, wanted});
  }

  /** @param {{isResumed?: boolean}} [options] resumed: the view is where it was left already */
  start({isResumed = false} = {}) {
    this.isOn = true;
    this.#show();
    if (!isResumed) this.#goTo(this.#openFrom(this.#here()) ?? this.#here());
    this.viewer.map.render();
  }

  stop() {
    this.isOn = false;
    this.#move();
    this.#keep();
    void this.#tellNow();
    this.#show();
  }

  /** @param {{magnification?: number, tissueOnly?: boolean}} choice */
  choose({magnification = this.magnification, tissueOnly = this.tissueOnly}) {
    this.#keepSeen();
    void this.#tellNow();
    Object.assign(this, {magnification, tissueOnly});
    this.coverage = this.#makeCoverage();
    this.#goTo(this.#openFrom(this.#here()) ?? this.#here());
    this.#show();
  }

  /** Everything counts as not seen again. */
  startAgain() {
    const key = String(this.magnification);
    if (this.coverage.seen.includes(1)) this.rounds[key] = (this.rounds[key] ?? 1) + 1;
    this.coverage.seen.fill(0);
    this.place = null;
    this.#goTo(0);
    this.#show();
  }

  /** @returns {Field[]} */
  get fields() {
    const {left, top, right, bottom} = this.#free();
    return this.coverage.fields({width: right - left, height: bottom - top});
  }

  /** The next field of which anything is still to be seen; after the last one, those that were left out before. */
  next() {
    const at = this.#openFrom(this.#here() + 1);
    if (at === null) this.viewer.notify(t('Everything was seen at this magnification.'), {id: 'walk'});
    else this.#goTo(at);
  }

  /** The field before, seen or not. */
  previous() {
    this.#goTo(Math.max(0, this.#here() - 1));
  }

  /** @param {number} from @returns {number | null} */
  #openFrom(from) {
    const {fields} = this;
    for (let step = 0; step < fields.length; step += 1) {
      const at = (from + step) % fields.length;
      if (this.coverage.isOpen(fields[at])) return at;
    }
    return null;
  }

  /** @returns {number} number of the field that the reader looked at last */
  #here() {
    const {place, fields, coverage} = this;
    if (!place) return 0;
    const distances = fields.map((field) => Math.hypot(...coverage.middleOf(field).map((value, axis) => value - place[axis])));
    return Math.max(0, distances.indexOf(Math.min(...distances)));
  }

  /** @param {number} at */
  #goTo(at) {
    const field = this.fields[at];
    if (!field) return;
    this.place = this.coverage.middleOf(field);
    const resolution = resolutionOf(this.magnification, this.viewer.manifest);
    const {left, top, right, bottom} = this.#free();
    const [width, height] = this.viewer.map.getSize() ?? [0, 0];
    // The field lies in the middle of what is free, which is not the middle of the screen.
    const [dx, dy] = [(width / 2 - (left + right) / 2) * resolution, (height / 2 - (top + bottom) / 2) * resolution];
    this.viewer.goTo({x: this.place[0] + dx, y: this.place[1] + dy, resolution, rotation: 0});
    this.#move(); // who stands there already has to be noted as well
    this.#show();
    this.#keepSoon();
  }

  /**
   * @param {string} [covering] selects what lies over the image
   * @returns {{left: number, top: number, right: number, bottom: number}} what nothing lies over, CSS px of the canvas
   */
  #free(covering = PANELS) {
    const canvas = this.viewer.canvas.getBoundingClientRect();
    const panels = [...this.viewer.stage.element.querySelectorAll(covering)]
      .filter((panel) => panel.getClientRects().length > 0)
      .map((panel) => panel.getBoundingClientRect())
      .map(({left, top, right, bottom}) => ({left: left - canvas.left, top: top - canvas.top, right: right - canvas.left, bottom: bottom - canvas.top}));
    return freePart({left: 0, top: 0, right: canvas.width, bottom: canvas.height}, panels);
  }

  /** Notes what is on the screen as seen, if it is all there and near enough. */
  note() {
    const {viewer, coverage} = this;
    const resolution = viewer.view.getResolution() ?? Infinity;
    const isNear = resolution <= resolutionOf(this.magnification, viewer.manifest) * PLAY;
    if (!this.isOn || this.isWatching || !isNear || document.visibilityState !== 'visible' || (viewer.tiles?.failed ?? 0) > 0 || this.#isMoving()) return;
    const {left, top, right, bottom} = this.#free(`${PANELS}, ${NOTICE}`);
    const corners = [[left, top], [right, top], [right, bottom], [left, bottom]].map((pixel) => viewer.level0FromPixel(pixel));
    if (!coverage.note(corners)) return;
    this.#show();
    this.#keepSoon();
  }

  /** Whether what is on the screen may count later without anything being drawn anew. */
  #isHindered() {
    return this.#isMoving() || document.visibilityState !== 'visible' || this.viewer.stage.element.querySelector(NOTICE) !== null;
  }

  #isMoving() {
    return this.viewer.view.getAnimating() || this.viewer.view.getInteracting();
  }

  #show() {
    this.map.show(this.isOn ? this.coverage : null);
    this.bar.show();
    this.onChange(this.isOn);
  }

  #keepSeen() {
    this.seen = {...this.seen, [String(this.magnification)]: pack(this.coverage.seen)};
  }

  #keepSoon() {
    clearTimeout(this.keepTimer);
    this.keepTimer = setTimeout(() => this.#keep(), KEEP_AFTER_MS);
  }

  #keep() {
    clearTimeout(this.keepTimer);
    if (this.isWatching) return;
    this.#keepSeen();
    const {magnification, tissueOnly, place, seen, rounds} = this;
    /** @type {KeptWalk} */
    const walk = {magnification, tissueOnly, place, seen, rounds};
    void this.kept.write(walk).then((isKept) => this.bar.warn(!isKept));
    this.tellTimer ??= setTimeout(() => void this.#tellNow(), TELL_AFTER_MS);
  }

  /** Tells the server what was seen since it was told last. */
  async #tellNow() {
    if (this.tellTimer === undefined) return;
    clearTimeout(this.tellTimer);
    this.tellTimer = undefined;
    this.#keepSeen();
    await this.#tell(this.magnification);
  }

  /** @param {number} magnification */
  async #tell(magnification) {
    const {columns, rows, seen, wanted} = this.#makeCoverage(magnification);
    const isTissueOnly = this.tissueOnly && this.picture !== null;
    const round = this.rounds[String(magnification)] ?? 1;
    await this.told?.tell({magnification, round, columns, rows, seen: pack(seen), wanted: isTissueOnly ? pack(wanted) : null, place: this.place});
  }
}

/** @param {Viewer} viewer @returns {Promise<Walk['picture']>} null where it does not come: then all of the image is walked */
async function smallPicture({manifest, grant}) {
  try {
    const bitmap = await createImageBitmap(await (await grant.fetch(manifest.thumbnail_url)).blob());
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d', {willReadFrequently: true}));
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, bitmap.width, bitmap.height);
  } catch (error) {
    if (error instanceof ApiError || error instanceof DOMException) return null;
    throw error;
  }
}
