/** No ellipse is begun. */

import {t} from '../../../lib/i18n.js';
import {clampToImage} from '../../outline.js';
import {modeOf, withModes} from '../combine/mode.js';

/** @import {State, StateChart, ToolEvent, ToolHost} from '../chart.js' */

/** @implements {State} */
export class Idle {
  /** @param {StateChart} chart @param {ToolHost} host */
  constructor(chart, host) {
    this.chart = chart;
    this.host = host;
  }

  enter() {
    this.host.say(this.host.obstacle() ?? withModes(t('Drag from corner to corner of the ellipse; Shift on the way makes a circle.')));
  }

  /** @param {ToolEvent} event */
  down(event) {
    const obstacle = this.host.obstacle(modeOf(event));
    if (obstacle) {
      this.host.say(obstacle, true);
      return false;
    }
    this.chart.go('dragging', {from: clampToImage(event.point, this.host.image), pixel: event.pixel});
    return true;
  }
}
