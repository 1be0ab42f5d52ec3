/** How a reader has set the tools, kept in this browser. */

import {FREE_BOX} from './box/rule.js';
import {BRUSH_PX} from './brush/size.js';
import {SUPERPIXEL_PX} from './superpixel/size.js';
import {TOLERANCE, asTolerance} from './wand/tolerance.js';

/** @import {Workspace} from '../workspace.js' */
/** @import {BoxRule} from './box/rule.js' */

const KEY = 'mitate-tools';

/** @param {unknown} value @returns {value is [number, number]} */
const isPair = (value) => Array.isArray(value) && value.length === 2 && value.every((side) => Number.isFinite(side) && side > 0);

/**
 * What a browser kept may be of another version, or spoilt: what cannot be used is left at what the tools come with.
 * @param {string | null} text
 */
export function optionsFrom(text) {
  /** @type {any} */
  let kept = null;
  try {
    kept = JSON.parse(text ?? 'null');
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const {kind, ratio, um, px} = kept?.boxRule ?? {};
  /** @type {BoxRule} */
  const boxRule = {
    kind: ['free', 'ratio', 'size'].includes(kind) ? kind : FREE_BOX.kind,
    ratio: isPair(ratio) ? ratio : FREE_BOX.ratio,
    um: isPair(um) ? um : FREE_BOX.um,
    px: isPair(px) ? px : FREE_BOX.px,
  };
  const {brushPx, paintsOnlyEmpty, brushPushes, brushPixels, penPressure, superpixelPx, wandTolerance} = kept ?? {};
  return {
    boxRule,
    brushPx: brushPx >= BRUSH_PX.least && brushPx <= BRUSH_PX.most ? Number(brushPx) : BRUSH_PX.first,
    paintsOnlyEmpty: paintsOnlyEmpty === true,
    brushPushes: brushPushes === true,
    brushPixels: brushPixels === true,
    penPressure: penPressure === true,
    superpixelPx: superpixelPx >= SUPERPIXEL_PX.least && superpixelPx <= SUPERPIXEL_PX.most ? Number(superpixelPx) : SUPERPIXEL_PX.first,
    wandTolerance: Number.isFinite(wandTolerance) ? asTolerance(wandTolerance) : TOLERANCE.first,
  };
}

/** @param {Workspace} workspace @param {Storage} storage */
export function keepOptions(workspace, storage) {
  const names = /** @type {(keyof ReturnType<typeof optionsFrom>)[]} */ (Object.keys(optionsFrom(null)));
  workspace.set(optionsFrom(storage.getItem(KEY)));
  workspace.observe((changed) => {
    if (!names.some((name) => changed.has(name))) return;
    storage.setItem(KEY, JSON.stringify(Object.fromEntries(names.map((name) => [name, workspace.state[name]]))));
  });
}
