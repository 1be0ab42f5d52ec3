/** Which label of the campaign each class of a file becomes. */

import {el, svg} from '../../lib/dom.js';
import {pickText, t, tn} from '../../lib/i18n.js';

/** @import {CampaignLabel, FileLabel, Import} from './types.js' */

/** Value of the choice that is no label; codes of labels hold no blanks at their beginning. */
/** Kind of what bears a code of its own and needs no label. */
const CODED = 'coded';
const LEFT_OUT = ' ';
const GREY = '#5a6466';

export class LabelTable {
  /**
   * @param {CampaignLabel[]} labels of the campaign
   * @param {Import} detail
   * @param {() => void} onChange
   */
  constructor(labels, detail, onChange) {
    this.labels = labels;
    this.detail = detail;
    this.onChange = onChange;
    /** Draws the picture anew. @type {() => void} */
    this.onColour = () => {};
    /** @type {Map<string, HTMLSelectElement>} */
    this.selects = new Map();
    const heads = [t('In the file'), t('Marks'), t('Label here')];
    const head = el('tr', {}, ...heads.map((text, at) => el('th', {text, class: at === 1 ? 'number' : '', attrs: {scope: 'col'}})));
    const rows = detail.labels.map((row) => this.#row(row));
    const table = el('table', {class: 'import-labels'}, el('thead', {}, head), el('tbody', {}, ...rows));
    this.element = rows.length > 0
      ? el('section', {}, el('h3', {text: t('Classes and labels')}), el('div', {class: 'table-wrap'}, table))
      : el('p', {class: 'muted', text: t('The file holds nothing that can become a mark.')});
  }

  /** The label of each class; null is left out. @returns {Record<string, string | null>} */
  get chosen() {
    return Object.fromEntries([...this.selects].map(([key, {value}]) => [key, value === LEFT_OUT ? null : value]));
  }

  /** Whether something is chosen for each class. */
  get isComplete() {
    return (this.selects.size > 0 || this.detail.groups.some(({kind}) => kind === CODED)) && [...this.selects.values()].every(({value}) => value !== '');
  }

  /** How many marks would be imported. */
  get mapped() {
    let sum = 0;
    for (const {label, kind, count} of this.detail.groups) if (kind === CODED || this.#labelOf(label)?.kinds.includes(kind)) sum += count;
    return sum;
  }

  /** Puts the focus on the first class for which nothing is chosen. */
  focusOpen() {
    [...this.selects.values()].find(({value}) => value === '')?.focus();
  }

  /** The colour that a class is drawn in: its label's, or the one in the file. @param {string} key @returns {string} */
  colourOf(key) {
    return this.#labelOf(key)?.colour ?? (this.detail.labels.find((row) => row.key === key)?.colour || GREY);
  }

  /** @param {string} key @returns {CampaignLabel | undefined} */
  #labelOf(key) {
    const code = this.selects.get(key)?.value;
    return this.labels.find((label) => label.code === code);
  }

  /** @param {FileLabel} row @returns {HTMLElement} */
  #row(row) {
    const name = row.text || row.code || t('without a class');
    const options = [
      el('option', {text: t('choose …'), attrs: {value: ''}}),
      el('option', {text: t('leave out'), attrs: {value: LEFT_OUT}}),
      ...this.labels.map((label) => el('option', {text: pickText(label.display) || label.code, attrs: {value: label.code}})),
    ];
    const select = el('select', {attrs: {'aria-label': t('Label for {name}', {name})}}, ...options);
    const isKnown = this.labels.some(({code}) => code === row.proposed);
    select.value = isKnown ? /** @type {string} */ (row.proposed) : row.why === 'remembered' || row.why === 'chosen' ? LEFT_OUT : '';
    this.selects.set(row.key, select);
    const note = el('span', {class: 'small'});
    const draw = () => this.#drawNote(row, note);
    select.addEventListener('change', () => {
      draw();
      this.onColour();
      this.onChange();
    });
    draw();
    const swatch = svg('svg', {class: 'import-swatch', viewBox: '0 0 14 14', 'aria-hidden': 'true'}, svg('rect', {width: 14, height: 14, rx: 3, fill: row.colour || GREY}));
    const coded = row.code && row.text && row.code !== row.text ? el('span', {class: 'muted small', text: ` ${row.code}`}) : null;
    return el(
      'tr',
      {},
      el('th', {attrs: {scope: 'row'}}, swatch, name, coded),
      el('td', {class: 'number', text: row.count.toLocaleString()}),
      el('td', {}, select, ' ', note),
    );
  }

  /** Says why a label is proposed, and which marks do not go with the one that is chosen. @param {FileLabel} row @param {HTMLElement} note */
  #drawNote(row, note) {
    const label = this.#labelOf(row.key);
    const misfits = this.detail.groups.filter((group) => group.label === row.key && label && !label.kinds.includes(group.kind));
    const count = misfits.reduce((sum, group) => sum + group.count, 0);
    note.classList.toggle('import-warn', count > 0);
    note.classList.toggle('muted', count === 0);
    if (count > 0) note.textContent = tn('{number} does not go with this label', '{number} do not go with this label', count, {number: count.toLocaleString()});
    else note.textContent = label?.code === row.proposed ? reason(row.why) : '';
  }
}

/** @param {string} why @returns {string} */
function reason(why) {
  /** @type {Record<string, string>} */
  const reasons = {remembered: t('as chosen before'), code: t('same code'), name: t('same name')};
  return reasons[why] ?? '';
}
