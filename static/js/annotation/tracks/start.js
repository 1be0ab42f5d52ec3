/** Puts the timeline under the image, and what is known of the selected track below the list of marks. */

import {TrackPanel} from './panel.js';
import {Timeline} from './timeline.js';

/** @import {Registry} from '../../actions/registry.js' */
/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {MarkingRules} from '../marking_rules.js' */
/** @import {Store} from '../store.js' */
/** @import {Workspace} from '../workspace.js' */

/** @param {{viewer: Viewer, store: Store, workspace: Workspace, rules: MarkingRules, registry: Registry, panel: HTMLElement}} parts */
export function startTracks({panel, ...parts}) {
  const {viewer} = parts;
  panel.append(new TrackPanel(parts).element);
  viewer.target.after(new Timeline(parts).box);
  viewer.map.updateSize();
}
