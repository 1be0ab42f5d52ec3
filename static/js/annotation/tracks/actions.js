/** Actions on tracks. What does them is fetched when the first one is asked for. */

import {t} from '../../lib/i18n.js';
import {later} from '../../lib/later.js';
import {isTrack, keyframeBeside, shapeOn} from './keyframes.js';
import {framesOf, takesTracks} from './lens.js';

/** @import {Action} from '../../actions/registry.js' */
/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {Session} from '../session.js' */
/** @import {Toolbox} from '../tools/toolbox.js' */
/** @import {Mark, Track} from '../types.js' */
/** @import {Workspace} from '../workspace.js' */
/** @import {Work} from './commands.js' */

/**
 * @typedef {object} Parts
 * @property {Session} session
 * @property {Viewer} viewer
 * @property {Workspace} workspace
 * @property {() => Toolbox} toolbox
 */

const fetchCommands = later(() => import('./commands.js'));

/** Those that the panel offers as buttons, in its order. */
export const TRACK_BUTTONS = ['track.key', 'track.remove-key', 'track.outside', 'track.end', 'track.split', 'track.interpolation'];

/** @param {Parts} parts @returns {Mark | null} the one selected mark with an outline, box or point on a frame; between masks lies nothing */
function selectedMark({session: {store}, workspace}) {
  const [id, ...others] = workspace.state.selection;
  const mark = others.length === 0 && !workspace.state.locked.has(id) ? store.get(id) : undefined;
  return mark?.body.geometry && mark.body.geometry.type !== 'Mask' && mark.body.frame !== null ? mark : null;
}

/** @param {Parts} parts @returns {Track | null} */
function selectedTrack(parts) {
  const geometry = selectedMark(parts)?.body.geometry ?? null;
  return isTrack(geometry) ? geometry : null;
}

/** @param {Parts} parts @returns {boolean} */
function canChange({workspace, viewer}) {
  return workspace.state.canWrite && !workspace.state.isDrawing && viewer.frame !== null && (viewer.frames?.settled ?? false);
}

/** @param {Parts} parts @returns {Work} */
function workOf(parts) {
  const {session, viewer} = parts;
  const mark = /** @type {Mark} */ (selectedMark(parts));
  return {store: session.store, mark, frame: /** @type {number} */ (viewer.frame), image: framesOf(viewer)};
}

/** @param {Parts} parts @param {'makeTrack' | 'holdTo'} name */
async function onMark(parts, name) {
  const commands = await fetchCommands();
  if (selectedMark(parts)) parts.toolbox().parts.say(commands[name](workOf(parts)), true);
}

/** @param {Parts} parts @param {'addKeyframe' | 'dropKeyframe' | 'leaveImage' | 'endTrack' | 'toggleInterpolation'} name */
async function onTrack(parts, name) {
  const commands = await fetchCommands();
  const track = selectedTrack(parts);
  if (track) parts.toolbox().parts.say(commands[name]({...workOf(parts), track}), true);
}

/** @param {Parts} parts */
async function split(parts) {
  const {splitTrack} = await fetchCommands();
  const track = selectedTrack(parts);
  if (!track) return;
  const outcome = splitTrack({...workOf(parts), track});
  if ('problem' in outcome) parts.toolbox().parts.say(outcome.problem, true);
  else parts.workspace.select(outcome.ids);
}

/** @param {Parts} parts plain marks of the frame on screen that are selected */
function plainHere({session: {store}, workspace, viewer}) {
  return [...workspace.state.selection].flatMap((id) => {
    const mark = store.seen(id);
    return mark?.body.geometry && !mark.body.seen && mark.body.frame === viewer.frame ? [mark] : [];
  });
}

/** @param {Parts} parts */
async function copyOn(parts) {
  const {copyTo} = await fetchCommands();
  const {viewer, session, workspace} = parts;
  const frame = /** @type {number} */ (viewer.frame) + 1;
  const ids = copyTo(session.store, plainHere(parts), frame);
  workspace.select(ids);
  await viewer.frames?.setFrame(frame);
}

/** @param {Parts} parts @returns {Action[]} those that need a track */
function trackOnly(parts) {
  /** @type {{group: 'marks', when: () => boolean}} */
  const place = {group: 'marks', when: () => canChange(parts) && selectedTrack(parts) !== null};
  const isHere = () => {
    const track = selectedTrack(parts);
    return place.when() && track !== null && shapeOn(track, /** @type {number} */ (parts.viewer.frame)) !== null;
  };
  return [
    {...place, id: 'track.key', label: t('Keyframe here'), keys: ['Alt+I'], run: () => onTrack(parts, 'addKeyframe')},
    {...place, id: 'track.remove-key', label: t('Remove the keyframe here'), keys: ['Alt+X'], run: () => onTrack(parts, 'dropKeyframe')},
    {...place, id: 'track.outside', label: t('Outside from here on'), keys: ['Alt+O'], when: isHere, run: () => onTrack(parts, 'leaveImage')},
    {...place, id: 'track.end', label: t('End the track here'), keys: ['Alt+Z'], when: isHere, run: () => onTrack(parts, 'endTrack')},
    {...place, id: 'track.split', label: t('Split the track here'), keys: ['Alt+Q'], when: isHere, run: () => split(parts)},
    {
      ...place,
      id: 'track.interpolation',
      label: () => (selectedTrack(parts)?.interpolation === 'none' ? t('Move between keyframes') : t('Hold between keyframes')),
      keys: ['Alt+U'],
      run: () => onTrack(parts, 'toggleInterpolation'),
    },
  ];
}

/** @param {Parts} parts @param {1 | -1} way @returns {number | null} */
function keyframeOnTheWay(parts, way) {
  const track = selectedTrack(parts);
  const {frames} = parts.viewer;
  return track && frames ? keyframeBeside(track, frames.wanted, way) : null;
}

/** @param {Parts} parts @returns {Action[]} none where one mark cannot be on several frames */
export function trackActions(parts) {
  const {viewer} = parts;
  if (!takesTracks(viewer)) return [];
  /** @param {1 | -1} way */
  const go = (way) => {
    const frame = keyframeOnTheWay(parts, way);
    if (frame !== null) void viewer.frames?.setFrame(frame);
  };
  const isNotLast = () => viewer.frame !== null && viewer.frame + 1 < (viewer.frames?.count ?? 1);
  return [
    {
      id: 'track.make',
      label: t('Make the selected mark a track'),
      group: 'marks',
      keys: ['Alt+T'],
      when: () => canChange(parts) && selectedMark(parts) !== null && selectedTrack(parts) === null,
      run: () => onMark(parts, 'makeTrack'),
    },
    {
      id: 'track.hold',
      label: t('Hold the selected mark up to this frame'),
      group: 'marks',
      keys: ['Alt+R'],
      when: () => canChange(parts) && selectedMark(parts) !== null,
      run: () => onMark(parts, 'holdTo'),
    },
    ...trackOnly(parts),
    {
      id: 'track.next-key',
      label: t('Next keyframe'),
      group: 'marks',
      keys: ['Shift+PageDown'],
      when: () => keyframeOnTheWay(parts, 1) !== null,
      run: () => go(1),
    },
    {
      id: 'track.previous-key',
      label: t('Previous keyframe'),
      group: 'marks',
      keys: ['Shift+PageUp'],
      when: () => keyframeOnTheWay(parts, -1) !== null,
      run: () => go(-1),
    },
    {
      id: 'marks.copy-on',
      label: t('Copy the selected marks to the next frame'),
      group: 'marks',
      keys: ['Shift+N'],
      when: () => canChange(parts) && isNotLast() && plainHere(parts).length > 0,
      run: () => copyOn(parts),
    },
  ];
}
