/** The keys of labels, diagnoses and form values: what they mean depends on what is in hand. */

import {pickText} from '../lib/i18n.js';
import {relabelMarks} from './commands/marks.js';

/** @import {Action, Registry} from '../actions/registry.js' */
/** @import {Cells} from './cells/cells.js' */
/** @import {Field} from './form/model.js' */
/** @import {MarkingRules} from './marking_rules.js' */
/** @import {DiagnosisPanel} from './panels/diagnosis_panel.js' */
/** @import {Review} from './review.js' */
/** @import {SuggestionDesk} from './suggestions/desk.js' */
/** @import {Session} from './session.js' */
/** @import {Label} from './types.js' */
/** @import {Workspace} from './workspace.js' */

/**
 * @typedef {object} Parts
 * @property {Session} session
 * @property {Workspace} workspace
 * @property {MarkingRules} rules
 * @property {Review} review
 * @property {() => SuggestionDesk} desk
 * @property {() => DiagnosisPanel | null} diagnosis
 * @property {() => Cells | null} cells
 * @property {Field[]} fields of the form
 */

/**
 * What a label key or a click on a label means just now: the suggestions that are chosen on the film strip, the one that is
 * being relabelled, the chosen cells, the selected marks, the mark under the pointer, or the next mark.
 * @param {Parts} parts @param {Label} label
 */
export function chooseLabel({session, workspace, rules, review, cells, desk}, label) {
  const {isRelabelling, selection, tool, canWrite} = workspace.state;
  if (!canWrite) return;
  if (desk().chosen.length > 0) {
    desk().decide(desk().chosen, 'accept', label.code);
    return;
  }
  if (isRelabelling && review.current) {
    review.relabel(label.code);
    return;
  }
  if (workspace.state.cells > 0) {
    void cells()?.change({kind: 'relabel', label: label.code});
    return;
  }
  const selected = tool === 'select' ? [...selection].flatMap((id) => session.store.get(id) ?? []) : [];
  if (selected.length > 0) {
    relabelMarks(
      session.store,
      selected.filter(({body}) => rules.mayCarry(label, body.granularity)).map(({id}) => id),
      label.code,
    );
    return;
  }
  const pointed = tool === 'select' ? session.store.get(workspace.state.pointedMark ?? '') : undefined;
  if (pointed && rules.mayCarry(label, pointed.body.granularity)) {
    relabelMarks(session.store, [pointed.id], label.code);
    return;
  }
  const tools = rules.toolsFor(label);
  const fits = tools.some((one) => one === tool);
  workspace.set({label: label.code, tool: fits ? tool : tools[0]});
}

/**
 * @param {Parts} parts @param {Label} label
 */
function chooseDiagnosis({workspace, review, diagnosis}, label) {
  if (workspace.state.isRelabelling && review.current?.geometry === null) review.relabel(label.code);
  else diagnosis()?.choose(label);
}

/** The first key of those that nobody gave a key: where counting on from nine comes to, or what lies under the hand on every keyboard. */
const LEADERS = ['0', '/'];
const SECOND_KEYS = [...'123456789', ...'abcdefghijklmnopqrstuvwxyz'];

/**
 * Gives labels without a key two that follow each other.
 * @param {Action[]} actions of labels and form values @param {Registry} registry where they are going to be added
 * @returns {Action[]}
 */
export function withChords(actions, registry) {
  const leader = LEADERS.find((key) => !registry.isTaken(key, 'labels') && !actions.some(({keys}) => keys?.includes(key)));
  const second = SECOND_KEYS.values();
  return actions.map((action) => {
    if (!leader || !/^(label|diagnosis)\./.test(action.id) || (action.keys ?? []).length > 0) return action;
    const {value} = second.next();
    return value ? {...action, keys: [`${leader} ${value}`]} : action;
  });
}

/** @param {Parts} parts @returns {Action[]} */
export function labelActions(parts) {
  const {rules, workspace, diagnosis} = parts;
  /** @type {{group: 'labels', context: 'labels', when: () => boolean}} */
  const place = {group: 'labels', context: 'labels', when: () => workspace.state.canWrite};
  /** @param {string} key */
  const keys = (key) => (key ? [key.toLowerCase()] : []);
  /** @param {Label} label */
  const name = (label) => pickText(label.display) || label.code;
  return [
    ...rules.drawnLabels.map((label) => ({
      ...place,
      id: `label.${label.code}`,
      label: name(label),
      keys: keys(label.key),
      run: () => chooseLabel(parts, label),
    })),
    ...rules.diagnosisLabels.map((label) => ({
      ...place,
      id: `diagnosis.${label.code}`,
      label: name(label),
      keys: keys(label.key),
      run: () => chooseDiagnosis(parts, label),
    })),
    ...parts.fields.flatMap((field) =>
      field.options
        .filter((option) => option.key)
        .map((option) => ({
          ...place,
          id: `form.${field.name}.${option.value}`,
          label: `${field.title}: ${option.label}`,
          keys: keys(option.key ?? ''),
          run: () => diagnosis()?.setValue(field.name, option.value),
        })),
    ),
  ];
}
