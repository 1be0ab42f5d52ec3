/** What the wand asks of the workbench besides what every tool does. What reads pixels is fetched with the first wand. */

/** @import {Viewer} from '../../../viewer/viewer.js' */
/** @import {Workspace} from '../../workspace.js' */
/** @import {ToolHost} from '../chart.js' */
/** @import {Pick} from './pick.js' */

/**
 * @typedef {object} WandHost
 * @property {() => void} prepare
 * @property {(pixel: [number, number]) => Pick | null | 'not-ready'} pick null: beside the image
 * @property {() => number} tolerance
 * @property {(tolerance: number) => void} setTolerance
 */

/** @param {ToolHost} host @param {{viewer: Viewer, workspace: Workspace}} parts @returns {ToolHost & WandHost} */
export function wandHost(host, {viewer, workspace}) {
  /** @type {typeof import('./pick.js') | null} */
  let module = null;
  const load = async () => {
    module = await import('./pick.js');
  };
  return {
    ...host,
    prepare: () => void load(),
    pick: (pixel) => (module ? module.Pick.at(viewer, pixel) : 'not-ready'),
    tolerance: () => workspace.state.wandTolerance,
    setTolerance: (wandTolerance) => workspace.set({wandTolerance}),
  };
}
