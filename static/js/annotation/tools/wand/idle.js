/** Nothing is picked. */

import {t} from '../../../lib/i18n.js';
import {modeOf, withModes} from '../combine/mode.js';

/** @import {State, StateChart, ToolEvent, ToolHost} from '../chart.js' */
/** @import {WandHost} from './host.js' */

/** @implements {State} */
export class Idle {
  /** @param {StateChart} chart @param {ToolHost & WandHost} host */
  constructor(chart, host) {
    this.chart = chart;
    this.host = host;
  }

  enter() {
    this.host.say(this.host.obstacle() ?? withModes(t('Click what is to be marked; drag to the right for more of it, to the left for less.')));
  }

  /** @param {ToolEvent} event */
  down(event) {
    const obstacle = this.host.obstacle(modeOf(event));
    const pick = obstacle ? null : this.host.pick(event.pixel);
    if (obstacle || pick === null) {
      this.host.say(obstacle ?? t('There is no image here.'), true);
      return false;
    }
    this.chart.go('growing', {pick, from: event.pixel[0]});
    return true;
  }
}
