/** What is said of the image as a whole: diagnosis, the society's form, certainty, and what the diagnosis rests on. */

import {actionKeyHint} from '../../actions/buttons.js';
import {el, replaceChildren} from '../../lib/dom.js';
import {pickText, t} from '../../lib/i18n.js';
import {setDiagnosis} from '../commands/marks.js';
import {initialForm, missingFields, withValue} from '../form/model.js';
import {FormView} from '../form/view.js';
import {MarkingRules} from '../marking_rules.js';
import {basisMethods, basisStatuses, certainties} from '../words.js';
import {swatch} from './labels_panel.js';
import {section} from './section.js';

/** @import {Registry} from '../../actions/registry.js' */
/** @import {ActivityClock} from '../activity.js' */
/** @import {Store} from '../store.js' */
/** @import {Basis, Certainty, Label, Mark, ReadBundle} from '../types.js' */
/** @import {DiagnosisPatch} from '../commands/marks.js' */
/** @import {Field} from '../form/model.js' */
/** @import {Workspace} from '../workspace.js' */

/**
 * @typedef {object} Parts
 * @property {ReadBundle['campaign']} campaign
 * @property {Field[]} fields of the form
 * @property {Store} store
 * @property {Workspace} workspace
 * @property {MarkingRules} rules
 * @property {Registry} registry
 * @property {ActivityClock} clock
 */

export class DiagnosisPanel {
  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
    const {campaign, fields, store, workspace, registry} = parts;
    this.fields = fields;
    this.form = campaign.form ? new FormView({fields, registry, onChange: (form) => this.change({form})}) : null;
    this.labels = this.#labelButtons();
    this.certainty = this.#certaintyButtons();
    this.basis = el('div', {class: 'basis'});
    this.problem = el('p', {class: 'panel-problem', attrs: {role: 'alert', hidden: true}});
    this.section = section(
      {id: 'diagnosis-panel', title: t('Diagnosis of the image')},
      this.problem,
      el('div', {class: 'label-list', attrs: {role: 'group', 'aria-label': t('Diagnosis')}}, ...this.labels.map(({button}) => button)),
      this.form?.element ?? null,
      campaign.diagnosis.ask_certainty
        ? field(
            t('Certainty'),
            el(
              'div',
              {class: 'segments', attrs: {role: 'group', 'aria-label': t('Certainty')}},
              ...this.certainty.map(({button}) => button),
            ),
          )
        : null,
      campaign.diagnosis.ask_basis ? field(t('Basis of the diagnosis'), this.basis) : null,
    );
    store.observe(() => this.draw());
    workspace.observe((changed) => {
      if (changed.has('canWrite')) this.draw();
    });
    this.draw();
  }

  get element() {
    return this.section.element;
  }

  /** @returns {Mark | null} */
  get mark() {
    return (
      [...this.parts.store.marks.values()].find(({body}) => body.geometry === null && MarkingRules.isImageLevel(body.granularity)) ?? null
    );
  }

  /** @returns {Label | null} */
  get label() {
    return this.parts.rules.byCode.get(this.mark?.body.labels[0] ?? '') ?? null;
  }

  /**
   * Saves a change. A diagnosis that is made begins with what the form knows already (its defaults, what the image says).
   * @param {DiagnosisPatch} patch
   */
  change(patch) {
    const {store, rules, workspace, clock} = this.parts;
    if (!workspace.state.canWrite) return;
    const {mark} = this;
    const starting = !mark && this.fields.length > 0 && !patch.form ? {form: {...initialForm(this.fields)}} : {};
    const label = rules.byCode.get(patch.labels?.[0] ?? mark?.body.labels[0] ?? '') ?? null;
    const granularity = rules.imageGranularity(label) ?? mark?.body.granularity ?? 'diagnosis';
    const activeSeconds = clock.take('diagnosis');
    clock.begin('diagnosis');
    setDiagnosis(store, {id: mark?.id ?? null, granularity, activeSeconds}, {...starting, ...patch});
  }

  /** @param {Label} label chosen by its key or with the mouse */
  choose(label) {
    this.change({labels: [label.code]});
  }

  /** @param {string} name @param {unknown} value a form value chosen by its key */
  setValue(name, value) {
    this.change({form: withValue(this.#formData(), name, value)});
  }

  /** @returns {Record<string, unknown>} */
  #formData() {
    return this.mark?.body.form ?? initialForm(this.fields);
  }

  /** @returns {string | null} what is still missing before the read can be submitted */
  missing() {
    const {campaign, rules} = this.parts;
    const wrong = this.form?.wrongField();
    if (wrong) return t('Correct “{field}” first.', {field: wrong.title});
    if (campaign.diagnosis.required && rules.diagnosisLabels.length > 0 && !this.label) return t('Choose a diagnosis first.');
    if (!this.mark && !campaign.diagnosis.required) return null;
    const [missing] = missingFields(this.fields, this.#formData());
    return missing ? t('Fill in “{field}” first.', {field: missing.title}) : null;
  }

  /** Shows what is missing where it is missing. @param {string} text */
  showMissing(text) {
    this.section.open(true);
    this.problem.textContent = text;
    this.problem.hidden = false;
    const field = this.form?.wrongField() ?? (this.label && missingFields(this.fields, this.#formData())[0]);
    if (field) this.form?.focus(field.name);
  }

  #labelButtons() {
    const {rules, registry} = this.parts;
    return rules.diagnosisLabels.map((label) => {
      const name = el('span', {class: 'label-name', text: pickText(label.display) || label.code});
      const button = el(
        'button',
        {
          class: `label-button${label.parent ? ' is-child' : ''}`,
          attrs: {type: 'button', 'aria-pressed': 'false'},
          on: {click: () => this.choose(label)},
        },
        swatch(label.colour),
        name,
        actionKeyHint(registry, `diagnosis.${label.code}`),
      );
      return {label, button};
    });
  }

  #certaintyButtons() {
    return certainties().map(({value, label}) => {
      const button = el('button', {
        text: label,
        attrs: {type: 'button', 'aria-pressed': 'false'},
        on: {click: () => this.#toggleCertainty(value)},
      });
      return {value, button};
    });
  }

  /** @param {Certainty} value a second click takes it back */
  #toggleCertainty(value) {
    this.change({certainty: this.mark?.body.certainty === value ? null : value});
  }

  draw() {
    const {mark, label} = this;
    const {canWrite} = this.parts.workspace.state;
    for (const {label: one, button} of this.labels) {
      button.setAttribute('aria-pressed', String(one.code === label?.code));
      button.disabled = !canWrite;
    }
    for (const {value, button} of this.certainty) {
      button.setAttribute('aria-pressed', String(mark?.body.certainty === value));
      button.disabled = !canWrite;
    }
    this.form?.show(this.#formData(), canWrite);
    this.#drawBasis(mark?.body.basis ?? [], canWrite);
    this.section.note(label ? pickText(label.display) : '');
    if (!this.missing()) this.problem.hidden = true;
    this.#drawProblem(mark);
  }

  /** @param {Mark | null} mark the server's reason, beside what it is about */
  #drawProblem(mark) {
    if (mark?.status.kind !== 'refused') return;
    this.problem.textContent = mark.status.problem?.message ?? '';
    this.problem.hidden = false;
  }

  /** @param {Basis[]} basis @param {boolean} canWrite */
  #drawBasis(basis, canWrite) {
    if (this.basis.contains(document.activeElement) && this.basis.childElementCount === basis.length + Number(canWrite)) return;
    const allowed = this.parts.campaign.diagnosis.basis_methods;
    const methods = [...basisMethods()].filter(
      ([code]) => !allowed?.length || allowed.includes(code) || basis.some(({method}) => method === code),
    );
    /** @param {number} at @param {Basis | null} entry */
    const replace = (at, entry) =>
      this.change({basis: entry ? [...basis.slice(0, at), entry, ...basis.slice(at + 1)] : basis.filter((_, i) => i !== at)});
    replaceChildren(
      this.basis,
      ...basis.map((entry, at) =>
        el(
          'div',
          {class: 'basis-row'},
          dropDown(t('Method'), methods, entry.method, canWrite, (method) => replace(at, method ? {...entry, method} : null)),
          dropDown(t('Status'), [...basisStatuses()], entry.status, canWrite, (status) => status && replace(at, {...entry, status})),
        ),
      ),
      canWrite &&
        el(
          'div',
          {class: 'basis-row'},
          dropDown(
            t('Add a method'),
            [['', t('Add a method…')], ...methods.filter(([code]) => basis.every(({method}) => method !== code))],
            '',
            true,
            (method) => {
              if (method) replace(basis.length, {method, status: method === 'image-only' ? 'supports' : 'confirmed'});
            },
          ),
        ),
    );
  }
}

/** @param {string} title @param {HTMLElement} control @returns {HTMLElement} */
function field(title, control) {
  return el('div', {class: 'form-field'}, el('span', {class: 'form-title', text: title}), control);
}

/**
 * @param {string} label @param {[string, string][]} options @param {string} value @param {boolean} isWritable
 * @param {(value: string) => void} onChange an empty value: taken away
 * @returns {HTMLSelectElement}
 */
function dropDown(label, options, value, isWritable, onChange) {
  const removable = value !== '' && label === t('Method');
  const all = removable ? [...options, /** @type {[string, string]} */ (['', t('Remove')])] : options;
  const select = el(
    'select',
    {attrs: {'aria-label': label, disabled: !isWritable}},
    ...all.map(([code, text]) => el('option', {text, attrs: {value: code}})),
  );
  select.value = value;
  select.addEventListener('change', () => {
    select.blur();
    onChange(select.value);
  });
  return select;
}
