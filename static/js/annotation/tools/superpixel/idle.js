/** Nothing is being painted: superpixels are seen around the pointer. */

import {t} from '../../../lib/i18n.js';

/** @import {StrokeKind} from '../brush/host.js' */
/** @import {State, StateChart, ToolEvent} from '../chart.js' */
/** @import {SuperpixelHost} from './host.js' */

/** @implements {State} */
export class Idle {
  /** @param {StateChart} chart @param {SuperpixelHost} host */
  constructor(chart, host) {
    this.chart = chart;
    this.host = host;
  }

  enter() {
    this.host.prepare();
    const hint = t('Drag over what is to be painted; Alt erases. From within the selected mark it is extended. [ and ] change the size.');
    this.host.say(this.host.obstacle({needsLabel: this.host.target() === null}) ?? hint);
  }

  /** @param {ToolEvent} event */
  hover(event) {
    this.host.point(event.pointer === 'touch' ? null : event.pixel);
  }

  /** @param {ToolEvent} event */
  down(event) {
    const kind = this.#kindAt(event);
    const problem = this.host.obstacle({needsLabel: kind === 'new'}) ?? this.#lack(kind) ?? this.#wait();
    if (problem) {
      this.host.say(problem, true);
      return false;
    }
    this.chart.go('painting', {event, kind});
    return true;
  }

  /** @param {ToolEvent} event @returns {StrokeKind} */
  #kindAt(event) {
    const target = this.host.target();
    if (event.alt) return 'erase';
    return target !== null && (event.shift || target.isIn(event.point)) ? 'extend' : 'new';
  }

  /** @param {StrokeKind} kind @returns {string | null} what is missing */
  #lack(kind) {
    return kind === 'erase' && this.host.target() === null ? t('Select the region to erase from first.') : null;
  }

  /** @returns {string | null} why there are no superpixels yet */
  #wait() {
    return this.host.isReady() ? null : t('One moment.');
  }

  cancel() {
    this.host.point(null);
  }
}
