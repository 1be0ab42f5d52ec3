/** Fewer vertices for the selected regions: how many and what it does to the area is seen before it is done. */

import {el, replaceChildren} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {formatArea} from '../format.js';
import {reshapeMarks} from '../commands/marks.js';
import {simplification} from './commands.js';

/** @import {MarksLayer} from '../render/marks_layer.js' */
/** @import {Spacing} from '../../viewer/types.js' */
/** @import {Work} from './commands.js' */

/** How far an outline may move, in screen px: from what nobody sees to a rough hand. */
const STEPS_PX = [0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16];
const AT_FIRST = 2;

export class SimplifyDialog {
  /** @param {{work: Work, marks: MarksLayer, resolution: number, spacing: Spacing | null}} parts */
  constructor({work, marks, resolution, spacing}) {
    this.work = work;
    this.marks = marks;
    this.resolution = resolution;
    this.spacing = spacing;
    this.figures = el('dl', {class: 'simplify-figures'});
    this.slider = el('input', {
      attrs: {type: 'range', min: 0, max: STEPS_PX.length - 1, step: 1, value: AT_FIRST, autofocus: true, 'aria-label': t('How far outlines may move')},
      on: {input: () => this.#show()},
    });
    const apply = el('button', {class: 'button-primary', text: t('Simplify'), attrs: {type: 'submit'}});
    const leave = el('button', {text: t('Cancel'), attrs: {type: 'button'}, on: {click: () => this.dialog.close()}});
    const form = el(
      'form',
      {on: {submit: (event) => this.#apply(event)}},
      el('h2', {text: t('Simplify outlines'), attrs: {id: 'simplify-title'}}),
      el('label', {class: 'simplify-slider'}, el('span', {text: t('Finer')}), this.slider, el('span', {text: t('Coarser')})),
      el('div', {attrs: {role: 'status'}}, this.figures),
      el('div', {class: 'dialog-actions'}, el('span', {class: 'spacer'}), leave, apply),
    );
    this.dialog = el('dialog', {class: 'simplify-dialog', attrs: {'aria-labelledby': 'simplify-title'}, on: {close: () => this.#close()}}, form);
    document.body.append(this.dialog);
    this.#show();
    this.dialog.showModal();
  }

  #result() {
    return simplification(this.work, STEPS_PX[Number(this.slider.value)] * this.resolution);
  }

  #show() {
    const {shapes, vertices, area} = this.#result();
    for (const {id, geometry} of shapes) this.marks.preview(id, geometry);
    const change = area[0] > 0 ? ((area[1] - area[0]) / area[0]) * 100 : 0;
    const sizes = area.map((px2) => (this.spacing ? formatArea(px2 * this.spacing.x_um * this.spacing.y_um) : `${Math.round(px2)} px²`));
    replaceChildren(
      this.figures,
      el('dt', {text: t('Vertices')}),
      el('dd', {text: `${vertices[0]} → ${vertices[1]}`}),
      el('dt', {text: t('Area')}),
      el('dd', {text: `${sizes[0]} → ${sizes[1]} (${change > 0 ? '+' : ''}${change.toFixed(2)} %)`}),
    );
  }

  /** @param {SubmitEvent} event */
  #apply(event) {
    event.preventDefault();
    reshapeMarks(this.work.store, this.#result().shapes, t('Simplify outlines'));
    this.dialog.close();
  }

  /** What was only looked at is drawn as it is stored. */
  #close() {
    for (const {id} of this.work.marks) this.marks.refresh(id);
    this.dialog.remove();
  }
}
