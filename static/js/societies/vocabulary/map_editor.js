/** The editor of a label map: each label of the source set on the left, what it becomes on the right. */

import {el, replaceChildren} from '../../lib/dom.js';
import {pickText, t, tn} from '../../lib/i18n.js';
import {table} from '../campaign_parts.js';
import {button, choice, escaped, field, showProblems, textInput} from './fields.js';
import {kindsOf, withoutTarget, withTarget} from './map_model.js';

/** @import {Draft} from './draft.js' */

const UNDECIDED = '';
const DROP = '\u0000drop';

export class MapEditor {
  /** @param {HTMLElement} place @param {Draft} draft @param {any[]} sets published label sets with their labels */
  constructor(place, draft, sets) {
    this.draft = draft;
    this.sets = sets;
    this.place = place;
    this.head = el('div', {});
    this.said = el('p', {class: 'map-said', attrs: {'aria-live': 'polite'}});
    this.rows = el('div', {class: 'table-wrap map-table', data: {pointer: '/rules'}});
    replaceChildren(place, this.head, this.said, this.rows);
    this.onlyOpen = false;
    this.draw();
  }

  /** Draws everything anew. */
  draw() {
    const {name} = this.draft.content;
    const input = (/** @type {'ja' | 'en'} */ language) =>
      textInput(name[language], (value) => this.draft.edit((content) => void (content.name[language] = value)), {maxlength: 200, lang: language});
    const words = [{code: UNDECIDED, name: '–'}, ...this.sets.map((set) => ({code: `${set.id}@${set.version}`, name: `${pickText(set.name)} ${set.version}`}))];
    const end = (/** @type {'source' | 'target'} */ side, /** @type {string} */ label) => {
      const named = this.draft.content[side];
      const select = choice(words, named.id ? `${named.id}@${named.version}` : UNDECIDED, (value) => {
        const [id, version = ''] = value.split('@');
        this.draft.edit((content) => void (content[side] = {id, version}));
        this.#drawRows();
      });
      return field(label, select, {pointer: `/${side}`});
    };
    replaceChildren(
      this.head,
      el('div', {data: {pointer: '/name'}}, el('div', {class: 'field-pair'}, field(t('Name in Japanese'), input('ja')), field(t('Name in English'), input('en'))), el('p', {class: 'field-error field-after', attrs: {hidden: true}})),
      el('div', {class: 'field-pair'}, end('source', t('From')), end('target', t('To'))),
    );
    this.#drawRows();
  }

  /** Says what is wrong at its label. */
  showProblems() {
    showProblems(this.place, this.draft.server.problems);
  }

  /** @param {'source' | 'target'} side @returns {any[]} */
  #labels(side) {
    const {id, version} = this.draft.content[side];
    return this.sets.find((set) => set.id === id && set.version === version)?.labels ?? [];
  }

  #drawRows() {
    const sources = this.#labels('source');
    const targets = this.#labels('target');
    const rules = this.draft.content.rules;
    const strays = Object.keys(rules).filter((code) => !sources.some((label) => label.code === code));
    const kinds = kindsOf(rules, sources.map((label) => label.code));
    const open = sources.filter((label) => kinds[label.code] === 'unmapped');
    this.#say(sources, open, kinds);
    const shown = this.onlyOpen ? open : sources;
    const all = [...shown, ...strays.map((code) => ({code, display: {}, colour: '#808080', stray: true}))];
    const rows = all.map((label) => this.#row(label, targets, kinds[label.code] ?? 'unmapped'));
    replaceChildren(this.rows, sources.length && targets.length ? table([t('Label'), t('Becomes'), t('What happens')], rows) : el('p', {class: 'muted', text: t('Choose the set that the map leads from and the one that it leads to.')}));
    this.showProblems();
  }

  /** @param {any[]} sources @param {any[]} open @param {Record<string, string>} kinds */
  #say(sources, open, kinds) {
    if (!sources.length) {
      replaceChildren(this.said);
      return;
    }
    const filter = button(this.onlyOpen ? t('Show all') : t('Show only these'), () => {
      this.onlyOpen = !this.onlyOpen;
      this.#drawRows();
    }, {class: 'button-small'});
    const dropped = Object.values(kinds).filter((kind) => kind === 'drop').length;
    const gone = tn('{count} is dropped.', '{count} are dropped.', dropped);
    const text = open.length
      ? tn('{count} label is not decided yet: an export refuses marks that have it, or leaves them out and says so.', '{count} labels are not decided yet: an export refuses marks that have one, or leaves them out and says so.', open.length)
      : t('Every label is decided.');
    replaceChildren(this.said, el('span', {class: open.length ? 'badge badge-warn' : 'badge badge-ok', text: `${sources.length - open.length} / ${sources.length}`}), ` ${text} `, dropped ? `${gone} ` : '', open.length ? filter : null);
  }

  /** @param {any} label @param {any[]} targets @param {string} kind */
  #row(label, targets, kind) {
    const rule = this.draft.content.rules[label.code];
    const pointer = `/rules/${escaped(label.code)}`;
    const set = (/** @type {any} */ next) => {
      this.draft.edit((content) => {
        if (next) content.rules[label.code] = next;
        else delete content.rules[label.code];
      });
      this.#drawRows();
      /** @type {HTMLElement | null} */ (this.rows.querySelector(`tr[data-code="${CSS.escape(label.code)}"] select`))?.focus();
    };
    const what = {same: t('stays'), rename: t('renamed'), merge: t('merged'), split: t('split'), drop: t('dropped'), unmapped: t('not decided')};
    const badge = kind === 'unmapped' ? 'badge badge-warn' : kind === 'drop' ? 'badge badge-danger' : kind === 'split' ? 'badge badge-accent' : 'badge';
    return el(
      'tr',
      {data: {code: label.code}},
      el('th', {attrs: {scope: 'row'}}, swatch(label.colour), ` ${pickText(label.display) || label.code} `, el('div', {class: 'muted small', text: label.stray ? t('{code}: not in this set', {code: label.code}) : label.code})),
      el('td', {data: {pointer}}, ...this.#becomes(label, rule, targets, set), el('p', {class: 'field-error', attrs: {hidden: true}})),
      el('td', {}, el('span', {class: badge, text: what[/** @type {'same'} */ (kind)]})),
    );
  }

  /** @param {any} label @param {any} rule @param {any[]} targets @param {(rule: any) => void} set */
  #becomes(label, rule, targets, set) {
    const words = targets.map((target) => ({code: target.code, name: pickText(target.display) || target.code}));
    const nameOf = (/** @type {string} */ code) => words.find((word) => word.code === code)?.name ?? code;
    if (rule?.to.length > 1) {
      const radios = rule.to.map((/** @type {string} */ code) =>
        el(
          'div',
          {class: 'row split-row'},
          el('label', {class: 'choice'}, el('input', {attrs: {type: 'radio', name: `split-${label.code}`, checked: rule.chosen === code}, on: {change: () => set({...rule, chosen: code})}}), nameOf(code)),
          button('×', () => set(withoutTarget(rule, code)), {class: 'button-small button-quiet', label: t('Take out {name}', {name: nameOf(code)})}),
        ),
      );
      return [el('fieldset', {class: 'split'}, el('legend', {class: 'muted small', text: t('It was both; marks get')}), ...radios), this.#another(label, rule, words, set)].filter((each) => each !== null);
    }
    const value = rule === undefined ? UNDECIDED : rule.to.length === 0 ? DROP : rule.to[0];
    const select = choice([{code: UNDECIDED, name: t('(not decided)')}, {code: DROP, name: t('(dropped)')}, ...words], value, (chosen) => set(chosen === UNDECIDED ? undefined : chosen === DROP ? {to: []} : {to: [chosen]}), {
      'aria-label': t('{name} becomes', {name: pickText(label.display) || label.code}),
    });
    return [select, rule?.to.length === 1 ? this.#another(label, rule, words, set) : null].filter((each) => each !== null);
  }

  /** @param {any} label @param {any} rule @param {{code: string, name: string}[]} words @param {(rule: any) => void} set */
  #another(label, rule, words, set) {
    const rest = words.filter((word) => !rule.to.includes(word.code));
    if (!rest.length) return null;
    const select = () =>
      choice([{code: '', name: t('split: or also …')}, ...rest], '', (code) => set(withTarget(rule, code)), {
        class: 'split-more',
        'aria-label': t('{name} may also become', {name: pickText(label.display) || label.code}),
      });
    if (rule.to.length > 1) return select();
    const open = button(t('Split …'), () => {
      const more = select();
      open.replaceWith(more);
      more.focus();
    }, {class: 'button-small button-quiet split-open', label: pickText(label.display) || label.code});
    return open;
  }
}

/** @param {string} colour */
function swatch(colour) {
  const dot = el('span', {class: 'tree-swatch', attrs: {'aria-hidden': 'true'}});
  dot.style.setProperty('--swatch', colour);
  return dot;
}
