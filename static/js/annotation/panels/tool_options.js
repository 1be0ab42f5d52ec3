/** What can be set of the tool in hand, on the line below the image. */

import {actionButton} from '../../actions/buttons.js';
import {el, replaceChildren} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {TOLERANCE, asTolerance} from '../tools/wand/tolerance.js';

/** @import {Registry} from '../../actions/registry.js' */
/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {BoxRule} from '../tools/box/rule.js' */
/** @import {ToolName, Workspace} from '../workspace.js' */

/** Draw an outline at one go, which may end where its neighbours begin. */
const OUTLINING = new Set(['polygon', 'freehand', 'ellipse']);
/** From this pixel spacing on sizes are in mm: what is smaller is seen through a microscope. */
const MM_FROM_UM = 20;

export class ToolOptions {
  /** @param {{element: HTMLElement, viewer: Viewer, workspace: Workspace, registry: Registry}} parts element: an empty one */
  constructor({element, viewer, workspace, registry}) {
    this.element = element;
    this.spacing = viewer.manifest.spacing;
    this.workspace = workspace;
    this.size = el('span', {class: 'numbers tool-size'});
    const toggles = ['brush.only-empty', 'brush.push', 'brush.pixels', 'brush.pressure'].filter((id) => registry.actions.has(id));
    this.toggles = toggles.map((id) => actionButton(registry, id, {text: true, showKey: true, class: 'tool-toggle'}));
    this.wipe = actionButton(registry, 'measure.clear', {text: true, showKey: true, class: 'tool-toggle'});
    workspace.observe((changed) => {
      if (changed.has('brushPx') || changed.has('superpixelPx')) this.#showSize();
      if (changed.has('tool') || changed.has('canWrite') || ((changed.has('boxRule') || changed.has('wandTolerance')) && !this.#isInUse())) this.#draw();
    });
    this.#draw();
  }

  /** @returns {boolean} whether somebody writes into a field, which must not go away meanwhile */
  #isInUse() {
    return this.element.contains(document.activeElement) && document.activeElement instanceof HTMLInputElement;
  }

  #draw() {
    const {tool, canWrite} = this.workspace.state;
    const isMeasuring = tool === 'ruler' || tool === 'angle';
    const parts = isMeasuring ? [this.wipe] : canWrite ? this.#partsOf(tool) : [];
    this.element.hidden = parts.length === 0;
    replaceChildren(this.element, ...parts);
  }

  #showSize() {
    const {tool, superpixelPx, brushPx} = this.workspace.state;
    this.size.textContent = t('{size} px wide', {size: tool === 'superpixel' ? superpixelPx : brushPx});
  }

  /** @param {ToolName} tool @returns {HTMLElement[]} */
  #partsOf(tool) {
    this.#showSize();
    if (tool === 'box') return this.#box();
    const onlyEmpty = this.toggles.filter(({dataset}) => dataset.action === 'brush.only-empty');
    if (tool === 'wand') return [...this.#wand(), ...onlyEmpty];
    if (OUTLINING.has(tool)) return onlyEmpty;
    if (tool === 'brush') return [this.size, ...this.toggles];
    const named = (/** @type {string[]} */ ...ids) => this.toggles.filter(({dataset}) => ids.includes(dataset.action ?? ''));
    if (tool === 'superpixel') return [this.size, ...named('brush.only-empty', 'brush.pixels')];
    return tool === 'eraser' ? [this.size, ...named('brush.pressure')] : [];
  }

  /** @param {Partial<BoxRule>} change */
  #hold(change) {
    this.workspace.set({boxRule: {...this.workspace.state.boxRule, ...change}});
  }

  /** @returns {HTMLElement[]} */
  #wand() {
    const {wandTolerance} = this.workspace.state;
    const {least, most} = TOLERANCE;
    const field = el('input', {
      attrs: {type: 'number', min: least, max: most, step: 1, 'aria-label': t('Tolerance'), value: wandTolerance},
      on: {
        keydown: (event) => event.key === 'Enter' && field.blur(),
        change: () => this.workspace.set({wandTolerance: asTolerance(Number(field.value) || TOLERANCE.first)}),
      },
    });
    return [el('span', {text: t('Tolerance')}), field];
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
