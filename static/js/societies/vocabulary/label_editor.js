/** The editor of a label set: its tree on the left, the chosen label on the right. All of it works with the keyboard. */

import {el, replaceChildren} from '../../lib/dom.js';
import {pickText, t} from '../../lib/i18n.js';
import {CodeSearch} from '../code_search.js';
import {boxes, button, choice, field, showProblems, textInput} from './fields.js';
import {add, freeCode, indent, move, moveBefore, outdent, recode, remove, rowsOf} from './tree_model.js';

/** @import {Draft} from './draft.js' */

const COLOURS = ['#ffd400', '#35c46a', '#3fb8ff', '#ff7a1a', '#c58cff', '#ff3b5c', '#18d6a3', '#f2f2f2', '#b9a26a', '#8fb1ff'];

export class LabelEditor {
  /** @param {HTMLElement} place @param {Draft} draft @param {any} words roles, granularities, mappings */
  constructor(place, draft, words) {
    this.draft = draft;
    this.words = words;
    /** @type {string | null} */
    this.chosen = draft.content.labels[0]?.code ?? null;
    this.names = el('div', {class: 'field-pair'});
    this.tree = el('div', {class: 'label-tree', attrs: {role: 'tree', 'aria-label': t('Labels')}, on: {keydown: (event) => this.#onKey(event)}});
    this.tools = el('div', {class: 'row label-tools'});
    this.fields = el('div', {class: 'label-fields'});
    const left = el('div', {class: 'label-side'}, this.tools, this.tree, el('p', {class: 'help', text: t('Arrow keys choose. With Alt they move: up, down, right below the one above, left out again.')}));
    replaceChildren(place, el('div', {data: {pointer: '/name'}}, this.names, el('p', {class: 'field-error field-after', attrs: {hidden: true}})), el('div', {class: 'label-editor'}, left, this.fields));
    this.place = place;
    this.draw();
  }

  /** Draws everything anew: at first, and when somebody else's changes came in. */
  draw() {
    const {name} = this.draft.content;
    const input = (/** @type {'ja' | 'en'} */ language) =>
      textInput(name[language], (value) => this.draft.edit((content) => void (content.name[language] = value)), {maxlength: 200, lang: language});
    replaceChildren(this.names, field(t('Name in Japanese'), input('ja')), field(t('Name in English'), input('en')));
    if (!this.#label()) this.chosen = this.labels[0]?.code ?? null;
    this.#drawTree();
    this.#drawFields();
  }

  /** Says what is wrong at its label and at its field. */
  showProblems() {
    const {problems} = this.draft.server;
    for (const row of /** @type {NodeListOf<HTMLElement>} */ (this.tree.querySelectorAll('[role=treeitem]'))) {
      const index = this.labels.findIndex((label) => label.code === row.dataset.code);
      const wrong = problems.some((problem) => problem.pointer.startsWith(`/labels/${index}/`));
      row.classList.toggle('is-wrong', wrong);
      const mark = /** @type {HTMLElement} */ (row.querySelector('.tree-problem'));
      mark.hidden = !wrong;
    }
    showProblems(this.place, problems);
  }

  /** @returns {any[]} */
  get labels() {
    return this.draft.content.labels;
  }

  #label() {
    return this.labels.find((label) => label.code === this.chosen);
  }

  /** @param {(labels: any[]) => any[]} change @param {string | null} [chosen] */
  #edit(change, chosen = this.chosen) {
    const before = this.chosen;
    this.draft.edit((content) => ({...content, labels: change(content.labels)}));
    this.chosen = chosen;
    this.#drawTree();
    if (chosen !== before) this.#drawFields();
  }

  /** @param {string} code @param {{focus?: boolean}} [options] */
  #choose(code, {focus = false} = {}) {
    this.chosen = code;
    this.#drawTree();
    this.#drawFields();
    if (focus) this.#focus();
  }

  #focus() {
    /** @type {HTMLElement | null} */ (this.tree.querySelector('[aria-selected=true]'))?.focus();
  }

  #drawTree() {
    const hadFocus = this.tree.contains(document.activeElement);
    replaceChildren(this.tree, ...rowsOf(this.labels).map(({label, depth}) => this.#row(label, depth)));
    if (!this.labels.length) replaceChildren(this.tree, el('p', {class: 'muted', text: t('There is no label yet.')}));
    const none = !this.#label();
    const act = (/** @type {(labels: any[], code: string) => any[]} */ change) => () => {
      this.#edit((labels) => change(labels, this.chosen ?? ''));
      this.#drawFields(); // what is wrong is said by the place in the list
    };
    this.moves = {up: act((labels, code) => move(labels, code, -1)), down: act((labels, code) => move(labels, code, 1)), in: act(indent), out: act(outdent)};
    this.none = none;
    this.#drawTools();
    if (hadFocus) this.#focus();
    this.showProblems();
  }

  #drawTools() {
    const held = this.tools.contains(document.activeElement) ? [...this.tools.children].indexOf(/** @type {Element} */ (document.activeElement)) : -1;
    const disabled = this.none ?? true;
    const moves = this.moves ?? {up: () => {}, down: () => {}, in: () => {}, out: () => {}};
    const small = 'button-small';
    replaceChildren(
      this.tools,
      button(t('Add a label'), () => this.#add(), {class: small}),
      button('↑', moves.up, {class: small, label: t('Move up'), disabled, keys: 'Alt+ArrowUp'}),
      button('↓', moves.down, {class: small, label: t('Move down'), disabled, keys: 'Alt+ArrowDown'}),
      button('→', moves.in, {class: small, label: t('Put below the one above'), disabled, keys: 'Alt+ArrowRight'}),
      button('←', moves.out, {class: small, label: t('Take out of its parent'), disabled, keys: 'Alt+ArrowLeft'}),
      button('×', () => this.#remove(), {class: small, label: t('Remove'), disabled, keys: 'Delete'}),
    );
    if (held >= 0) /** @type {HTMLElement} */ (this.tools.children[held])?.focus();
  }

  /** @param {any} label @param {number} depth */
  #row(label, depth) {
    const isChosen = label.code === this.chosen;
    const swatch = el('span', {class: 'tree-swatch', attrs: {'aria-hidden': 'true'}});
    swatch.style.setProperty('--swatch', /^#[0-9a-f]{6}$/.test(label.colour) ? label.colour : '#808080');
    const row = el(
      'div',
      {
        class: 'tree-row',
        attrs: {role: 'treeitem', 'aria-level': depth, 'aria-selected': String(isChosen), tabindex: isChosen ? 0 : -1, draggable: 'true'},
        data: {code: label.code, depth: String(Math.min(depth, 6))},
        on: {
          click: () => this.#choose(label.code, {focus: true}),
          dragstart: (event) => event.dataTransfer.setData('text/plain', label.code),
          dragover: (event) => event.preventDefault(),
          drop: (event) => this.#drop(event, label.code),
        },
      },
      swatch,
      el('span', {class: 'tree-name', text: pickText(label.display) || label.code}),
      el('span', {class: 'tree-problem', text: '!', attrs: {hidden: true, role: 'img', 'aria-label': t('Something is wrong here')}}),
      label.key ? el('kbd', {text: label.key}) : null,
    );
    return row;
  }

  /** @param {DragEvent} event @param {string} target */
  #drop(event, target) {
    event.preventDefault();
    const code = event.dataTransfer?.getData('text/plain') ?? '';
    if (this.labels.some((label) => label.code === code)) this.#edit((labels) => moveBefore(labels, code, target));
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const rows = rowsOf(this.labels).map((row) => row.label.code);
    const at = rows.indexOf(this.chosen ?? '');
    const moves = /** @type {Record<string, () => void>} */ ({ArrowUp: this.moves?.up, ArrowDown: this.moves?.down, ArrowRight: this.moves?.in, ArrowLeft: this.moves?.out});
    const steps = /** @type {Record<string, number>} */ ({ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: rows.length - 1});
    if (event.altKey && moves[event.key]) moves[event.key]();
    else if (!event.altKey && event.key in steps && rows[steps[event.key]] !== undefined) this.#choose(rows[steps[event.key]], {focus: true});
    else if (event.key === 'Delete') this.#remove();
    else return;
    event.preventDefault();
  }

  #add() {
    const code = freeCode(this.labels);
    const above = this.#label();
    const label = {
      code,
      role: above?.role ?? 'finding',
      display: {ja: '', en: ''},
      colour: COLOURS[this.labels.length % COLOURS.length],
      key: '',
      parent: null,
      granularities: [...(above?.granularities ?? [])],
      codings: [],
    };
    this.#edit((labels) => add(labels, this.chosen, label), code);
    /** @type {HTMLElement | null} */ (this.fields.querySelector('input'))?.focus();
  }

  #remove() {
    if (!this.chosen) return;
    const rows = rowsOf(this.labels).map((row) => row.label.code);
    const at = rows.indexOf(this.chosen);
    this.#edit((labels) => remove(labels, this.chosen ?? ''), rows[at + 1] ?? rows[at - 1] ?? null);
    this.#focus();
  }

  /** @param {Record<string, unknown>} values of the chosen label */
  #change(values) {
    this.#edit((labels) => labels.map((label) => (label.code === this.chosen ? {...label, ...values} : label)));
  }

  #drawFields() {
    const label = this.#label();
    if (!label) {
      replaceChildren(this.fields, el('p', {class: 'muted', text: t('Add a label, or choose one.')}));
      return;
    }
    const at = `/labels/${this.labels.indexOf(label)}`;
    const shown = (/** @type {'ja' | 'en'} */ language) =>
      textInput(label.display[language], (value) => this.#change({display: {...this.#label().display, [language]: value}}), {maxlength: 200, lang: language});
    const named = el('div', {data: {pointer: `${at}/display`}}, el('div', {class: 'field-pair'}, field(t('Name in Japanese'), shown('ja')), field(t('Name in English'), shown('en'))), el('p', {class: 'field-error field-after', attrs: {hidden: true}}));
    const role = choice(this.words.role, label.role, (value) => this.#change({role: value}));
    const key = textInput(label.key, (value) => this.#change({key: value}), {maxlength: 1, class: 'short-input'});
    replaceChildren(
      this.fields,
      named,
      el('div', {class: 'field-pair'}, this.#code(label, at), field(t('Role'), role, {pointer: `${at}/role`})),
      el('div', {class: 'field-pair'}, this.#colour(label, at), field(t('Key'), key, {pointer: `${at}/key`, help: t('A digit that chooses the label; empty: none.')})),
      boxes(t('Granularities'), this.words.granularity, label.granularities, (granularities) => this.#change({granularities}), {pointer: `${at}/granularities`, help: t('What readers may mark with it; none ticked: everything that the campaign asks for.')}),
      this.#codings(label, at),
    );
    this.showProblems();
  }

  /** @param {any} label @param {string} at */
  #code(label, at) {
    const input = el('input', {attrs: {type: 'text', autocomplete: 'off', value: label.code, maxlength: 64, spellcheck: 'false'}});
    input.addEventListener('change', () => {
      const from = this.chosen ?? '';
      const to = input.value.trim();
      if (!to || (to !== from && this.labels.some((one) => one.code === to))) {
        input.value = from;
        return;
      }
      this.chosen = to;
      this.#edit((labels) => recode(labels, from, to), to);
    });
    return field(t('Code'), input, {pointer: `${at}/code`, help: t('Marks name it. With another code it is another label.')});
  }

  /** @param {any} label @param {string} at */
  #colour(label, at) {
    const change = (/** @type {string} */ value) => {
      this.#change({colour: value.toLowerCase()});
      text.value = value.toLowerCase();
      if (/^#[0-9a-f]{6}$/.test(text.value)) picker.value = text.value;
    };
    const text = textInput(label.colour, change, {maxlength: 7, spellcheck: 'false'});
    const picker = el('input', {attrs: {type: 'color', value: /^#[0-9a-f]{6}$/.test(label.colour) ? label.colour : '#808080', 'aria-label': t('Choose the colour')}});
    picker.addEventListener('input', () => change(picker.value));
    const shown = field(t('Colour'), text, {pointer: `${at}/colour`});
    const pair = el('div', {class: 'colour-pair'}, picker);
    text.before(pair);
    pair.append(text);
    return shown;
  }

  /** @param {any} label @param {string} at */
  #codings(label, at) {
    const rows = label.codings.map((/** @type {any} */ coding, /** @type {number} */ index) => this.#coding(coding, index, `${at}/codings/${index}`));
    const search = new CodeSearch({
      label: t('Find a code to add'),
      onChoose: ({system, code, version, display}) => this.#addCoding({system, code, ...(version ? {version} : {}), display, mapping: 'exact'}),
    });
    const typed = button(t('Type a code'), () => this.#addCoding({system: '', code: '', mapping: 'exact'}), {class: 'button-small'});
    return el('section', {class: 'codings', attrs: {'aria-label': t('Codes')}}, el('h3', {text: t('Codes')}), ...rows, search.element, el('p', {}, typed));
  }

  /** @param {any} coding */
  #addCoding(coding) {
    this.#change({codings: [...this.#label().codings, coding]});
    this.#drawFields();
    /** @type {HTMLElement | null} */ (this.fields.querySelector('.code-search input'))?.focus();
  }

  /** @param {any} coding @param {number} index @param {string} at */
  #coding(coding, index, at) {
    const change = (/** @type {Record<string, unknown>} */ values) =>
      this.#change({codings: this.#label().codings.map((/** @type {any} */ one, /** @type {number} */ i) => (i === index ? {...one, ...values} : one))});
    const system = textInput(coding.system, (value) => change({system: value.trim()}), {maxlength: 200, spellcheck: 'false'});
    const code = textInput(coding.code, (value) => change({code: value.trim()}), {maxlength: 200, spellcheck: 'false'});
    const mapping = choice(this.words.mapping, coding.mapping, (value) => change({mapping: value}));
    const gone = button(t('Remove'), () => {
      this.#change({codings: this.#label().codings.filter((/** @type {any} */ _one, /** @type {number} */ i) => i !== index)});
      this.#drawFields();
    }, {class: 'button-small button-quiet', label: coding.code || String(index + 1)});
    const name = pickText(coding.display);
    return el(
      'div',
      {class: 'coding'},
      el('div', {class: 'coding-head'}, el('strong', {text: name || coding.code || t('A code')}), gone),
      el('div', {class: 'coding-fields'}, field(t('System'), system, {pointer: `${at}/system`}), field(t('Code'), code, {pointer: `${at}/code`}), field(t('The code …'), mapping, {pointer: `${at}/mapping`})),
    );
  }
}

