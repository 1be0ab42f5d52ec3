/** One report: its words with the terms marked in them, the mark that is being made, and the diagnosis that it confirms. */

import {el, replaceChildren} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {newBody} from '../commands/marks.js';
import {newId} from '../ids.js';
import {basisMethods, basisStatuses} from '../words.js';
import {ConceptChoice, nameOf} from './concept.js';
import {cut, find, pieces, pointsOf, trimmed} from './spans.js';

/** @import {ActivityClock} from '../activity.js' */
/** @import {MarkingRules} from '../marking_rules.js' */
/** @import {Store} from '../store.js' */
/** @import {Body, Mark, SpanBody} from '../types.js' */
/** @import {Workspace} from '../workspace.js' */
/** @import {Place} from './spans.js' */

/** @typedef {{id: string, kind: string, issued_on: string, text: string, digest: string, number: number}} Report */
/** @typedef {{id: string, mark: Mark, span: SpanBody, start: number, end: number}} Term */

const CLOCK = 'report';

/** @returns {Record<string, string>} */
const kinds = () => ({
  radiology: t('Radiology report'),
  endoscopy: t('Endoscopy report'),
  pathology: t('Pathology report'),
  ultrasound: t('Ultrasound report'),
  ophthalmology: t('Ophthalmology report'),
  dermatology: t('Dermatology report'),
});

/** @returns {[SpanBody['polarity'], string][]} */
const polarities = () => [
  ['positive', t('Present')],
  ['negated', t('Negated')],
  ['suspected', t('Suspected')],
];

export class ReportView {
  /** @type {Place | null} what is chosen in the text */
  chosen = null;

  /**
   * @param {{report: Report, systems: string[], store: Store, clock: ActivityClock, workspace: Workspace, rules: MarkingRules}} parts
   */
  constructor(parts) {
    this.parts = parts;
    const {report, store, workspace, rules, systems} = parts;
    this.text = el('div', {class: 'report-text', attrs: {lang: 'ja', role: 'document', tabindex: 0, 'aria-label': t('Words of the report')}});
    this.words = el('input', {attrs: {type: 'text', 'aria-label': t('Words to mark')}});
    this.concept = new ConceptChoice({rules, systems, labels: rules.labels});
    this.add = polarities().map(([polarity, text]) =>
      el('button', {text, attrs: {type: 'button'}, on: {click: () => this.#mark(polarity)}}),
    );
    this.making = el(
      'div',
      {class: 'report-making'},
      el('label', {class: 'report-words'}, el('span', {text: t('Words to mark')}), this.words),
      this.concept.element,
      el('div', {class: 'segments', attrs: {role: 'group', 'aria-label': t('Mark the words as')}}, ...this.add),
    );
    this.list = el('ul', {class: 'report-terms'});
    this.diagnosis = this.#diagnosisForm();
    this.element = el('article', {class: 'report'}, el('h3', {text: heading(report)}), this.text, this.making, this.list, this.diagnosis.element);
    this.text.addEventListener('mouseup', () => this.#takeSelection());
    this.text.addEventListener('keyup', () => this.#takeSelection());
    this.words.addEventListener('input', () => this.#choose(find(report.text, this.words.value)));
    this.words.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.isComposing) return;
      event.preventDefault();
      this.#choose(find(report.text, this.words.value, this.chosen?.start ?? -1));
    });
    store.observe(() => this.draw());
    workspace.observe((changed) => {
      if (changed.has('canWrite')) this.draw();
    });
    this.draw();
  }

  /** @returns {Term[]} what is marked in this text, in its order */
  get terms() {
    const own = this.#own('term').flatMap(({id, body, ...mark}) => {
      const {span} = body;
      return span && span.start !== null && span.end !== null ? [{id, mark: {id, body, ...mark}, span, start: span.start, end: span.end}] : [];
    });
    return own.sort((one, other) => one.start - other.start || one.end - other.end);
  }

  /** @param {string} granularity @returns {Mark[]} */
  #own(granularity) {
    const {report, store} = this.parts;
    return [...store.marks.values()].filter(({body}) => body.granularity === granularity && body.span?.report_id === report.id);
  }

  draw() {
    const {canWrite} = this.parts.workspace.state;
    const {terms} = this;
    // Terms of words that were replaced since are listed, not drawn: their places are of another text.
    const fitting = terms.filter(({span}) => span.digest === this.parts.report.digest);
    const chosen = this.chosen ? [{...this.chosen, id: '', mark: null}] : [];
    /** @type {{start: number, end: number, id: string, mark: Mark | null, span?: SpanBody}[]} */
    const drawn = [...fitting, ...chosen];
    replaceChildren(
      this.text,
      ...pieces(this.parts.report.text, drawn).map(({text, terms: on}) => {
        if (on.length === 0) return text;
        const term = on.find(({mark}) => mark) ?? on[0];
        const isChosen = on.some(({mark}) => !mark);
        const name = term.mark ? `${nameOf(term.mark.body, this.parts.rules)} (${wordOf(term.span?.polarity)})` : '';
        return el('mark', {class: `term is-${term.span?.polarity ?? 'chosen'}${isChosen ? ' is-chosen' : ''}`, text, attrs: {title: name || null}});
      }),
    );
    this.making.hidden = !canWrite;
    for (const button of this.add) button.disabled = !this.chosen;
    replaceChildren(this.list, ...terms.map((term) => this.#termRow(term, canWrite)));
    this.diagnosis.draw(canWrite);
  }

  #takeSelection() {
    const selection = document.getSelection();
    if (!selection || selection.rangeCount === 0 || selection.isCollapsed) return;
    const range = selection.getRangeAt(0);
    if (!this.text.contains(range.startContainer) || !this.text.contains(range.endContainer)) return;
    const before = document.createRange();
    before.setStart(this.text, 0);
    before.setEnd(range.startContainer, range.startOffset);
    const {text} = this.parts.report;
    const from = before.toString().length;
    const place = {start: pointsOf(text, from), end: pointsOf(text, from + range.toString().length)};
    this.#choose(trimmed(text, place));
    if (this.chosen) this.words.value = cut(text, this.chosen);
  }

  /** @param {Place | null} place */
  #choose(place) {
    this.chosen = place;
    this.parts.clock.begin(CLOCK);
    this.draw();
  }

  /** @param {SpanBody['polarity']} polarity */
  #mark(polarity) {
    const {store, clock, report} = this.parts;
    const concept = this.concept.value();
    if (!this.chosen || !concept) return;
    const span = {report_id: report.id, digest: report.digest, ...this.chosen, polarity, coding: concept.coding};
    store.commit('local', {name: t('Mark words of a report'), marks: [{id: newId(), body: bodyOf('term', span, concept.labels, clock)}]});
    this.words.value = '';
    this.chosen = null;
    document.getSelection()?.removeAllRanges();
    this.draw();
  }

  /** @param {Term} term @param {boolean} canWrite */
  #termRow({id, mark, span}, canWrite) {
    const {report, rules} = this.parts;
    const isStale = span.digest !== report.digest;
    const words = isStale ? t('words that were replaced') : cut(report.text, {start: span.start ?? 0, end: span.end ?? 0});
    const choice = el(
      'select',
      {attrs: {'aria-label': t('State of {words}', {words}), disabled: !canWrite || isStale}},
      ...polarities().map(([value, text]) => el('option', {text, attrs: {value}})),
    );
    choice.value = span.polarity;
    choice.addEventListener('change', () => this.#change(id, {...span, polarity: /** @type {SpanBody['polarity']} */ (choice.value)}));
    return this.#row({id, mark, title: words, detail: nameOf(mark.body, rules), control: choice}, canWrite);
  }

  /** @param {string} id @param {SpanBody} span */
  #change(id, span) {
    const mark = this.parts.store.get(id);
    if (mark) this.parts.store.commit('local', {name: t('Mark words of a report'), marks: [{id, body: {...mark.body, span}}]});
  }

  /** @param {{id: string, mark: Mark, title: string, detail: string, control?: HTMLElement}} parts @param {boolean} canWrite */
  #row({id, mark, title, detail, control}, canWrite) {
    const {store} = this.parts;
    const refused = mark.status.kind === 'refused' || mark.status.kind === 'conflict';
    const problem = refused && el('p', {class: 'panel-problem', text: /** @type {any} */ (mark.status).problem?.message ?? t('Not saved.')});
    const remove = el('button', {
      class: 'button-small',
      text: '×',
      attrs: {type: 'button', 'aria-label': t('Remove {words}', {words: title})},
      on: {click: () => store.commit('local', {name: t('Remove from a report'), marks: [{id, body: null}]})},
    });
    const what = el('span', {class: 'report-what'}, el('strong', {text: title}), ' ', el('span', {class: 'report-code', text: detail}));
    return el('li', {}, what, control ?? null, canWrite && remove, problem);
  }

  /** The entry of the diagnosis that the report confirms (確定診断), and those that were entered. */
  #diagnosisForm() {
    const {rules, systems, store, clock, report} = this.parts;
    const labels = rules.diagnosisLabels.length ? rules.diagnosisLabels : rules.labels;
    const concept = new ConceptChoice({rules, systems, labels});
    const {basis_methods: allowed} = rules.campaign.diagnosis;
    const method = options(t('Method'), [...basisMethods()].filter(([code]) => !allowed?.length || allowed.includes(code)));
    const status = options(t('Status'), [...basisStatuses()]);
    // What confirms a diagnosis is seldom the image that it was made on.
    method.value = [...method.options].find(({value}) => value !== 'image-only')?.value ?? method.value;
    const list = el('ul', {class: 'report-terms'});
    const enter = el('button', {text: t('Enter the confirmed diagnosis'), attrs: {type: 'button'}});
    enter.addEventListener('click', () => {
      const said = concept.value();
      if (!said) return;
      const span = {report_id: report.id, digest: report.digest, start: null, end: null, polarity: /** @type {const} */ ('positive'), coding: said.coding};
      const body = {...bodyOf('report', span, said.labels, clock), basis: [{method: method.value, status: status.value}]};
      store.commit('local', {name: t('Enter the confirmed diagnosis'), marks: [{id: newId(), body}]});
    });
    const form = el('div', {class: 'report-making'}, concept.element, el('div', {class: 'basis-row'}, method, status), enter);
    const element = el('div', {class: 'report-diagnosis'}, el('h4', {text: t('Confirmed diagnosis')}), list, form);
    /** @param {boolean} canWrite */
    const draw = (canWrite) => {
      form.hidden = !canWrite;
      const rows = this.#own('report').map((mark) => {
        const [basis] = mark.body.basis;
        const detail = `${basisMethods().get(basis?.method ?? '') ?? ''} · ${basisStatuses().get(basis?.status ?? '') ?? ''}`;
        return this.#row({id: mark.id, mark, title: nameOf(mark.body, rules), detail}, canWrite);
      });
      replaceChildren(list, ...rows);
      element.hidden = !canWrite && rows.length === 0;
    };
    return {element, draw};
  }
}

/** @param {'term' | 'report'} granularity @param {SpanBody} span @param {string[]} labels @param {ActivityClock} clock @returns {Body} */
function bodyOf(granularity, span, labels, clock) {
  const activeSeconds = clock.take(CLOCK);
  clock.begin(CLOCK);
  return {...newBody({granularity, geometry: null, frame: null, labels, activeSeconds}), span};
}

/** @param {Report} report */
function heading({kind, issued_on: issued}) {
  return [kinds()[kind] ?? kind, issued].filter(Boolean).join(' · ');
}

/** @param {SpanBody['polarity'] | undefined} polarity */
function wordOf(polarity) {
  return polarities().find(([value]) => value === polarity)?.[1] ?? '';
}

/** @param {string} label @param {[string, string][]} entries */
function options(label, entries) {
  return el('select', {attrs: {'aria-label': label}}, ...entries.map(([value, text]) => el('option', {text, attrs: {value}})));
}
