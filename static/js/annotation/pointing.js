/** Which mark lies under the pointer while nothing is selected: a label key relabels it without a click. */

/** @import {Viewer} from '../viewer/viewer.js' */
/** @import {MarksLayer} from './render/marks_layer.js' */
/** @import {Workspace} from './workspace.js' */

/** How far beside an outline still points to it; screen px. */
const TOLERANCE_PX = 3;

/** @param {{viewer: Viewer, workspace: Workspace, marks: MarksLayer}} parts */
export function followPointedMark({viewer, workspace, marks}) {
  const isWanted = () => {
    const {tool, canWrite, isDrawing, selection} = workspace.state;
    return tool === 'select' && canWrite && !isDrawing && selection.size === 0;
  };
  viewer.canvas.addEventListener('pointermove', (event) => {
    if (event.buttons !== 0 || event.pointerType === 'touch' || !isWanted()) return;
    const [x, y] = viewer.level0FromEvent(event);
    const found = marks.at([x, y], TOLERANCE_PX * (viewer.view.getResolution() ?? 1));
    workspace.set({pointedMark: found && !workspace.state.locked.has(found.id) ? found.id : null});
  });
  viewer.canvas.addEventListener('pointerleave', () => workspace.set({pointedMark: null}));
  workspace.observe(() => {
    if (!isWanted()) workspace.set({pointedMark: null});
  });
  viewer.onChange(({kind}) => {
    if (kind === 'frame') workspace.set({pointedMark: null});
  });
}
