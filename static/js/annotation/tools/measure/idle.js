/** Nothing is being measured. */

import {t} from '../../../lib/i18n.js';
import {clampToImage} from '../../outline.js';

/** @import {State, StateChart, ToolEvent} from '../chart.js' */
/** @import {MeasureHost} from './tool.js' */
/** @import {MeasureKind} from './figures.js' */

/** @implements {State} */
export class Idle {
  /** @param {StateChart} chart @param {MeasureHost} host @param {MeasureKind} kind */
  constructor(chart, host, kind) {
    this.chart = chart;
    this.host = host;
    this.kind = kind;
  }

  enter() {
    const hint =
      this.kind === 'angle'
        ? t('Click an end, the corner and the other end.')
        : t('Drag from end to end, or click along a way and close with Enter or a double click.');
    this.host.say([t('Measurements are not saved.'), this.host.basis, hint].join(' '));
  }

  /** @param {ToolEvent} event */
  down(event) {
    this.chart.go('measuring', {from: clampToImage(event.point, this.host.image), pixel: event.pixel});
    return true;
  }
}
