/** The choice of a coded term: a label of the campaign, or a code that the label set does not have. */

import {el} from '../../lib/dom.js';
import {pickText, t} from '../../lib/i18n.js';

/** @import {MarkingRules} from '../marking_rules.js' */
/** @import {Body, Label, SpanCoding} from '../types.js' */

const OTHER = '\u0000other';
const CODE = /^[A-Za-z0-9.+_/<>=-]{1,40}$/;

/** @type {Record<string, string>} */
const SYSTEM_NAMES = {
  'http://snomed.info/sct': 'SNOMED CT',
  'http://hl7.org/fhir/sid/icd-10': 'ICD-10',
  'http://id.who.int/icd/release/11/mms': 'ICD-11',
  'http://terminology.hl7.org/CodeSystem/icd-o-3': 'ICD-O-3',
  'http://medis.or.jp/CodeSystem/master-disease-keyNumber': 'MEDIS',
  'http://nanbyodata.jp/ontology/nando': 'NANDO',
  'http://radlex.org': 'RadLex',
  'http://loinc.org': 'LOINC',
};

export class ConceptChoice {
  /** @param {{rules: MarkingRules, systems: string[], labels: Label[]}} parts */
  constructor({rules, systems, labels}) {
    this.rules = rules;
    const known = labels.map((label) => el('option', {text: pickText(label.display) || label.code, attrs: {value: label.code}}));
    const none = el('option', {text: t('Choose a term…'), attrs: {value: ''}});
    this.label = el('select', {attrs: {'aria-label': t('Coded term')}}, none, ...known, el('option', {text: t('Another code…'), attrs: {value: OTHER}}));
    const names = systems.map((system) => el('option', {text: SYSTEM_NAMES[system] ?? t('Code of this site'), attrs: {value: system}}));
    this.system = el('select', {attrs: {'aria-label': t('System of codes')}}, ...names);
    this.code = el('input', {attrs: {type: 'text', maxlength: 40, autocapitalize: 'off', spellcheck: 'false', placeholder: t('Code'), 'aria-label': t('Code')}});
    this.display = el('input', {attrs: {type: 'text', maxlength: 200, placeholder: t('Meaning'), 'aria-label': t('Meaning')}});
    this.other = el('div', {class: 'report-other'}, this.system, this.code, this.display);
    this.element = el('div', {class: 'report-concept'}, this.label, this.other);
    this.label.addEventListener('change', () => this.#draw());
    this.#draw();
  }

  #draw() {
    this.other.hidden = this.label.value !== OTHER;
    this.label.removeAttribute('aria-invalid');
  }

  /** @returns {{labels: string[], coding: SpanCoding | null} | null} null: a choice is missing, and its field says so */
  value() {
    if (!this.label.value) {
      this.label.setAttribute('aria-invalid', 'true');
      this.label.focus();
      return null;
    }
    if (this.label.value !== OTHER) return {labels: [this.label.value], coding: null};
    const code = this.code.value.trim();
    const isGood = CODE.test(code);
    this.code.setAttribute('aria-invalid', String(!isGood));
    if (!isGood) {
      this.code.focus();
      return null;
    }
    return {labels: [], coding: {system: this.system.value, code, display: this.display.value.trim()}};
  }
}

/** @param {Body} body @param {MarkingRules} rules @returns {string} what a mark on a report says, in the reader's language */
export function nameOf({labels, span}, rules) {
  const label = rules.byCode.get(labels[0] ?? '');
  if (label) return pickText(label.display) || label.code;
  const coding = span?.coding;
  if (!coding) return '';
  return `${coding.display} ${SYSTEM_NAMES[coding.system] ?? ''} ${coding.code}`.trim();
}
