/** What superpixel painting asks of the workbench. What finds and shows superpixels is fetched when the tool is first in hand. */

import {isOfPixels, paintRegion, selectedMark, targetOf} from '../brush/host.js';
import {paintPixels} from '../../masks/painting.js';
import {pixelsOfOutlines} from '../../masks/pixels.js';
import {intersection, wholeImage} from '../../regions.js';

/** @import {Viewer} from '../../../viewer/viewer.js' */
/** @import {BrushHost, BrushParts, StrokeKind} from '../brush/host.js' */

/**
 * @typedef {object} SuperpixelHost
 * @property {() => void} prepare
 * @property {() => boolean} isReady whether superpixels of what is on screen are found
 * @property {BrushHost['obstacle']} obstacle
 * @property {BrushHost['target']} target
 * @property {BrushHost['say']} say
 * @property {BrushHost['begin']} begin
 * @property {BrushHost['end']} end
 * @property {(pixel: [number, number] | null) => void} point shows superpixels around there
 * @property {(from: [number, number], to: [number, number], kind: StrokeKind) => void} touch takes in all on the way
 * @property {(kind: StrokeKind) => void} finish paints what was touched
 * @property {() => void} clear gives up what was touched
 */

/** @param {BrushParts} brush @param {{superpixelsUrl: string}} parts @returns {SuperpixelHost} */
export function superpixelHost(brush, {superpixelsUrl}) {
  const {viewer, workspace, masks, say, obstacle, begin, end} = brush;
  /** @type {import('./finder.js').Finder | null} */
  let finder = null;
  let isAsked = false;
  const load = async () => {
    const {Finder} = await import('./finder.js');
    finder = new Finder({viewer, workspace, workerUrl: superpixelsUrl, colour: () => brush.label()?.colour ?? '#ffffff'});
  };
  return {
    say,
    obstacle,
    begin,
    end,
    prepare: () => {
      if (isAsked) finder?.wake();
      else void load();
      isAsked = true;
    },
    isReady: () => finder?.segments != null,
    target: () => targetOf(brush),
    point: (pixel) => finder?.point(pixel),
    touch: (from, to, kind) => finder?.touch(from, to, kind === 'erase'),
    finish: (kind) => {
      const {segments, touched} = finder ?? {};
      if (!segments || !touched || touched.size === 0) return;
      if (isOfPixels(brush, {kind})) paintPixels(brush, kind === 'new' ? null : selectedMark(brush), pixelsOfOutlines(segments.exactRings(touched), bounds(viewer)), kind);
      else paintRegion(brush, intersection(segments.region(touched), wholeImage(viewer.manifest)), kind);
    },
    clear: () => {
      if (masks.isStale) masks.whenDrawn(() => finder?.clear());
      else finder?.clear();
    },
  };
}

/** @param {Viewer} viewer @returns {[number, number, number, number]} */
const bounds = ({manifest}) => [0, 0, manifest.width, manifest.height];
