/** Ruler and angle with the layer that they draw on, fetched after the page is there. */

import {MeasuresLayer} from '../render/measures_layer.js';
import {measureTool} from './measure/tool.js';

/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {Workspace} from '../workspace.js' */
/** @import {StateChart, ToolHost} from './chart.js' */

/**
 * @param {ToolHost} host @param {{viewer: Viewer, workspace: Workspace}} parts
 * @returns {{tools: {ruler: StateChart, angle: StateChart}, layer: MeasuresLayer}}
 */
export function measureTools(host, {viewer, workspace}) {
  const layer = new MeasuresLayer({viewer, workspace});
  // What measures leaves the selection as it is.
  const measuring = {
    ...host,
    basis: layer.basis,
    begin: () => workspace.set({isDrawing: true}),
    show: layer.show.bind(layer),
    keep: layer.keep.bind(layer),
  };
  return {tools: {ruler: measureTool(measuring, 'line'), angle: measureTool(measuring, 'angle')}, layer};
}
