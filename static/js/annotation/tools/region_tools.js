/** What needs arithmetic on regions: heavier than all other tools together, and therefore fetched after the page is there. */

import {brushHost} from './brush/host.js';
import {brushTool} from './brush/tool.js';
import {superpixelHost} from './superpixel/host.js';
import {superpixelTool} from './superpixel/tool.js';
import {wandHost} from './wand/host.js';
import {wandTool} from './wand/tool.js';

/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {Workspace} from '../workspace.js' */
/** @import {BrushParts} from './brush/host.js' */
/** @import {StateChart, ToolHost} from './chart.js' */

export {combine} from './combine/combine.js';
export {emptyShapes} from './empty_shapes.js';

/**
 * @param {BrushParts} brush @param {ToolHost} host of tools that draw @param {{viewer: Viewer, workspace: Workspace, superpixelsUrl: string}} parts
 * @returns {{brush: StateChart, eraser: StateChart, wand: StateChart, superpixel: StateChart}}
 */
export function regionTools(brush, host, parts) {
  const brushes = brushHost(brush);
  return {
    brush: brushTool(brushes, {isEraser: false}),
    eraser: brushTool(brushes, {isEraser: true}),
    wand: wandTool(wandHost(host, parts)),
    superpixel: superpixelTool(superpixelHost(brush, parts)),
  };
}
