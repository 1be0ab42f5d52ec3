/** The panel for how the picture is shown, and the sign that it is not shown as it is. */

import {el} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {textButton} from '../controls/parts.js';
import {gridStep} from './grid-layer.js';
import {STAINS} from './stains.js';

/** @import {Look} from './look.js' */
/** @import {Stain} from './stains.js' */
/** @import {Tone} from './tone.js' */

/** @typedef {{label: string, run: () => void}} Command */

/** @param {Stain} stain @returns {string} */
function stainName(stain) {
  return {haematoxylin: t('Haematoxylin'), eosin: t('Eosin'), dab: t('DAB')}[stain];
}

export class LookPanel {
  /**
   * @param {Look} look
   * @param {Command[]} commands what else can be done with the view
   */
  constructor(look, commands) {
    this.look = look;
    /** @type {{input: HTMLInputElement, output: HTMLOutputElement, name: keyof Tone}[]} */
    this.fields = [];
    this.stain = this.#stains();
    this.grid = el('input', {attrs: {type: 'checkbox'}, on: {change: () => look.showGrid(this.grid.checked)}});
    this.gridStep = el('span', {class: 'look-value'});
    this.reset = textButton(t('Reset'), t('Reset'), () => look.reset());
    this.element = el(
      'div',
      {class: 'viewer-group look-panel', attrs: {role: 'group', 'aria-label': t('Picture')}},
      ...(look.hasTone
        ? [
            this.#slider('brightness', t('Brightness'), -100, 100, 1),
            this.#slider('contrast', t('Contrast'), -100, 100, 1),
            this.#slider('gamma', t('Gamma'), 0.2, 5, 0.05),
          ]
        : []),
      this.stain && el('label', {class: 'look-row'}, el('span', {text: t('Stain')}), this.stain),
      el('label', {class: 'look-row'}, el('span', {text: t('Grid')}), this.grid, this.gridStep),
      el('div', {class: 'look-commands'}, this.reset, ...commands.map(({label, run}) => textButton(label, label, run))),
    );
    this.element.hidden = true;
    this.signText = el('span', {});
    this.sign = el(
      'div',
      {class: 'viewer-group look-sign', attrs: {role: 'status'}},
      this.signText,
      textButton(t('Reset'), t('Reset'), () => look.reset()),
    );
    this.sign.hidden = true;
    look.observe(() => this.#draw());
    look.viewer.onChange(({kind}) => {
      if (kind === 'view') this.#drawGrid();
    });
    this.#draw();
  }

  /** @param {keyof Tone} name @param {string} label @param {number} min @param {number} max @param {number} step */
  #slider(name, label, min, max, step) {
    const input = el('input', {
      class: 'viewer-slider',
      attrs: {type: 'range', min, max, step, 'aria-label': label},
      on: {input: () => this.look.setTone({[name]: input.valueAsNumber}), dblclick: () => this.look.setTone({[name]: name === 'gamma' ? 1 : 0})},
    });
    const output = el('output', {class: 'look-value'});
    this.fields.push({input, output, name});
    return el('label', {class: 'look-row'}, el('span', {text: label}), input, output);
  }

  #stains() {
    if (!this.look.hasStains) return null;
    const choice = el(
      'select',
      {class: 'viewer-select', attrs: {'aria-label': t('Stain')}, on: {change: () => this.look.setStain(/** @type {Stain} */ (choice.value) || null)}},
      el('option', {text: t('All, as scanned'), attrs: {value: ''}}),
      ...STAINS.map((stain) => el('option', {text: stainName(stain), attrs: {value: stain}})),
    );
    return choice;
  }

  #draw() {
    const {look} = this;
    for (const {input, output, name} of this.fields) {
      input.value = String(look.tone[name]);
      output.textContent = name === 'gamma' ? look.tone.gamma.toFixed(2) : String(look.tone[name]);
    }
    if (this.stain) this.stain.value = look.stain ?? '';
    this.grid.checked = look.grid !== null;
    this.reset.disabled = look.isPlain;
    this.sign.hidden = look.isPlain;
    this.signText.textContent = look.stain ? t('Only {stain}, computed', {stain: stainName(look.stain)}) : t('Picture adjusted');
    this.#drawGrid();
  }

  #drawGrid() {
    const {viewer, grid} = this.look;
    this.gridStep.textContent = grid ? gridStep(viewer.state().resolution, viewer.manifest.spacing).label : '';
  }
}
