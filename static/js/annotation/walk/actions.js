/** Walks: through the whole image at one magnification, and to the next thing that is still to be done. */

import {t} from '../../lib/i18n.js';
import {later} from '../../lib/later.js';
import {boundsOf} from '../outline.js';
import {firstShape} from '../tracks/keyframes.js';
import {leastCertainFirst} from '../suggestions/batches.js';

/** @import {Action, Registry} from '../../actions/registry.js' */
/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {Review} from '../review.js' */
/** @import {Session} from '../session.js' */
/** @import {Store} from '../store.js' */
/** @import {Workspace} from '../workspace.js' */
/** @import {Walk} from './walk.js' */

const fetchWalk = later(() => import('./walk.js'));

const PADDING_PX = 160;

/**
 * @param {{viewer: Viewer, registry: Registry, userId: string, session?: Session | null}} parts session: of the read that is walked for
 * @returns {Action[]} none for what is seen at one glance
 */
export function walkActions({viewer, registry, userId, session = null}) {
  if (session) later(async () => (await import('./told_walks.js')).tellWhatWaits({api: session.api, readId: session.read.id, userId}));
  if (!viewer.overview) return [];
  const isWatching = session !== null && String(session.read.reader.id) !== userId;
  // Only whether it was on is kept where it can be read at once; what was seen is fetched with the module.
  const onKey = `mitate-walk-${userId}-${session?.read.id ?? viewer.manifest.id}`;
  /** @type {Walk | null} */
  let walk = null;
  const onChange = (/** @type {boolean} */ isOn) => {
    if (isOn && !isWatching) localStorage.setItem(onKey, 'on');
    else localStorage.removeItem(onKey);
    registry.refresh();
  };
  /** @type {Promise<Walk> | null} */
  let opening = null;
  const load = async () => {
    const {Walk} = await fetchWalk();
    walk = new Walk({viewer, registry, userId, session, onChange});
    await walk.load();
    return walk;
  };
  const open = () => (opening ??= load());
  const isOn = () => walk?.isOn === true;
  if (localStorage.getItem(onKey)) void open().then((opened) => opened.start({isResumed: true}));
  return [
    {
      id: 'walk.toggle',
      label: () => (isOn() ? t('End screening') : isWatching ? t('What the reader has seen') : t('Screen the whole image')),
      group: 'image',
      keys: ['Alt+W'],
      icon: 'walk',
      isPressed: isOn,
      run: async () => (isOn() ? walk?.stop() : (await open()).start({isResumed: isWatching})),
    },
    {id: 'walk.next', label: t('Next field'), group: 'image', keys: ['>'], when: isOn, run: () => walk?.next()},
    {id: 'walk.previous', label: t('Previous field'), group: 'image', keys: ['<'], when: isOn, run: () => walk?.previous()},
  ];
}

/** @param {{viewer: Viewer, workspace: Workspace, review: Review, store: Store}} parts @returns {Action[]} */
export function nextActions({viewer, workspace, review, store}) {
  const unlabelled = () => [...store.marks.values()].filter(({body}) => body.geometry !== null && body.labels.length === 0);
  const goToUnlabelled = () => {
    const marks = unlabelled();
    const at = marks.findIndex(({id}) => workspace.state.selection.has(id));
    const {id, body} = marks[(at + 1) % marks.length];
    if (body.frame !== null && body.frame !== viewer.frame) void viewer.frames?.setFrame(body.frame);
    const geometry = firstShape(body.geometry);
    if (geometry) viewer.fitTo(boundsOf(geometry), {padding: PADDING_PX});
    workspace.set({tool: 'select'});
    workspace.select([id]);
  };
  const goToUncertain = () => {
    const open = leastCertainFirst(review.open);
    const at = open.findIndex(({id}) => id === workspace.state.suggestion);
    review.focus(open[(at + 1) % open.length]);
  };
  return [
    {
      id: 'marks.next-unlabelled',
      label: t('Next mark without a label'),
      group: 'marks',
      keys: ['Alt+M'],
      when: () => unlabelled().length > 0,
      run: goToUnlabelled,
    },
    {
      id: 'suggestion.next-uncertain',
      label: t('Next suggestion, the least certain first'),
      group: 'suggestions',
      keys: ['Alt+J'],
      when: () => review.open.length > 0,
      run: goToUncertain,
    },
  ];
}
