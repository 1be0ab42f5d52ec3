/** The marks as a list in step with the canvas, grouped by frame. */

import {icon} from '../../actions/icons.js';
import {el} from '../../lib/dom.js';
import {pickText, t, tn} from '../../lib/i18n.js';
import {deleteMarks} from '../commands/marks.js';
import {formatSize} from '../format.js';
import {boundsOf} from '../outline.js';
import {firstShape} from '../tracks/keyframes.js';
import {frameToSee} from '../tracks/lens.js';
import {rangeText} from '../tracks/words.js';
import {swatch} from './labels_panel.js';
import {section} from './section.js';
import {VirtualList} from './virtual_list.js';

/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {MarkingRules} from '../marking_rules.js' */
/** @import {Store} from '../store.js' */
/** @import {Geometry, Mark} from '../types.js' */
/** @import {Workspace} from '../workspace.js' */

/** @typedef {{kind: 'frame', frame: number, count: number} | {kind: 'mark', mark: Mark}} Row */

const ROW_PX = 30;
const PADDING_PX = 160;

export class MarksPanel {
  /**
   * @param {object} parts
   * @param {Viewer} parts.viewer
   * @param {Store} parts.store
   * @param {Workspace} parts.workspace
   * @param {MarkingRules} parts.rules
   * @param {(id: string) => void} parts.openProblem shows why a mark is not saved
   */
  constructor({viewer, store, workspace, rules, openProblem}) {
    this.parts = {viewer, store, workspace, rules, openProblem};
    /** @type {VirtualList<Row>} */
    this.list = new VirtualList({
      rowPx: ROW_PX,
      label: t('Marks'),
      keyOf: (row) => (row.kind === 'frame' ? `frame-${row.frame}` : row.mark.id),
      render: (row) => (row.kind === 'frame' ? this.#frameRow(row) : this.#markRow(row.mark)),
    });
    this.empty = el('p', {class: 'panel-empty'});
    this.section = section({id: 'marks-panel', title: t('Marks'), class: 'fills'}, this.empty, this.list.element);
    this.isStale = false;
    store.observe(() => this.#later());
    workspace.observe((changed) => this.#onWorkspace(changed));
    viewer.onChange(({kind}) => {
      if (kind === 'frame' && viewer.frames && viewer.frames.count > 1) this.#later();
    });
    this.#draw();
  }

  get element() {
    return this.section.element;
  }

  /** Many changes at once (two thousand marks loaded) are one drawing. */
  #later() {
    if (this.isStale) return;
    this.isStale = true;
    requestAnimationFrame(() => {
      this.isStale = false;
      this.#draw();
    });
  }

  #draw() {
    const rows = this.#rows();
    const count = rows.filter((row) => row.kind === 'mark').length;
    this.section.note(count > 0 ? String(count) : '');
    this.empty.hidden = count > 0;
    this.empty.textContent = this.parts.workspace.state.canWrite ? t('No marks yet. Choose a label and draw.') : t('No marks.');
    this.list.element.hidden = count === 0;
    this.list.show(rows);
  }

  /** @returns {Row[]} the newest mark first; on stacks under the heading of its frame */
  #rows() {
    const {store, viewer} = this.parts;
    const marks = [...store.marks.values()].filter((mark) => mark.body.geometry !== null).reverse();
    if (!viewer.frames || viewer.frames.count < 2) return marks.map((mark) => ({kind: 'mark', mark}));
    const byFrame = groupByFrame(marks);
    return [...byFrame]
      .sort(([a], [b]) => a - b)
      .flatMap(([frame, group]) => [
        /** @type {Row} */ ({kind: 'frame', frame, count: group.length}),
        ...group.map((mark) => /** @type {Row} */ ({kind: 'mark', mark})),
      ]);
  }

  /** @param {{frame: number, count: number}} row @returns {HTMLElement} */
  #frameRow({frame, count}) {
    const {viewer} = this.parts;
    const isHere = viewer.frame === frame;
    const text = viewer.frames?.nameOf(frame) ?? '';
    const jump = el('button', {
      class: 'frame-jump',
      text,
      attrs: {type: 'button', 'aria-current': isHere ? 'true' : null},
      on: {click: () => void viewer.frames?.setFrame(frame)},
    });
    return el('div', {class: 'list-row is-frame'}, jump, el('span', {class: 'row-size', text: tn('{count} mark', '{count} marks', count)}));
  }

  /** @param {Mark} mark @returns {HTMLElement} */
  #markRow(mark) {
    const {viewer, rules, store, workspace} = this.parts;
    const label = rules.byCode.get(mark.body.labels[0]);
    const name = label ? pickText(label.display) : t('No label');
    const size = rangeText(mark.body.geometry, viewer.frames?.count ?? 1) || formatSize(firstShape(mark.body.geometry), viewer.manifest.spacing);
    const isHidden = workspace.state.hidden.has(mark.id);
    const isSelected = workspace.state.selection.has(mark.id);
    const {title, drawing} = originOf(mark.body);
    const origin = el('span', {class: 'row-origin', attrs: {title}}, icon(drawing, 14));
    const main = el(
      'button',
      {
        class: 'row-main',
        attrs: {type: 'button', 'aria-pressed': String(isSelected)},
        on: {click: (event) => this.#pick(mark, event.shiftKey), dblclick: () => this.#goTo(mark)},
      },
      swatch(label?.colour ?? '#808080'),
      el('span', {class: 'row-name', text: name, attrs: {title: name}}),
      origin,
      el('span', {class: 'row-size', text: size}),
    );
    const row = el('div', {class: `list-row${isSelected ? ' is-selected' : ''}${isHidden ? ' is-hidden' : ''}`}, main);
    if (mark.status.kind === 'refused' || mark.status.kind === 'conflict') row.append(this.#badge(mark));
    if (workspace.state.locked.has(mark.id)) row.append(rowButton('lock', t('Unlock the mark'), () => workspace.unlock(mark.id)));
    row.append(
      rowButton(isHidden ? 'eye-off' : 'eye', isHidden ? t('Show the mark') : t('Hide the mark'), () => workspace.toggleHidden(mark.id)),
    );
    if (workspace.state.canWrite) row.append(rowButton('delete', t('Delete the mark'), () => deleteMarks(store, [mark.id])));
    return row;
  }

  /** @param {Mark} mark @returns {HTMLButtonElement} */
  #badge({id, status}) {
    const text =
      status.kind === 'conflict' ? t('Changed elsewhere: choose a version') : (status.problem?.message ?? t('Refused by the server'));
    const button = rowButton('warning', text, () => this.parts.openProblem(id));
    button.classList.add('is-problem');
    return button;
  }

  /** @param {Mark} mark @param {boolean} add */
  #pick(mark, add) {
    const {workspace, viewer} = this.parts;
    if (add) workspace.toggleSelected(mark.id);
    else workspace.select([mark.id]);
    const frame = frameToSee(mark, viewer.frame);
    if (frame !== null && frame !== viewer.frame) void viewer.frames?.setFrame(frame);
    if (!this.#isInView(mark)) this.#goTo(mark);
  }

  /** @param {Mark} mark @returns {boolean} */
  #isInView(mark) {
    const geometry = this.#shapeOf(mark);
    if (!geometry) return true;
    const [x, y, width, height] = boundsOf(geometry);
    const [left, bottom, right, top] = this.parts.viewer.view.calculateExtent();
    return x + width > left && x < right && y + height > -top && y < -bottom;
  }

  /** @param {Mark} mark @returns {Geometry | null} as it is on this frame, or where it begins */
  #shapeOf({id, body}) {
    return this.parts.store.seen(id)?.body.geometry ?? firstShape(body.geometry);
  }

  /** @param {Mark} mark */
  #goTo(mark) {
    const geometry = this.#shapeOf(mark);
    if (geometry) this.parts.viewer.fitTo(boundsOf(geometry), {padding: PADDING_PX, duration: 200});
  }

  /** @param {Set<string>} changed */
  #onWorkspace(changed) {
    if (changed.has('selection') || changed.has('hidden') || changed.has('locked') || changed.has('canWrite')) this.#later();
    const [id] = this.parts.workspace.state.selection;
    if (changed.has('selection') && id) requestAnimationFrame(() => this.list.reveal(id));
  }
}

/** @param {Mark[]} marks @returns {Map<number, Mark[]>} */
function groupByFrame(marks) {
  /** @type {Map<number, Mark[]>} */
  const groups = new Map();
  for (const mark of marks) {
    const frame = mark.body.frame ?? 0;
    const group = groups.get(frame);
    if (group) group.push(mark);
    else groups.set(frame, [mark]);
  }
  return groups;
}

/** @param {string} name @param {string} label @param {() => void} onClick @returns {HTMLButtonElement} */
export function rowButton(name, label, onClick) {
  return el(
    'button',
    {class: 'row-button', attrs: {type: 'button', 'aria-label': label, title: label}, on: {click: onClick}},
    icon(name, 16),
  );
}

/** @param {Mark['body']} body */
function originOf({origin, cell}) {
  if (cell) return {title: t('Drawn anew from a cell of a layer'), drawing: 'cells'};
  if (origin === 'suggestion') return {title: t('From a suggestion'), drawing: 'suggestion'};
  return origin === 'import' ? {title: t('Imported'), drawing: 'imported'} : {title: t('Drawn'), drawing: 'drawn'};
}
