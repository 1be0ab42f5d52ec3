/** Commands on the selected marks. What does them is fetched when the first one is asked for. */

import {isTextField} from '../../actions/keyboard.js';
import {t} from '../../lib/i18n.js';
import {later} from '../../lib/later.js';
import {nudgeActions} from './nudge_actions.js';

/** @import {Action, Registry} from '../../actions/registry.js' */
/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {MarkingRules} from '../marking_rules.js' */
/** @import {Session} from '../session.js' */
/** @import {Toolbox} from '../tools/toolbox.js' */
/** @import {Position, SeenMark} from '../types.js' */
/** @import {Workspace} from '../workspace.js' */
/** @import {Outcome, Work} from './commands.js' */

const fetchMaskCommands = later(() => import('../masks/commands.js'));
const fetchCommands = later(() => import('./commands.js'));
const fetchSimplify = later(() => import('./simplify_dialog.js'));
const fetchTransform = later(() => import('./transform_dialog.js'));
const fetchClipboard = later(() => import('./clipboard.js'));

/** A copy on the same frame lies this far from what was copied; screen px. */
const COPY_STEP_PX = 18;

/**
 * @typedef {object} Parts
 * @property {Session} session
 * @property {Viewer} viewer
 * @property {Workspace} workspace
 * @property {MarkingRules} rules
 * @property {() => Toolbox} toolbox
 */

/** @param {Parts} parts @returns {SeenMark[]} as they are on the frame on screen */
const selected = ({session: {store}, workspace}) => [...workspace.state.selection].flatMap((id) => store.seen(id) ?? []);

/** @param {Parts} parts @returns {Work} without what is locked */
function workOf(parts) {
  const marks = selected(parts).filter(({id}) => !parts.workspace.state.locked.has(id));
  return {store: parts.session.store, rules: parts.rules, marks};
}

/** @param {Parts} parts @param {Outcome} outcome */
function tell({workspace, toolbox}, outcome) {
  if ('problem' in outcome) toolbox().parts.say(outcome.problem, true);
  else workspace.select(outcome.ids);
}

/** @param {Parts} parts @param {'fillHoles' | 'splitParts' | 'mergeMarks' | 'keepEmptyPart'} name */
async function run(parts, name) {
  const commands = await fetchCommands();
  tell(parts, commands[name](workOf(parts)));
}

/** @param {Parts} parts @param {'toMasks' | 'toOutlines'} name */
async function convert(parts, name) {
  const commands = await fetchMaskCommands();
  tell(parts, commands[name](workOf(parts)));
}

/** @param {Parts} parts */
async function simplify(parts) {
  const {SimplifyDialog} = await fetchSimplify();
  const {viewer} = parts;
  const {marks} = parts.toolbox().parts;
  new SimplifyDialog({work: workOf(parts), marks, resolution: viewer.view.getResolution() ?? 1, spacing: viewer.manifest.spacing});
}

/** @param {Parts} parts */
async function transform(parts) {
  const {TransformDialog} = await fetchTransform();
  const {viewer, rules, session} = parts;
  const around = {rules, image: viewer.manifest, spacing: viewer.manifest.spacing};
  new TransformDialog({store: session.store, work: workOf(parts).marks, marks: parts.toolbox().parts.marks, around});
}

/** @param {Parts} parts @returns {Promise<boolean>} */
async function copy(parts) {
  const {clipOf, keepClip} = await fetchClipboard();
  const clip = clipOf(parts.viewer.manifest.id, selected(parts));
  if (!clip) return false;
  const {say} = parts.toolbox().parts;
  const problem = keepClip(localStorage, parts.session.userId, clip);
  say(problem ?? t('Copied. It can be pasted here or onto another image of the campaign.'), problem !== null);
  return problem === null;
}

/** @param {Parts} parts @param {string} name of the step */
async function paste(parts, name) {
  const {keptClip, pasteClip} = await fetchClipboard();
  const {viewer, session, rules} = parts;
  const clip = keptClip(localStorage, session.userId);
  if (!clip) {
    parts.toolbox().parts.say(t('Nothing was copied in this browser.'), true);
    return;
  }
  const [x, y] = viewer.view.getCenter() ?? [0, 0];
  const place = {
    image: viewer.manifest.id,
    size: viewer.manifest,
    frame: viewer.frame,
    centre: /** @type {Position} */ ([x, -y]),
    step: COPY_STEP_PX * (viewer.view.getResolution() ?? 1),
  };
  tell(parts, pasteClip({store: session.store, rules}, clip, place, name));
}

/** @param {Parts} parts @param {{group: 'marks', when: () => boolean}} place @returns {Action[]} */
function lockActions({workspace, session}, place) {
  const areLocked = () => [...workspace.state.selection].every((id) => workspace.state.locked.has(id));
  const toggle = () => {
    const {locked, selection} = workspace.state;
    const others = [...locked].filter((id) => !selection.has(id));
    workspace.set({locked: new Set(areLocked() ? others : [...others, ...selection])});
  };
  return [
    {
      ...place,
      id: 'marks.lock',
      label: () => (place.when() && areLocked() ? t('Unlock the selected marks') : t('Lock the selected marks')),
      keys: ['Shift+L'],
      run: toggle,
    },
    {
      ...place,
      id: 'marks.unlock-all',
      label: t('Unlock every mark'),
      keys: ['Shift+U'],
      when: () => workspace.state.canWrite && [...workspace.state.locked].some((id) => session.store.get(id)),
      run: () => workspace.set({locked: new Set()}),
    },
  ];
}

/** @param {Parts} parts @returns {Action[]} */
export function regionActions(parts) {
  const {workspace, rules} = parts;
  if (rules.tools.length === 0) return [];
  const canWrite = () => workspace.state.canWrite && !workspace.state.isDrawing;
  const hasSelection = () => canWrite() && workspace.state.selection.size > 0;
  /** @type {{group: 'marks', when: () => boolean}} */
  const place = {group: 'marks', when: hasSelection};
  return [
    {...place, id: 'marks.fill-holes', label: t('Fill the holes of the selected regions'), keys: ['Shift+H'], run: () => run(parts, 'fillHoles')},
    {...place, id: 'marks.split', label: t('Split the selected regions into their parts'), keys: ['Shift+X'], run: () => run(parts, 'splitParts')},
    {...place, id: 'marks.merge', label: t('Merge the selected regions'), keys: ['Shift+M'], run: () => run(parts, 'mergeMarks')},
    {
      ...place,
      id: 'marks.only-empty',
      label: t('Take neighbouring marks out of the selected regions'),
      keys: ['Shift+E'],
      run: () => run(parts, 'keepEmptyPart'),
    },
    {...place, id: 'marks.to-mask', label: t('Make masks of the selected outlines'), keys: ['Shift+K'], run: () => convert(parts, 'toMasks')},
    {...place, id: 'marks.to-outline', label: t('Make outlines of the selected masks'), keys: ['Shift+O'], run: () => convert(parts, 'toOutlines')},
    {...place, id: 'marks.simplify', label: t('Simplify the selected outlines…'), keys: ['Shift+R'], run: () => simplify(parts)},
    {...place, id: 'marks.transform', label: t('Turn, size and mirror the selected marks…'), keys: ['Shift+Q'], run: () => transform(parts)},
    {
      ...place,
      id: 'marks.duplicate',
      label: t('Duplicate the selected marks'),
      keys: ['Shift+D'],
      run: async () => (await copy(parts)) && paste(parts, t('Duplicate marks')),
    },
    // From a read that was submitted as well.
    {
      ...place,
      id: 'marks.copy',
      label: t('Copy the selected marks'),
      keys: ['Shift+C'],
      when: () => workspace.state.selection.size > 0,
      run: () => copy(parts),
    },
    {...place, id: 'marks.paste', label: t('Paste marks'), keys: ['Shift+V'], when: canWrite, run: () => paste(parts, t('Paste marks'))},
    ...nudgeActions({viewer: parts.viewer, store: parts.session.store, marks: () => workOf(parts).marks}, place),
    ...lockActions(parts, place),
  ];
}

/**
 * Ctrl+C and Ctrl+V belong to browsers, which tell the page of them: with marks selected and no text they mean marks.
 * @param {Registry} registry
 */
export function listenToClipboard(registry) {
  for (const name of /** @type {const} */ (['copy', 'paste'])) {
    document.addEventListener(name, (event) => {
      const isText = isTextField(event.target) || !(getSelection()?.isCollapsed ?? true);
      if (!isText && !document.querySelector('dialog[open]') && registry.actions.has(`marks.${name}`)) registry.run(`marks.${name}`);
    });
  }
}
