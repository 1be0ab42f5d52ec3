/** Suggestions as a list, with the keys to decide on the one in focus. Absent when there are none. */

import {actionButton} from '../../actions/buttons.js';
import {el, replaceChildren} from '../../lib/dom.js';
import {pickText, t} from '../../lib/i18n.js';
import {formatScore, formatSize} from '../format.js';
import {swatch} from './labels_panel.js';
import {rowButton} from './marks_panel.js';
import {section} from './section.js';
import {VirtualList} from './virtual_list.js';

/** @import {Registry} from '../../actions/registry.js' */
/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {Exposures} from '../exposures.js' */
/** @import {MarkingRules} from '../marking_rules.js' */
/** @import {Review} from '../review.js' */
/** @import {Store} from '../store.js' */
/** @import {Suggestion} from '../types.js' */
/** @import {Workspace} from '../workspace.js' */

const ROW_PX = 30;
const DECISIONS = ['suggestion.accept', 'suggestion.edit', 'suggestion.relabel', 'suggestion.reject', 'suggestion.ignore'];
const MANY = ['suggestion.many', 'suggestion.lasso', 'suggestion.strip'];

export class SuggestionsPanel {
  /**
   * @param {object} parts
   * @param {Viewer} parts.viewer
   * @param {Store} parts.store
   * @param {Workspace} parts.workspace
   * @param {MarkingRules} parts.rules
   * @param {Registry} parts.registry
   * @param {Review} parts.review
   * @param {Exposures | null} parts.exposures
   */
  constructor({viewer, store, workspace, rules, registry, review, exposures}) {
    this.parts = {viewer, store, workspace, rules, registry, review, exposures};
    /** @type {VirtualList<Suggestion>} */
    this.list = new VirtualList({
      rowPx: ROW_PX,
      label: t('Suggestions'),
      keyOf: ({id}) => id,
      render: (suggestion) => this.#row(suggestion),
    });
    this.diagnoses = el('div', {class: 'suggested-diagnoses'});
    this.model = el('p', {class: 'panel-hint'});
    this.reason = el('input', {
      attrs: {type: 'text', maxlength: 500, placeholder: t('Reason (optional)'), 'aria-label': t('Reason for rejecting')},
    });
    this.decisions = el(
      'div',
      {class: 'decisions'},
      el(
        'div',
        {class: 'decision-buttons'},
        ...DECISIONS.map((id) => actionButton(registry, id, {text: true, class: 'decision-button', showKey: true, icon: false})),
      ),
      this.reason,
    );
    this.many = el(
      'div',
      {class: 'decision-buttons many-buttons', attrs: {role: 'group', 'aria-label': t('Many at once')}},
      ...MANY.map((id) => actionButton(registry, id, {text: true, class: 'decision-button', showKey: true, icon: false})),
    );
    this.section = section(
      {id: 'suggestions-panel', title: t('Suggestions')},
      this.model,
      this.diagnoses,
      this.list.element,
      this.decisions,
      this.many,
    );
    this.isStale = false;
    store.observe((changes) => {
      if (changes.decided.length > 0 || changes.origin === 'remote') this.#later();
    });
    workspace.observe((changed) => this.#onWorkspace(changed));
    this.#draw();
  }

  get element() {
    return this.section.element;
  }

  /** @returns {string} the reason typed for the suggestion in focus; taken once */
  takeReason() {
    const text = this.reason.value.trim();
    this.reason.value = '';
    return text;
  }

  #later() {
    if (this.isStale) return;
    this.isStale = true;
    requestAnimationFrame(() => {
      this.isStale = false;
      this.#draw();
    });
  }

  #draw() {
    const {store, review, workspace, registry} = this.parts;
    const open = review.open;
    const total = store.suggestions.size;
    this.element.hidden = total === 0;
    if (total === 0) return;
    this.section.note(t('{open} of {total} open', {open: open.length + review.diagnoses.length, total}));
    this.list.element.hidden = open.length === 0;
    this.list.element.style.height = `${Math.min(6, Math.max(open.length, 1)) * ROW_PX + 2}px`;
    this.list.show(open);
    this.#drawDiagnoses();
    const models = new Set([...store.suggestions.values()].map(({model}) => `${model.name} ${model.version}`.trim()));
    this.model.textContent = t('Proposed by {model}. A proposal counts for nothing until you decide.', {model: [...models].join(', ')});
    this.decisions.hidden = !workspace.state.canWrite || open.length + review.diagnoses.length === 0;
    this.many.hidden = !workspace.state.canWrite || open.length < 2;
    registry.refresh();
  }

  #drawDiagnoses() {
    const {review, rules, workspace, registry, exposures} = this.parts;
    const {diagnoses} = review;
    this.diagnoses.hidden = diagnoses.length === 0;
    replaceChildren(
      this.diagnoses,
      ...diagnoses.map((suggestion) => {
        const label = rules.byCode.get(suggestion.labels[0]);
        const name = label ? pickText(label.display) : suggestion.labels.join(', ');
        const isFocused = workspace.state.suggestion === suggestion.id;
        const bar = el('span', {class: 'score-bar', attrs: {'aria-hidden': 'true'}});
        bar.style.setProperty('--score', String(suggestion.score ?? 0));
        return el(
          'div',
          {class: `list-row${isFocused ? ' is-selected' : ''}`},
          el(
            'button',
            {
              class: 'row-main',
              attrs: {type: 'button', 'aria-pressed': String(isFocused)},
              on: {click: () => workspace.set({suggestion: suggestion.id})},
            },
            swatch(label?.colour ?? '#808080'),
            el('span', {class: 'row-name', text: name, attrs: {title: name}}),
            bar,
            el('span', {class: 'row-size', text: formatScore(suggestion.score)}),
          ),
          workspace.state.canWrite &&
            rowButton('accept', t('Accept this diagnosis'), () => {
              workspace.set({suggestion: suggestion.id});
              registry.run('suggestion.accept');
            }),
        );
      }),
    );
    if (!this.element.hidden && this.element.isConnected) exposures?.note(diagnoses.map(({id}) => id));
  }

  /** @param {Suggestion} suggestion @returns {HTMLElement} */
  #row(suggestion) {
    const {rules, workspace, viewer} = this.parts;
    const label = rules.byCode.get(suggestion.labels[0]);
    const name = label ? pickText(label.display) : suggestion.labels.join(', ');
    const isFocused = workspace.state.suggestion === suggestion.id;
    const frame =
      viewer.frames && viewer.frames.count > 1 && suggestion.frame !== null ? viewer.frames.nameOf(suggestion.frame) : '';
    return el(
      'div',
      {class: `list-row${isFocused ? ' is-selected' : ''}`},
      el(
        'button',
        {
          class: 'row-main',
          attrs: {type: 'button', 'aria-pressed': String(isFocused)},
          on: {click: () => this.parts.review.focus(suggestion)},
        },
        swatch(label?.colour ?? '#808080'),
        el('span', {class: 'row-name', text: name, attrs: {title: name}}),
        frame
          ? el('span', {class: 'row-size', text: frame})
          : el('span', {class: 'row-size', text: formatSize(suggestion.geometry, viewer.manifest.spacing)}),
        el('span', {class: 'row-score', text: formatScore(suggestion.score)}),
      ),
    );
  }

  /** @param {Set<string>} changed */
  #onWorkspace(changed) {
    if (!changed.has('suggestion') && !changed.has('canWrite')) return;
    this.reason.value = '';
    this.#later();
    const {suggestion} = this.parts.workspace.state;
    if (!suggestion) return;
    // After the list is drawn.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        this.list.reveal(suggestion);
        this.decisions.scrollIntoView({block: 'nearest'});
      }),
    );
  }
}
