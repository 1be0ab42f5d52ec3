/** The bar of a walk: how much was seen, at which magnification, and the way on. */

import {actionButton} from '../../actions/buttons.js';
import {el} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';

/** @import {Registry} from '../../actions/registry.js' */
/** @import {Walk} from './walk.js' */

export class WalkBar {
  /** @param {Walk} walk @param {Registry} registry */
  constructor(walk, registry) {
    this.walk = walk;
    this.magnification = el(
      'select',
      {class: 'viewer-select', attrs: {'aria-label': t('Magnification that is walked at')}, on: {change: () => this.#choose()}},
      ...walk.viewer.magnificationPresets().map(({value, label}) => el('option', {text: label, attrs: {value: String(value)}})),
    );
    this.tissue = el('input', {attrs: {type: 'checkbox'}, on: {change: () => this.#choose()}});
    this.share = el('span', {class: 'viewer-readout walk-share', attrs: {role: 'status'}});
    this.warning = el('span', {class: 'many-note', text: t('This browser does not keep it.')});
    this.warning.hidden = true;
    const hint = t('Glass is told from tissue by the small picture of the slide; what is left out is grey on the overview.');
    this.again = el('button', {class: 'viewer-button', text: t('Start again'), attrs: {type: 'button'}, on: {click: () => walk.startAgain()}});
    /** @param {string} id */
    const button = (id) => actionButton(registry, id, {text: true, class: 'viewer-button', showKey: true, icon: false});
    this.element = el(
      'div',
      {class: 'viewer-group walk-bar', attrs: {role: 'group', 'aria-label': t('Screening')}},
      this.magnification,
      el('label', {class: 'viewer-field walk-tissue', attrs: {title: hint}}, this.tissue, el('span', {text: t('Tissue only')})),
      button('walk.previous'),
      button('walk.next'),
      this.share,
      this.warning,
      this.again,
      button('walk.toggle'),
    );
    this.element.hidden = true;
  }

  #choose() {
    this.walk.choose({magnification: Number(this.magnification.value), tissueOnly: this.tissue.checked});
  }

  /** @param {boolean} isLost */
  warn(isLost) {
    this.warning.hidden = !isLost;
  }

  show() {
    const {isOn, isWatching, coverage, magnification, tissueOnly, picture} = this.walk;
    this.again.hidden = isWatching;
    this.element.hidden = !isOn;
    if (!isOn) return;
    this.magnification.value = String(magnification);
    this.tissue.checked = tissueOnly;
    this.tissue.disabled = picture === null;
    // Whole only when it is: 99.9 % is no 100 %.
    const {seen, wanted} = coverage.counts;
    Object.assign(this.share.dataset, {seen, wanted});
    const percent = Math.floor(coverage.share * 100);
    this.share.textContent = isWatching ? t('{percent} % seen by the reader', {percent}) : t('{percent} % seen', {percent});
  }
}
