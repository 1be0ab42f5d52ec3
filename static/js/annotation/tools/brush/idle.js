/** Nothing is being painted: the ring follows the pointer. */

import {t} from '../../../lib/i18n.js';

/** @import {State, StateChart, ToolEvent} from '../chart.js' */
/** @import {BrushHost, StrokeKind} from './host.js' */

/** @implements {State} */
export class Idle {
  /** @param {StateChart} chart @param {BrushHost} host @param {boolean} isEraser */
  constructor(chart, host, isEraser) {
    this.chart = chart;
    this.host = host;
    this.isEraser = isEraser;
  }

  enter() {
    const hint = this.host.pushes()
      ? t('Drag from inside the selected region to push its border out, from outside to push it in.')
      : this.isEraser
        ? t('Rub over the selected region. [ and ] change the size; with Alt held it paints.')
      : t('Paint. A stroke that begins in the selected region extends it. [ and ] change the size; with Alt held it erases.');
    this.host.say(this.host.obstacle({needsLabel: !this.isEraser && this.host.target() === null}) ?? hint);
  }

  /** @param {ToolEvent} event */
  hover(event) {
    // Whether a place lies in the region is looked up only where it matters: a pointer moves often.
    const erases = this.host.pushes() ? this.#kindAt(event) === 'erase' : this.isEraser !== event.alt;
    this.host.ring(event.pointer === 'touch' ? null : event.pixel, erases);
  }

  /** @param {ToolEvent} event */
  down(event) {
    const target = this.host.target();
    const kind = this.#kindAt(event);
    const problem = this.host.obstacle({needsLabel: kind === 'new'}) ?? (target ? null : this.#lack(kind));
    if (problem) {
      this.host.say(problem, true);
      return false;
    }
    this.chart.go('painting', {event, kind, pushed: (this.host.pushes() && target?.region) || null});
    return true;
  }

  /** @param {ToolEvent} event @returns {StrokeKind} */
  #kindAt(event) {
    const target = this.host.target();
    const isInside = target !== null && target.isIn(event.point);
    if (this.host.pushes()) return isInside ? 'extend' : 'erase';
    if (this.isEraser !== event.alt) return 'erase';
    return isInside || (event.shift && target !== null) ? 'extend' : 'new';
  }

  /** @param {StrokeKind} kind @returns {string | null} what is missing without a selected region */
  #lack(kind) {
    if (this.host.pushes()) return t('Select the region whose border is to be pushed first.');
    return kind === 'erase' ? t('Select the region to erase from first.') : null;
  }

  cancel() {
    this.host.ring(null, this.isEraser);
  }
}
