/** The actions of the workbench: the one list that toolbar, keyboard and help sheet are made from. */

import {keyDialogs, paletteAction} from '../actions/dialogs.js';
import {api} from '../lib/api.js';
import {t} from '../lib/i18n.js';
import {deleteMarks} from './commands/marks.js';
import {imageActions} from './image_actions.js';
import {regionActions} from './region_edit/actions.js';
import {boxActions} from './tools/box/actions.js';
import {brushActions} from './tools/brush/actions.js';
import {modeActions} from './tools/combine/actions.js';
import {labelActions, withChords} from './label_actions.js';
import {compareActions, layerActions, seeingActions} from './seeing_actions.js';
import {togetherActions} from './together/actions.js';
import {manyActions} from './suggestions/actions.js';
import {trackActions} from './tracks/actions.js';
import {nextActions, walkActions} from './walk/actions.js';
import {measureActions} from './tools/measure/actions.js';
import {toolName} from './words.js';

/** @import {Action, Registry} from '../actions/registry.js' */
/** @import {Viewer} from '../viewer/viewer.js' */
/** @import {DiagnosisPanel} from './panels/diagnosis_panel.js' */
/** @import {Field} from './form/model.js' */
/** @import {DrawingTool, MarkingRules} from './marking_rules.js' */
/** @import {Review} from './review.js' */
/** @import {Cells} from './cells/cells.js' */
/** @import {Session} from './session.js' */
/** @import {Submission} from './submit.js' */
/** @import {SuggestionDesk} from './suggestions/desk.js' */
/** @import {Toolbox} from './tools/toolbox.js' */
/** @import {Workspace} from './workspace.js' */

/** @type {Record<'select' | DrawingTool, string>} */
const TOOL_KEYS = {select: 'v', box: 'b', polygon: 'p', freehand: 'f', point: 'o', ellipse: 'q', brush: 'd', eraser: 'x', wand: 'w', superpixel: 'Shift+W', prompt: 'Shift+I'};

/**
 * @typedef {object} Parts
 * @property {Session} session
 * @property {Viewer} viewer
 * @property {Workspace} workspace
 * @property {MarkingRules} rules
 * @property {Review} review
 * @property {() => SuggestionDesk} desk
 * @property {() => Toolbox} toolbox
 * @property {() => DiagnosisPanel | null} diagnosis
 * @property {() => Cells | null} cells
 * @property {() => Promise<Cells | null>} fetchedCells once they are there; null where the image has none
 * @property {() => Submission} submission
 * @property {() => string} takeReason
 * @property {Field[]} fields of the form
 * @property {() => void} openSaving
 */

/** @param {Parts} parts @returns {Action[]} */
function toolActions({workspace, rules}) {
  /** @type {('select' | DrawingTool)[]} */
  const tools = ['select', ...rules.tools];
  return tools.map((tool) => ({
    id: `tool.${tool}`,
    label: () => toolName(tool),
    group: 'tools',
    keys: [TOOL_KEYS[tool]],
    icon: tool,
    when: () => tool === 'select' || workspace.state.canWrite,
    isPressed: () => workspace.state.tool === tool,
    run: () => workspace.set({tool}),
  }));
}

/** @param {Parts} parts @returns {Action[]} */
function drawingActions({workspace, toolbox}) {
  const when = () => workspace.state.isDrawing;
  return [
    {
      id: 'drawing.close',
      label: t('Close the outline'),
      group: 'drawing',
      context: 'drawing',
      keys: ['Enter'],
      onControls: true,
      when,
      run: () => toolbox().current.handle('confirm'),
    },
    {
      id: 'drawing.back',
      label: t('Take the last vertex back'),
      group: 'drawing',
      context: 'drawing',
      keys: ['Backspace', 'Ctrl+Z'],
      when,
      run: () => toolbox().current.handle('back'),
    },
    {
      id: 'drawing.cancel',
      label: t('Give the shape up'),
      group: 'drawing',
      context: 'drawing',
      keys: ['Escape'],
      when,
      run: () => toolbox().cancel(),
    },
  ];
}

/** @param {Parts} parts @returns {Action[]} */
function markActions({session, workspace, toolbox}) {
  const {store, history} = session;
  const canWrite = () => workspace.state.canWrite;
  /** @param {ReturnType<typeof history.undo>} step what was undone or redone is shown */
  const reveal = (step) => {
    if (step) workspace.select(step.marks.map(({id}) => id).filter((id) => store.get(id)?.body.geometry));
  };
  return [
    {
      id: 'marks.undo',
      label: () => (history.undoName ? t('Undo: {step}', {step: history.undoName}) : t('Undo')),
      group: 'marks',
      keys: ['Ctrl+Z'],
      icon: 'undo',
      when: () => canWrite() && history.done.length > 0,
      run: () => reveal(history.undo()),
    },
    {
      id: 'marks.redo',
      label: () => (history.redoName ? t('Redo: {step}', {step: history.redoName}) : t('Redo')),
      group: 'marks',
      keys: ['Ctrl+Shift+Z', 'Ctrl+Y'],
      icon: 'redo',
      when: () => canWrite() && history.undone.length > 0,
      run: () => reveal(history.redo()),
    },
    {
      id: 'marks.delete',
      label: t('Delete the selected marks'),
      group: 'marks',
      keys: ['Delete', 'Backspace'],
      icon: 'delete',
      when: () => canWrite() && workspace.state.selection.size > 0,
      run: () => deleteMarks(store, workspace.state.selection),
    },
    {
      id: 'marks.all',
      label: t('Select every mark of the frame'),
      group: 'marks',
      keys: ['Ctrl+A'],
      run: () => workspace.select(visibleMarks(toolbox())),
    },
    {
      id: 'marks.peek',
      label: t('Hide marks and suggestions while held'),
      group: 'marks',
      keys: ['h'],
      icon: 'eye',
      run: () => workspace.set({isPeeking: true}),
      release: () => workspace.set({isPeeking: false}),
    },
    {
      id: 'marks.cancel',
      label: t('Clear the selection, back to the select tool'),
      group: 'marks',
      keys: ['Escape'],
      run: () => leave(workspace, toolbox()),
    },
  ];
}

/** @param {Toolbox} toolbox @returns {string[]} */
function visibleMarks({parts: {store, marks}}) {
  return [...store.marks.values()].filter((mark) => marks.isFree(mark)).map(({id}) => id);
}

/** @param {Workspace} workspace @param {Toolbox} toolbox */
function leave(workspace, toolbox) {
  const {selection, suggestion, tool} = workspace.state;
  toolbox.cancel();
  if (selection.size > 0 || suggestion) {
    workspace.select([]);
    workspace.set({suggestion: null, isRelabelling: false});
  } else if (tool !== 'select') workspace.set({tool: 'select'});
}

/** @param {Parts} parts @returns {Action[]} */
function suggestionActions({workspace, review, desk, takeReason}) {
  const hasCurrent = () => workspace.state.canWrite && review.current !== null;
  const hasTarget = () => workspace.state.canWrite && (review.target !== null || workspace.state.chosen.size > 0);
  /** @param {'accept' | 'reject' | 'ignore'} verdict @param {() => void} decideOnOne */
  const decide = (verdict, decideOnOne) => () => (desk().chosen.length > 0 ? desk().decide(desk().chosen, verdict) : decideOnOne());
  const hasAny = () => review.open.length + review.diagnoses.length > 0;
  /** @type {{group: 'suggestions', context: 'suggestions'}} */
  const place = {group: 'suggestions', context: 'suggestions'};
  return [
    {...place, id: 'suggestion.next', label: t('Next suggestion'), keys: ['j'], when: hasAny, run: () => review.move(1)},
    {...place, id: 'suggestion.previous', label: t('Previous suggestion'), keys: ['k'], when: hasAny, run: () => review.move(-1)},
    // Tab goes through suggestions only once one is in focus, and past the last one it goes on through the page.
    {
      ...place,
      id: 'suggestion.tab',
      label: t('Next suggestion, once one is in focus'),
      keys: ['Tab'],
      when: () => review.current !== null && review.hasMore(1),
      run: () => review.move(1),
    },
    {
      ...place,
      id: 'suggestion.tab-back',
      label: t('Previous suggestion, once one is in focus'),
      keys: ['Shift+Tab'],
      when: () => review.current !== null && review.hasMore(-1),
      run: () => review.move(-1),
    },
    {...place, id: 'suggestion.accept', label: t('Accept'), keys: ['a'], icon: 'accept', when: hasTarget, run: decide('accept', () => review.accept())},
    {
      ...place,
      id: 'suggestion.edit',
      label: t('Edit'),
      keys: ['e'],
      icon: 'edit',
      when: () => hasCurrent() && review.current?.geometry !== null,
      run: () => review.edit(),
    },
    {
      ...place,
      id: 'suggestion.relabel',
      label: t('Relabel'),
      keys: ['l'],
      icon: 'relabel',
      when: hasCurrent,
      isPressed: () => workspace.state.isRelabelling,
      run: () => review.startRelabelling(),
    },
    {
      ...place,
      id: 'suggestion.reject',
      label: t('Reject'),
      keys: ['r'],
      icon: 'reject',
      when: hasTarget,
      run: decide('reject', () => review.decline('reject', takeReason())),
    },
    {
      ...place,
      id: 'suggestion.ignore',
      label: t('Ignore'),
      keys: ['i'],
      icon: 'ignore',
      when: hasTarget,
      run: decide('ignore', () => review.decline('ignore')),
    },
    {
      id: 'suggestion.show',
      label: t('Show or hide suggestions'),
      group: 'suggestions',
      keys: ['s'],
      icon: 'suggestion',
      isPressed: () => workspace.state.showsSuggestions,
      when: () => review.total > 0,
      run: () => workspace.set({showsSuggestions: !workspace.state.showsSuggestions}),
    },
  ];
}

/** @param {Parts} parts @param {Registry} registry @returns {Action[]} */
function readActions({session, workspace, rules, diagnosis, submission, openSaving}, registry) {
  const canWrite = () => workspace.state.canWrite;
  const {help, keys} = keyDialogs(registry, api);
  /** @type {Action[]} */
  const actions = [
    {
      id: 'read.submit',
      label: t('Submit and next'),
      group: 'read',
      keys: ['Ctrl+Enter'],
      inFields: true,
      onControls: true,
      when: canWrite,
      run: () => void submission().submit(),
    },
    {
      id: 'read.next',
      label: () => (canWrite() ? t('Submit and next, after asking') : t('Next image')),
      group: 'read',
      keys: ['n'],
      when: () => canWrite() || session.read.state === 'submitted',
      run: () => (canWrite() ? submission().ask() : void submission().next()),
    },
    {id: 'read.save', label: t('Save now'), group: 'read', keys: ['Ctrl+S'], inFields: true, run: () => void session.sync.poke()},
    {id: 'read.saving', label: t('What is saved'), group: 'read', keys: ['Shift+S'], run: openSaving},
    {
      id: 'read.panel',
      label: t('Show or hide the panel'),
      group: 'read',
      keys: ['Shift+P'],
      icon: 'panel',
      isPressed: () => workspace.state.hasPanel,
      run: () => workspace.set({hasPanel: !workspace.state.hasPanel}),
    },
    help,
    paletteAction(registry, session.userId),
    keys,
  ];
  if (rules.isDiagnosisOnly) {
    // Two keystrokes an image: the diagnosis, then Enter.
    actions.push({
      id: 'read.enter',
      label: t('Submit and next'),
      group: 'read',
      keys: ['Enter'],
      when: () => canWrite() && diagnosis()?.label != null,
      run: () => void submission().submit(),
    });
  }
  return actions;
}

/**
 * Label sets come from people and may use a key twice: the first one has it.
 * @param {Action[]} actions @param {Registry} registry @returns {Action[]}
 */
function withFreeKeys(actions, registry) {
  /** @type {Set<string>} */
  const given = new Set();
  return actions.map((action) => {
    const keys = action.keys?.filter((key) => !registry.isTaken(key, 'labels') && !given.has(key)) ?? [];
    for (const key of keys) given.add(key);
    return {...action, keys};
  });
}

/**
 * Fills a registry with everything that can be done on this page.
 * @param {Registry} registry @param {Parts} parts
 */
export function addWorkbenchActions(registry, parts) {
  registry.add(
    ...toolActions(parts),
    ...measureActions(parts),
    ...drawingActions(parts),
    ...modeActions(parts),
    ...boxActions(parts),
    ...brushActions(parts),
    ...markActions(parts),
    ...regionActions(parts),
    ...trackActions(parts),
    ...suggestionActions(parts),
    ...manyActions(parts),
    ...imageActions(parts),
    ...seeingActions({viewer: parts.viewer, registry}),
    ...compareActions({viewer: parts.viewer, registry, userId: parts.session.userId, bench: parts}),
    ...togetherActions({viewer: parts.viewer, registry}),
    ...layerActions({...parts, registry}),
    ...walkActions({viewer: parts.viewer, registry, userId: parts.session.userId, session: parts.session}),
    ...nextActions({...parts, store: parts.session.store}),
    ...readActions(parts, registry),
  );
  registry.add(...withChords(withFreeKeys(labelActions(parts), registry), registry));
}
