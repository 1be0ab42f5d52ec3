/** Brings cells onto the workbench of a read that has some; loaded only then. */

import {actionButton} from '../../actions/buttons.js';
import {t} from '../../lib/i18n.js';
import {formatScore} from '../format.js';
import {cellActions} from './actions.js';
import {Cells} from './cells.js';
import {HoverOutline} from './hover_outline.js';
import {cellsPanel, placePanel} from './panel.js';
import {cellTool} from './tool.js';

/** @import {Registry} from '../../actions/registry.js' */
/** @import {Toolbox} from '../tools/toolbox.js' */
/** @import {Position} from '../types.js' */
/** @import {Hit} from './work/layer_work.js' */
/** @import {Parts} from './cells.js' */

/**
 * @param {Parts & {registry: Registry, toolbox: Toolbox, panel: HTMLElement, toolbar: HTMLElement}} parts
 * @returns {Promise<Cells>}
 * @throws {import('../../lib/api.js').ApiError} when the layers cannot be had
 */
export async function startCells(parts) {
  const {session, viewer, workspace, registry, toolbox, panel, toolbar} = parts;
  const cells = await Cells.open(parts);
  const {store, path} = session;
  registry.add(...cellActions({cells, viewer, store, workspace}));
  toolbox.add('cells', cellTool(toolHost(parts, cells)));
  toolbar.querySelector('.tool-group')?.append(actionButton(registry, 'tool.cells'));
  placePanel(panel, cellsPanel({cells, viewer, store, workspace, registry, path}));
  return cells;
}

/** @param {Parameters<typeof startCells>[0]} parts @param {Cells} cells @returns {import('./tool.js').CellToolHost} */
function toolHost({viewer, toolbox, say}, cells) {
  const outline = new HoverOutline(viewer);
  /** @type {Position | null} where the pointer went while an answer was awaited */
  let next = null;
  let isAsking = false;
  const hover = async (/** @type {Position} */ point) => {
    // The next question after the answer to this one: the pointer moves faster than that. Where it came to rest is always asked.
    next = point;
    if (isAsking) return;
    isAsking = true;
    try {
      while (next) {
        const asked = next;
        next = null;
        const hit = await cells.at(asked);
        outline.show(hit);
        if (hit) say(describe(cells, hit));
      }
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      outline.show(null);
    } finally {
      isAsking = false;
    }
  };
  return {
    resolution: () => viewer.view.getResolution() ?? 1,
    sketch: (path) => toolbox.sketch.show(path && {kind: 'outline', path}),
    hover: (point) => void hover(point),
    pick: async (point, mode) => {
      const hit = await cells.at(point);
      cells.lastHit = hit;
      if (hit || mode === 'replace') await cells.select(mode, {hit});
    },
    lasso: (ring, mode) => void cells.select(mode, {ring}),
    say,
  };
}

/** @param {Cells} cells @param {Hit} hit @returns {string} */
function describe(cells, {layerId, label, score, isDecided}) {
  const values = {label: cells.labels[label].name, score: formatScore(score)};
  const from = cells.layers.find(({id}) => id === layerId)?.name ?? '';
  return `${said(values, isDecided)} · ${from}`;
}

/** @param {{label: string, score: string}} values @param {boolean} isDecided @returns {string} */
function said(values, isDecided) {
  return isDecided ? t('{label}, decided by you (score {score})', values) : t('{label}, proposed with a score of {score}', values);
}
