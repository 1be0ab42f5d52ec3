/** One canvas for slides, frame stacks, photographs and videos. Pages and tools know this class, not what lies below it. */

import {Map as OlMap, Projection} from '../../vendor/ol.mjs';
import {api as pageApi} from '../lib/api.js';
import {ChannelSet} from './channels.js';
import {Connection, sayDoubts, sayFramesOnly} from './connection.js';
import {Stage} from './controls/layout.js';
import {framesOf} from './frames-of.js';
import {MARGIN_PX, letGlide} from './glide.js';
import {fromOl, imageExtent, toOl, viewport} from './geometry.js';
import {baseInteractions, followSpaceBar, topInteractions} from './interactions.js';
import {Navigation, makeView, motionMs} from './navigation.js';
import {PixelGrant} from './pixel-grant.js';
import {PlaneStack} from './plane-stack.js';
import {pyramidLayers} from './pyramid-layer.js';

/** @import {Interaction} from '../../vendor/ol.mjs' */
/** @import {Api} from '../lib/api.js' */
/** @import {NoticeOptions} from './controls/notices.js' */
/** @import {Place as Corner} from './controls/layout.js' */
/** @import {Level0Point, ViewportPoint} from './geometry.js' */
/** @import {Place} from './navigation.js' */
/** @import {Preset} from './magnification.js' */
/** @import {FrameChange, FrameStack} from './frame-stack.js' */
/** @import {MakeFrames} from './frames-of.js' */
/** @import {Frames, Manifest} from './types.js' */

/**
 * @typedef {'view' | 'frame' | 'loading' | 'window' | 'cine' | 'overlays' | 'channels' | 'failure' | 'online' | 'offline' | 'fullscreen'} ChangeKind
 * @typedef {{kind: ChangeKind, error?: unknown}} Change
 *
 * @typedef {object} ViewerOptions
 * @property {HTMLElement} target emptied and filled; needs a size
 * @property {Manifest} [manifest] known already; otherwise give `imageId`
 * @property {string} [imageId]
 * @property {Api} [api]
 * @property {boolean} [controls] true: the viewer's own controls around the canvas
 * @property {Partial<Place> & {frame?: number | null} | null} [at] where to look first; the whole image otherwise
 * @property {string} [label] accessible name of the canvas; the image's name otherwise
 * @property {string | null} [reader] whose choice of channels is kept in this browser; nobody's otherwise
 * @property {HTMLElement} [fullscreenElement] what goes full screen; the target otherwise
 *
 * @typedef {object} ViewState a link to a view: level-0 centre, level-0 px per screen px, degrees clockwise, 0-based frame
 * @property {number} x
 * @property {number} y
 * @property {number} resolution
 * @property {number} rotation
 * @property {number | null} frame
 */

/** A handle that is dragged asks for tiles when it rests this long, ms. */
const VIEW_RESTS_MS = 120;

export class Viewer {
  /**
   * Opens an image: asks for its pixels, then shows it.
   * @param {ViewerOptions} options
   * @returns {Promise<Viewer>}
   * @throws {ApiError} when the server refuses or cannot be reached
   */
  static async open(options) {
    const imageId = options.manifest?.id ?? options.imageId;
    if (!imageId) throw new TypeError('Viewer.open needs a manifest or an imageId');
    const grant = new PixelGrant({imageId, api: options.api ?? pageApi});
    const opened = await grant.open();
    const manifest = options.manifest ?? opened;
    return new Viewer({...options, manifest}, grant, await framesOf(manifest));
  }

  /**
   * Use `Viewer.open`.
   * @param {ViewerOptions & {manifest: Manifest}} options
   * @param {PixelGrant} grant
   * @param {MakeFrames | null} makeFrames
   */
  constructor({target, manifest, controls = true, at = null, label, reader = null, fullscreenElement = target}, grant, makeFrames) {
    this.target = target;
    this.manifest = manifest;
    this.grant = grant;
    this.fullscreenElement = fullscreenElement;
    /** @type {Set<(change: Change) => void>} */
    this.listeners = new Set();
    this.cleanup = new AbortController();
    this.connection = new Connection(this);
    /** @type {HTMLElement | null} the small picture of the whole image, where there is one */
    this.overview = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.resting = undefined;
    this.stage = new Stage({label: label ?? manifest.name});
    target.classList.add('viewer');
    target.replaceChildren(this.stage.element);
    const projection = new Projection({code: 'mitate-image', units: 'pixels', extent: imageExtent(manifest)});
    this.view = makeView(manifest, projection);
    /** @type {FrameStack | PlaneStack | null} */
    this.frames = this.makeStack(makeFrames);
    this.channels = this.makeChannels(reader);
    this.top = topInteractions(this.frames);
    this.map = new OlMap({
      target: this.stage.canvas,
      view: this.view,
      controls: [],
      interactions: [...baseInteractions(this.frames), ...this.top],
      layers: this.makePixelLayers(projection),
    });
    // What has frames is one picture in one canvas; and a running loop should not draw more than is seen.
    letGlide(this.map, this.tiles ? MARGIN_PX : 0);
    this.navigation = new Navigation({map: this.map, view: this.view, manifest});
    this.stopSpaceBar = followSpaceBar(this.map);
    this.watch();
    this.begin(at);
    sayDoubts(this);
    if (controls) this.stage.addControls(this);
  }

  /** @param {MakeFrames | null} makeFrames @returns {FrameStack | PlaneStack | null} */
  makeStack(makeFrames) {
    const {frames, planes} = this.manifest;
    if (planes) return new PlaneStack({planes, onChange: () => this.planeChanged()});
    if (!frames || !makeFrames) return null;
    const onChange = (/** @type {FrameChange} */ kind, /** @type {unknown} */ error) => {
      if (kind === 'failure') this.reportFailure(error);
      if (kind === 'frame' && !this.frames?.failed) this.connection.isWhole();
      this.emit({kind, error});
    };
    const manifest = /** @type {Manifest & {frames: Frames}} */ (this.manifest);
    return makeFrames({manifest, grant: this.grant, onChange, onFramesOnly: () => sayFramesOnly(this)});
  }

  /** @param {string | null} reader @returns {ChannelSet | null} */
  makeChannels(reader) {
    const {id, channels} = this.manifest;
    if (!channels) return null;
    const keptAs = reader === null ? null : `mitate-channels-${reader}-${id}`;
    return new ChannelSet({channels, keptAs, onChange: () => this.channelsChanged()});
  }

  planeChanged() {
    this.showView();
    this.emit({kind: 'frame'});
  }

  channelsChanged() {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.showView(), VIEW_RESTS_MS);
    this.emit({kind: 'channels'});
  }

  /** Brings the chosen plane and channels on screen. */
  showView() {
    const {view_url: template, planes} = this.manifest;
    if (!template || (!this.channels && !planes)) return;
    this.tiles?.setTemplate(template.replace('{view}', `p${this.frame ?? 0}${this.channels?.word ?? ''}`));
    // The thumbnail below the tiles shows the first view, and would shine through where tiles are on their way.
    this.underlay?.setVisible((this.frame ?? 0) === (planes?.first ?? 0) && (this.channels?.isFirst ?? true));
  }

  /** @param {Projection} projection @returns {any[]} */
  makePixelLayers(projection) {
    if (this.frames && this.frames.encoding !== 'planes') return [this.frames.layer];
    const {manifest, grant} = this;
    const onFailure = (/** @type {unknown} */ error) => this.reportFailure(error);
    const {tiles, underlay, source} = pyramidLayers({manifest, projection, grant, onFailure});
    this.tiles = source;
    this.picture = tiles;
    this.underlay = underlay;
    this.showView();
    return [tiles, underlay];
  }

  /** Leaves a mark in the browser's timeline when all that is in view is sharp for the first time; the benchmark reads it. */
  markFirstSharp() {
    const mark = () => performance.mark('mitate:first-sharp');
    if (!this.manifest.frames) {
      this.map.once('rendercomplete', mark);
      return;
    }
    const stop = this.onChange(({kind}) => {
      if (kind !== 'frame') return;
      stop();
      mark();
    });
  }

  watch() {
    const {signal} = this.cleanup;
    this.markFirstSharp();
    this.view.on(['change:center', 'change:resolution', 'change:rotation'], () => this.emit({kind: 'view'}));
    this.map.on('change:size', () => this.emit({kind: 'view'}));
    this.connection.watch(signal);
    document.addEventListener('fullscreenchange', () => this.emit({kind: 'fullscreen'}), {signal});
    if (this.frames?.encoding === 'values') {
      // The right button changes the window; the browser's menu would open over it.
      this.stage.canvas.addEventListener('contextmenu', (event) => event.preventDefault(), {signal});
    }
  }

  /** @param {ViewerOptions['at']} at */
  begin(at) {
    const place = () => {
      if (at?.x !== undefined && at.y !== undefined) this.navigation.goTo({...at, x: at.x, y: at.y});
      else this.fit();
    };
    // A target without a size yet (a hidden tab) is fitted when it gets one.
    if (this.map.getSize()?.every((side) => side > 0)) place();
    else this.map.once('change:size', place);
    void this.frames?.setFrame(at?.frame ?? this.manifest.planes?.first ?? 0);
  }

  // ----- looking around -----

  /** @returns {HTMLElement} the focusable element that the map is drawn in */
  get canvas() {
    return this.stage.canvas;
  }

  /** @returns {number | null} 0-based frame on screen; null where the image has no frames or none is there yet */
  get frame() {
    return this.frames && this.frames.current >= 0 ? this.frames.current : null;
  }

  /** @returns {number} objective (40 = 0.25 µm/px) or, where there is none, screen px per image px */
  get magnification() {
    return this.navigation.magnification;
  }

  /** True on slides with known spacing, where magnification is spoken of in objectives. */
  get usesObjectives() {
    return this.navigation.usesObjectives;
  }

  /** @returns {Preset[]} */
  magnificationPresets() {
    return this.navigation.presets();
  }

  /** @param {number} value see `magnification` */
  setMagnification(value) {
    this.navigation.setMagnification(value);
  }

  /** @param {{duration?: number}} [options] ms */
  fit({duration = 0} = {}) {
    this.navigation.fit({duration: motionMs(duration)});
  }

  /** @param {number[]} bbox level-0 [x, y, width, height] @param {{padding?: number, duration?: number, minResolution?: number}} [options] */
  fitTo(bbox, options) {
    this.navigation.fitTo(bbox, options);
  }

  /** @param {number} factor 2 is twice as close */
  zoomBy(factor) {
    this.navigation.zoomBy(factor);
  }

  /** @param {number} degrees clockwise */
  rotateBy(degrees) {
    this.navigation.rotateBy(degrees);
  }

  resetRotation() {
    this.navigation.resetRotation();
  }

  async toggleFullscreen() {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await this.fullscreenElement.requestFullscreen();
  }

  /** @param {Place & {frame?: number | null}} place */
  goTo({frame = null, ...place}) {
    this.navigation.goTo(place);
    if (frame !== null) void this.frames?.setFrame(frame);
  }

  /** @returns {ViewState} */
  state() {
    return {...this.navigation.state(), frame: this.frame};
  }

  /** @returns {Level0Point[]} corners of the screen on the image, clockwise from the top left */
  corners() {
    return this.navigation.corners();
  }

  // ----- where things are -----

  /** @param {number[] | ViewportPoint} pixel CSS px from the canvas' top-left corner @returns {Level0Point} */
  level0FromPixel(pixel) {
    return fromOl(this.map.getCoordinateFromPixel([pixel[0], pixel[1]]) ?? [Number.NaN, Number.NaN]);
  }

  /** @param {Level0Point} point @returns {ViewportPoint} */
  pixelFromLevel0(point) {
    const [x, y] = this.map.getPixelFromCoordinate(toOl(point)) ?? [Number.NaN, Number.NaN];
    return viewport(x, y);
  }

  /** @param {{clientX: number, clientY: number}} event @returns {Level0Point} */
  level0FromEvent({clientX, clientY}) {
    const box = this.canvas.getBoundingClientRect();
    return this.level0FromPixel([clientX - box.left, clientY - box.top]);
  }

  // ----- what tools add -----

  /** @param {any} layer of OpenLayers, drawn above the pixels */
  addLayer(layer) {
    // Whoever asks for the pixels of the image does not want what is drawn over it.
    layer.set('isDrawnOver', true);
    this.map.addLayer(layer);
  }

  /** @param {any} layer */
  removeLayer(layer) {
    this.map.removeLayer(layer);
  }

  /** @param {Interaction} interaction placed below the gestures that work with every tool */
  addInteraction(interaction) {
    const interactions = this.map.getInteractions();
    interactions.insertAt(interactions.getLength() - this.top.length, interaction);
  }

  /** @param {Interaction} interaction */
  removeInteraction(interaction) {
    this.map.removeInteraction(interaction);
  }

  /** @param {Element} panel @param {Corner} corner */
  addPanel(panel, corner) {
    this.stage.add(panel, corner);
  }

  // ----- what happened -----

  /** @param {(change: Change) => void} listener @returns {() => void} stops listening */
  onChange(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** @param {Change} change */
  emit(change) {
    for (const listener of [...this.listeners]) listener(change);
  }

  /** @param {string} text @param {NoticeOptions} [options] @returns {() => void} closes it */
  notify(text, options) {
    return this.stage.notices.show(text, options);
  }

  /** @param {string} id */
  dismiss(id) {
    this.stage.notices.dismiss(id);
  }

  /** @param {unknown} error */
  reportFailure(error) {
    this.connection.failed(error);
  }

  /** Lets go of everything; the target is empty afterwards. */
  dispose() {
    this.cleanup.abort();
    clearTimeout(this.resting);
    this.stopSpaceBar();
    this.grant.dispose();
    this.frames?.dispose();
    this.map.setTarget(undefined);
    this.map.dispose();
    this.listeners.clear();
    this.target.replaceChildren();
    this.target.classList.remove('viewer');
  }
}
