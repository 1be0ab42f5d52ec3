/** Nothing is being painted: the ring follows the pointer. */

import {t} from '../../../lib/i18n.js';
import {isInRegion} from '../../regions.js';

/** @import {State, StateChart, ToolEvent} from '../chart.js' */
/** @import {BrushHost} from './host.js' */

/** @implements {State} */
export class Idle {
  /** @param {StateChart} chart @param {BrushHost} host @param {boolean} isEraser */
  constructor(chart, host, isEraser) {
    this.chart = chart;
    this.host = host;
    this.isEraser = isEraser;
  }

  enter() {
    const hint = this.isEraser
      ? t('Rub over the selected region. [ and ] change the size; with Alt held it paints.')
      : t('Paint. A stroke that begins in the selected region extends it. [ and ] change the size; with Alt held it erases.');
    this.host.say(this.host.obstacle({needsLabel: !this.isEraser && this.host.target() === null}) ?? hint);
  }

  /** @param {ToolEvent} event */
  hover(event) {
    this.host.ring(event.pointer === 'touch' ? null : event.pixel, this.isEraser !== event.alt);
  }

  /** @param {ToolEvent} event */
  down(event) {
    const erases = this.isEraser !== event.alt;
    const target = this.host.target();
    const extendsTarget = target !== null && (event.shift || isInRegion(target, event.point));
    const obstacle = this.host.obstacle({needsLabel: !erases && !extendsTarget});
    const problem = obstacle ?? (erases && !target ? t('Select the region to erase from first.') : null);
    if (problem) {
      this.host.say(problem, true);
      return false;
    }
    this.chart.go('painting', {event, kind: erases ? 'erase' : extendsTarget ? 'extend' : 'new'});
    return true;
  }

  cancel() {
    this.host.ring(null, this.isEraser);
  }
}
