/** What the wand asks of the workbench besides what every tool does. */

import {Pick} from './pick.js';

/** @import {Viewer} from '../../../viewer/viewer.js' */
/** @import {Workspace} from '../../workspace.js' */
/** @import {ToolHost} from '../chart.js' */

/**
 * @typedef {object} WandHost
 * @property {(pixel: [number, number]) => Pick | null} pick null: beside the image
 * @property {() => number} tolerance
 * @property {(tolerance: number) => void} setTolerance
 */

/** @param {ToolHost} host @param {{viewer: Viewer, workspace: Workspace}} parts @returns {ToolHost & WandHost} */
export function wandHost(host, {viewer, workspace}) {
  return {
    ...host,
    pick: (pixel) => Pick.at(viewer, pixel),
    tolerance: () => workspace.state.wandTolerance,
    setTolerance: (wandTolerance) => workspace.set({wandTolerance}),
  };
}
