/**
 * Which suggestion the pointer came to last: one key decides on it, without a click. Whoever then goes on by keyboard means the
 * suggestion in focus again, until the pointer moves.
 */

/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {SuggestionsLayer} from '../render/suggestions_layer.js' */
/** @import {Workspace} from '../workspace.js' */

/** How far beside an outline still points to it; screen px. */
const TOLERANCE_PX = 3;

/** @param {{viewer: Viewer, workspace: Workspace, suggestions: SuggestionsLayer}} parts */
export function followPointing({viewer, workspace, suggestions}) {
  /** @param {string | null} pointed */
  const point = (pointed) => {
    if (!workspace.state.hasStrip || pointed !== null) workspace.set({pointed});
  };
  viewer.canvas.addEventListener('pointermove', (event) => {
    if (event.buttons !== 0 || !workspace.state.canWrite || workspace.state.isDrawing) return;
    const [x, y] = viewer.level0FromEvent(event);
    const tolerance = TOLERANCE_PX * (viewer.view.getResolution() ?? 1);
    const found = suggestions.at([x, y], tolerance);
    point(found && found.id !== workspace.state.suggestion ? found.id : null);
  });
  viewer.canvas.addEventListener('pointerleave', () => point(null));
  workspace.observe((changed) => {
    if (changed.has('suggestion')) point(null);
  });
}
