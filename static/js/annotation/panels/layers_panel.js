/** Which marks are shown and how: by label, by origin, opacity, fill. What is hidden is said on the image. */

import {icon} from '../../actions/icons.js';
import {el, replaceChildren} from '../../lib/dom.js';
import {pickText, t, tn} from '../../lib/i18n.js';
import {ALL_LAYERS} from '../workspace.js';
import {swatch} from './labels_panel.js';

/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {MarkingRules} from '../marking_rules.js' */
/** @import {Store} from '../store.js' */
/** @import {Layers, Workspace} from '../workspace.js' */

/** @typedef {{code: string, name: string, colour: string, count: number}} Row */

export class LayersPanel {
  /** @param {{viewer: Viewer, store: Store, workspace: Workspace, rules: MarkingRules}} parts */
  constructor({viewer, store, workspace, rules}) {
    this.parts = {viewer, store, workspace, rules};
    this.rows = el('div', {class: 'layer-rows', attrs: {role: 'group', 'aria-label': t('Labels')}});
    this.origins = el('div', {class: 'layer-rows', attrs: {role: 'group', 'aria-label': t('Origin')}});
    this.opacity = el('input', {
      class: 'viewer-slider',
      attrs: {type: 'range', min: 10, max: 100, step: 5, 'aria-label': t('Opacity')},
      on: {input: () => this.#set({opacity: this.opacity.valueAsNumber / 100})},
    });
    this.fill = el(
      'select',
      {class: 'viewer-select', attrs: {'aria-label': t('Fill')}, on: {change: () => this.#set({fill: /** @type {Layers['fill']} */ (this.fill.value)})}},
      el('option', {text: t('Faint'), attrs: {value: 'faint'}}),
      el('option', {text: t('Outline only'), attrs: {value: 'none'}}),
      el('option', {text: t('Filled'), attrs: {value: 'strong'}}),
    );
    this.element = el(
      'div',
      {class: 'viewer-group look-panel layers-panel', attrs: {role: 'group', 'aria-label': t('Layers')}},
      this.rows,
      this.origins,
      el('label', {class: 'look-row'}, el('span', {text: t('Opacity')}), this.opacity),
      el('label', {class: 'look-row'}, el('span', {text: t('Fill')}), this.fill),
    );
    this.element.hidden = true;
    this.signText = el('span', {});
    const showAll = el('button', {class: 'viewer-button', text: t('Show all'), attrs: {type: 'button'}, on: {click: () => workspace.set({layers: ALL_LAYERS})}});
    this.sign = el('div', {class: 'viewer-group look-sign', attrs: {role: 'status'}}, this.signText, showAll);
    viewer.addPanel(this.sign, 'top-left');
    viewer.addPanel(this.element, 'top-right');
    this.isStale = false;
    store.observe(() => this.#later());
    workspace.observe((changed) => {
      if (changed.has('label')) this.#reveal(workspace.state.label);
      if (changed.has('layers') || changed.has('showsSuggestions')) this.draw();
    });
    this.draw();
  }

  /** @param {Partial<Layers>} part */
  #set(part) {
    const {workspace} = this.parts;
    workspace.set({layers: {...workspace.state.layers, ...part}});
  }

  /** Whoever is about to draw with a label wants to see what is drawn. @param {string | null} code */
  #reveal(code) {
    const {labels, origins} = this.parts.workspace.state.layers;
    if (code === null || (!labels.has(code) && !origins.has('manual'))) return;
    this.#set({labels: without(labels, code), origins: without(origins, 'manual')});
  }

  #later() {
    if (this.isStale) return;
    this.isStale = true;
    requestAnimationFrame(() => {
      this.isStale = false;
      this.draw();
    });
  }

  /** @returns {Row[]} labels that marks or suggestions have, in the order of the label set */
  #labels() {
    const {store, rules} = this.parts;
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const {body} of store.marks.values()) {
      if (body.geometry) counts.set(body.labels[0] ?? '', (counts.get(body.labels[0] ?? '') ?? 0) + 1);
    }
    for (const {geometry, labels} of store.suggestions.values()) if (geometry && !counts.has(labels[0])) counts.set(labels[0] ?? '', 0);
    const order = [...rules.byCode.keys()];
    return [...counts]
      .sort(([a], [b]) => order.indexOf(a) - order.indexOf(b))
      .map(([code, count]) => {
        const label = rules.byCode.get(code);
        return {code, count, name: (label && pickText(label.display)) || code || t('No label'), colour: label?.colour ?? '#d0d0d0'};
      });
  }

  draw() {
    const {workspace, store} = this.parts;
    const {layers, showsSuggestions} = workspace.state;
    const marks = [...store.marks.values()].filter(({body}) => body.geometry !== null);
    const isHidden = (/** @type {typeof marks[number]} */ {body}) => layers.labels.has(body.labels[0] ?? '') || layers.origins.has(body.origin);
    const hidden = marks.filter(isHidden).length;
    this.signText.textContent = hidden > 0 ? tn('{count} mark hidden', '{count} marks hidden', hidden) : t('Labels hidden');
    this.sign.hidden = hidden === 0 && layers.labels.size === 0;
    if (this.element.hidden) return;
    this.opacity.value = String(Math.round(layers.opacity * 100));
    this.fill.value = layers.fill;
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.layer : undefined;
    replaceChildren(
      this.rows,
      ...this.#labels().map(({code, name, colour, count}) =>
        toggle(`label ${code}`, name, String(count), !layers.labels.has(code), swatch(colour), () => this.#set({labels: turned(layers.labels, code)}))),
    );
    const of = (/** @type {string} */ origin) => String(marks.filter(({body}) => body.origin === origin).length);
    replaceChildren(
      this.origins,
      toggle('manual', t('Drawn'), of('manual'), !layers.origins.has('manual'), icon('drawn', 14), () => this.#set({origins: turned(layers.origins, 'manual')})),
      toggle('suggestion', t('From a suggestion'), of('suggestion'), !layers.origins.has('suggestion'), icon('suggestion', 14), () =>
        this.#set({origins: turned(layers.origins, 'suggestion')})),
      of('import') !== '0' &&
        toggle('import', t('Imported'), of('import'), !layers.origins.has('import'), icon('imported', 14), () =>
          this.#set({origins: turned(layers.origins, 'import')})),
      store.suggestions.size > 0 &&
        toggle('open', t('Open suggestions'), '', showsSuggestions, icon('suggestion', 14), () => workspace.set({showsSuggestions: !showsSuggestions})),
    );
    const again = focused && this.element.querySelector(`[data-layer="${CSS.escape(focused)}"]`);
    if (again instanceof HTMLElement) again.focus();
  }
}

/** @param {ReadonlySet<string>} set @param {string} value @returns {Set<string>} */
const without = (set, value) => new Set([...set].filter((other) => other !== value));

/** @param {ReadonlySet<string>} set @param {string} value @returns {Set<string>} */
const turned = (set, value) => (set.has(value) ? without(set, value) : new Set([...set, value]));

/**
 * @param {string} key @param {string} name @param {string} note @param {boolean} isShown @param {Element} sign @param {() => void} run
 * @returns {HTMLButtonElement}
 */
function toggle(key, name, note, isShown, sign, run) {
  return el(
    'button',
    {class: 'viewer-button layer-row', attrs: {type: 'button', 'aria-pressed': String(isShown)}, data: {layer: key}, on: {click: run}},
    icon(isShown ? 'eye' : 'eye-off', 16),
    sign,
    el('span', {class: 'row-name', text: name}),
    el('span', {class: 'look-value', text: note}),
  );
}
