/** Nothing is pointed at. */

import {t} from '../../../lib/i18n.js';
import {clampToImage} from '../../outline.js';

/** @import {State, StateChart, ToolEvent, ToolHost} from '../chart.js' */
/** @import {PromptHost} from './host.js' */

/** @implements {State} */
export class Idle {
  /** @param {StateChart} chart @param {ToolHost & PromptHost} host */
  constructor(chart, host) {
    this.chart = chart;
    this.host = host;
  }

  enter() {
    this.host.say(this.host.obstacle() ?? t('Click what the model is to outline, or draw a box around several. You can go on meanwhile.'));
  }

  /** @param {ToolEvent} event */
  down(event) {
    const obstacle = this.host.obstacle();
    if (obstacle) {
      this.host.say(obstacle, true);
      return false;
    }
    this.chart.go('pointing', {from: clampToImage(event.point, this.host.image), pixel: event.pixel});
    return true;
  }
}
