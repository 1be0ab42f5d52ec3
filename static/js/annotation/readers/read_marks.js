/** The marks of one read in one view, to look at: drawn as in the workbench, with nothing to select or change. */

import {MarksLayer} from '../render/marks_layer.js';
import {MasksLayer} from '../render/masks_layer.js';
import {Store} from '../store.js';
import {Lens} from '../tracks/lens.js';
import {Workspace} from '../workspace.js';

/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {MarkingRules} from '../marking_rules.js' */
/** @import {Annotation} from '../types.js' */

export class ReadMarks {
  /**
   * @param {object} parts
   * @param {Viewer} parts.viewer the view that shows them; no other does
   * @param {MarkingRules} parts.rules
   * @param {Workspace} parts.workspace whose choice of opacity, fill and labels holds here as well
   * @param {Annotation[]} parts.annotations
   */
  constructor({viewer, rules, workspace, annotations}) {
    this.viewer = viewer;
    const store = new Store();
    store.lens = new Lens(viewer);
    store.absorb(annotations);
    const {layers, isPeeking} = workspace.state;
    const own = new Workspace({canWrite: false, layers, isPeeking});
    this.unfollow = workspace.observe((changed) => {
      if (changed.has('layers') || changed.has('isPeeking')) own.set({layers: workspace.state.layers, isPeeking: workspace.state.isPeeking});
    });
    const parts = {viewer, store, workspace: own, rules};
    this.drawn = [new MasksLayer(parts), new MarksLayer(parts)];
    for (const {layer} of this.drawn) layer.setOpacity(layers.opacity);
  }

  remove() {
    this.unfollow();
    for (const one of this.drawn) {
      one.stop();
      this.viewer.removeLayer(one.layer);
    }
  }
}
