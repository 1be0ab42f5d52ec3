/** The cells of one read in one view, to look at: drawn as on the workbench, with what that reader made of them. */

import {CellsLayer} from '../cells/cells_layer.js';
import {counting, eachRun} from '../cells/work/overlay.js';

/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {Cells} from '../cells/cells.js' */
/** @import {CellChange} from '../cells/work/overlay.js' */
/** @import {Workspace} from '../workspace.js' */

export class ReadCells {
  /**
   * @param {object} parts
   * @param {Viewer} parts.viewer the view that shows them; no other does
   * @param {Cells} parts.cells of the page, whose layers and look hold here as well
   * @param {Workspace} parts.workspace
   * @param {CellChange[]} parts.changes of the read, the oldest first
   * @param {(failed: number) => void} parts.onProgress tiles came, or did not: so many could not be drawn
   */
  constructor({viewer, cells, workspace, changes, onProgress}) {
    this.viewer = viewer;
    this.cells = cells;
    this.look = cells.look;
    this.client = cells.newClient();
    this.view = new CellsLayer({viewer, client: this.client, onProgress: () => onProgress(this.view.failed)});
    for (const {id} of cells.ready) {
      this.client.tell({tell: 'changeAnew', layerId: id, changes: changes.filter(({layerId}) => layerId === id)});
    }
    const peek = () => this.view.layer.setVisible(!workspace.state.isPeeking);
    const stops = [
      cells.observe(() => this.#follow()),
      workspace.observe((changed) => {
        if (changed.has('isPeeking')) peek();
      }),
    ];
    this.unfollow = () => stops.forEach((stop) => void stop());
    peek();
    this.#apply();
  }

  /** The page's own cells tell of everything that happens to them; here only their look counts. */
  #follow() {
    if (this.look === this.cells.look) return;
    const isSame = sayOf(this.look) === sayOf(this.cells.look);
    this.look = this.cells.look;
    if (isSame) this.view.layer.setOpacity(this.look.opacity);
    else this.#apply();
  }

  /** Draws all of it anew, as where something could not be fetched. */
  retry() {
    this.view.refresh();
  }

  #apply() {
    this.cells.tellLook(this.client);
    this.view.layer.setOpacity(this.look.opacity);
    this.view.refresh();
  }

  remove() {
    this.unfollow();
    this.view.stop();
    this.viewer.removeLayer(this.view.layer);
    this.client.stop();
  }
}

/** @param {import('../cells/cells.js').CellLook} look @returns {string} all of it for which cells are drawn anew */
function sayOf({opacity: _, ...rest}) {
  return JSON.stringify(rest);
}

/**
 * @param {readonly CellChange[]} changes of a read, the oldest first
 * @param {readonly {id: string, cells: number}[]} layers
 * @returns {number} cells of which the reader decided something that holds
 */
export function decidedCells(changes, layers) {
  let sum = 0;
  for (const {id, cells} of layers) {
    const own = changes.filter(({layerId}) => layerId === id);
    if (own.length === 0) continue;
    const isDecided = new Uint8Array(cells);
    for (const change of counting(own)) eachRun(change.cells ?? [], (from, to) => isDecided.fill(1, from, to));
    sum += isDecided.reduce((count, each) => count + each, 0);
  }
  return sum;
}
