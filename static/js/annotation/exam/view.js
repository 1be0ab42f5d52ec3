/** Findings of the whole examination: those of this read, which can be changed here, and those stated at its other images. */

import {el, replaceChildren} from '../../lib/dom.js';
import {pickText, t} from '../../lib/i18n.js';
import {newBody} from '../commands/marks.js';
import {newId} from '../ids.js';
import {FindingCard} from './card.js';
import {nameOf, sayCitation} from './cites.js';

/** @import {ActivityClock} from '../activity.js' */
/** @import {MarkingRules} from '../marking_rules.js' */
/** @import {Store} from '../store.js' */
/** @import {Annotation, Citation} from '../types.js' */
/** @import {Workspace} from '../workspace.js' */
/** @import {ExamImage} from './cites.js' */

/** @typedef {{image_id: string, read_url: string, annotation: Annotation}} ElsewhereFinding */
/**
 * @typedef {object} ExamParts
 * @property {Store} store
 * @property {Workspace} workspace
 * @property {MarkingRules} rules
 * @property {ActivityClock} clock
 * @property {string} imageId
 * @property {Map<string, ExamImage>} images
 * @property {ElsewhereFinding[]} findings
 * @property {() => Citation} here what is on screen, and the one mark that is selected
 * @property {(cited: Citation) => void} show brings a place of this image into view
 * @property {(cited: Citation) => {labels: string[]} | null} markOf
 */

const CLOCK = 'exam';

export class ExamView {
  /** @param {ExamParts} parts */
  constructor(parts) {
    this.parts = parts;
    /** @type {Map<string, FindingCard>} */
    this.cards = new Map();
    const {rules, store, workspace} = parts;
    const labels = rules.labels.map((label) => el('option', {text: pickText(label.display) || label.code, attrs: {value: label.code}}));
    this.label = el('select', {attrs: {'aria-label': t('Finding')}}, el('option', {text: t('Choose a finding…'), attrs: {value: ''}}), ...labels);
    this.label.addEventListener('focus', () => parts.clock.begin(CLOCK));
    const add = el('button', {text: t('State the finding'), attrs: {type: 'button'}, on: {click: () => this.#state()}});
    this.making = el('div', {class: 'exam-new'}, this.label, add);
    this.list = el('ul', {class: 'exam-findings'});
    const others = parts.findings.map((finding) => this.#elsewhere(finding));
    this.others = others.length > 0 && el('div', {}, el('h3', {text: t('Stated at other images')}), el('ul', {class: 'exam-findings'}, ...others));
    this.element = el('div', {class: 'exam'}, this.making, this.list, this.others);
    store.observe(() => this.draw());
    workspace.observe((changed) => {
      if (changed.has('canWrite')) this.draw();
    });
    this.draw();
  }

  /** @returns {number} how many findings there are, those of other images too */
  get count() {
    return this.cards.size + this.parts.findings.length;
  }

  draw() {
    const {store, workspace} = this.parts;
    this.making.hidden = !workspace.state.canWrite;
    const ids = [...store.marks.values()].filter(({body}) => body.cites).map(({id}) => id);
    for (const id of this.cards.keys()) if (!ids.includes(id)) this.cards.delete(id);
    for (const id of ids) if (!this.cards.has(id)) this.cards.set(id, new FindingCard(this.parts, id));
    const cards = ids.map((id) => /** @type {FindingCard} */ (this.cards.get(id)));
    // Only where the list changed: moving a card would take the focus out of its fields.
    if (cards.length !== this.list.children.length || cards.some(({element}, at) => this.list.children[at] !== element)) {
      replaceChildren(this.list, ...cards.map(({element}) => element));
    }
    for (const card of cards) card.draw();
  }

  #state() {
    const {store, clock, here} = this.parts;
    this.label.setAttribute('aria-invalid', String(!this.label.value));
    if (!this.label.value) return this.label.focus();
    const id = newId();
    const activeSeconds = clock.take(CLOCK);
    const body = {...newBody({granularity: 'exam', geometry: null, frame: null, labels: [this.label.value], activeSeconds}), cites: [here()]};
    store.commit('local', {name: t('State a finding of the examination'), marks: [{id, body}]});
    this.label.value = '';
    this.cards.get(id)?.open();
  }

  /** @param {ElsewhereFinding} finding */
  #elsewhere({image_id: imageId, read_url: url, annotation}) {
    const {images, rules, markOf} = this.parts;
    const cites = (annotation.cites ?? []).map((cited) => {
      const words = sayCitation(cited, {image: images.get(cited.image_id), mark: markOf(cited), rules});
      return el('li', {class: cited.image_id === this.parts.imageId ? 'is-here' : '', text: words});
    });
    const at = el('a', {class: 'exam-link', text: t('stated at {name}', {name: images.get(imageId)?.name ?? t('another image')}), attrs: {href: url}});
    return el(
      'li',
      {class: 'exam-finding'},
      el('div', {class: 'exam-head'}, el('strong', {class: 'exam-title', text: nameOf(annotation.labels, rules)}), at),
      annotation.text ? el('p', {class: 'exam-remark', text: annotation.text}) : null,
      el('ul', {class: 'exam-cites'}, ...cites),
    );
  }
}
