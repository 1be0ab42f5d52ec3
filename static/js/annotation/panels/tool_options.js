/** What can be set of the tool in hand, on the line below the image. */

import {el, replaceChildren} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';

/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {BoxRule} from '../tools/box/rule.js' */
/** @import {Workspace} from '../workspace.js' */

/** From this pixel spacing on sizes are in mm: what is smaller is seen through a microscope. */
const MM_FROM_UM = 20;

export class ToolOptions {
  /** @param {{element: HTMLElement, viewer: Viewer, workspace: Workspace}} parts element: an empty one */
  constructor({element, viewer, workspace}) {
    this.element = element;
    this.spacing = viewer.manifest.spacing;
    this.workspace = workspace;
    workspace.observe((changed) => {
      if (changed.has('tool') || changed.has('canWrite') || (changed.has('boxRule') && !this.#isInUse())) this.#draw();
    });
    this.#draw();
  }

  /** @returns {boolean} whether somebody writes into a field, which must not go away meanwhile */
  #isInUse() {
    return this.element.contains(document.activeElement) && document.activeElement instanceof HTMLInputElement;
  }

  #draw() {
    const {tool, canWrite} = this.workspace.state;
    const parts = canWrite && tool === 'box' ? this.#box() : [];
    this.element.hidden = parts.length === 0;
    replaceChildren(this.element, ...parts);
  }

  /** @param {Partial<BoxRule>} change */
  #hold(change) {
    this.workspace.set({boxRule: {...this.workspace.state.boxRule, ...change}});
  }

  /** @returns {HTMLElement[]} */
  #box() {
    const {kind, ratio, um, px} = this.workspace.state.boxRule;
    /** @type {{kind: BoxRule['kind'], text: string}[]} */
    const kinds = [
      {kind: 'free', text: t('Any size')},
      {kind: 'ratio', text: t('Fixed ratio')},
      {kind: 'size', text: t('Fixed size')},
    ];
    const choice = el(
      'select',
      {attrs: {'aria-label': t('Boxes are of')}, on: {change: () => this.#hold({kind: /** @type {BoxRule['kind']} */ (choice.value)})}},
      ...kinds.map((one) => el('option', {text: one.text, attrs: {value: one.kind, selected: one.kind === kind}})),
    );
    if (kind === 'free') return [choice];
    if (kind === 'ratio') return [choice, ...this.#pair(ratio, 1, ':', (pair) => this.#hold({ratio: pair}))];
    if (!this.spacing) return [choice, ...this.#pair(px, 1, '×', (pair) => this.#hold({px: pair})), el('span', {text: 'px'})];
    const [unit, per] = this.spacing.x_um >= MM_FROM_UM ? ['mm', 1000] : ['µm', 1];
    return [choice, ...this.#pair(um, per, '×', (pair) => this.#hold({um: pair})), el('span', {text: unit})];
  }

  /**
   * @param {[number, number]} values @param {number} per of the values in one of the unit shown
   * @param {string} sign between the two @param {(pair: [number, number]) => void} take
   * @returns {HTMLElement[]}
   */
  #pair(values, per, sign, take) {
    const names = [t('Width'), t('Height')];
    const fields = values.map((value, i) =>
      el('input', {
        attrs: {type: 'number', min: 0, step: 'any', 'aria-label': names[i], value: Number((value / per).toPrecision(6))},
        on: {
          keydown: (event) => event.key === 'Enter' && event.target.blur(),
          change: () => {
            const [width, height] = fields.map((field) => Number(field.value) * per);
            if (width > 0 && height > 0) take([width, height]);
          },
        },
      }),
    );
    return [fields[0], el('span', {text: sign}), fields[1]];
  }
}
