/** No box is begun. One of fixed size is seen under the pointer before it is set down. */

import {t} from '../../../lib/i18n.js';
import {clampToImage} from '../../outline.js';
import {modeOf, withModes} from '../combine/mode.js';
import {boxAround} from '../drag_box.js';
import {cornersOf} from './placing.js';

/** @import {State, StateChart, ToolEvent, ToolHost} from '../chart.js' */
/** @import {BoxHold} from './rule.js' */

/** @implements {State} */
export class Idle {
  /** @param {StateChart} chart @param {ToolHost} host @param {() => BoxHold} hold */
  constructor(chart, host, hold) {
    this.chart = chart;
    this.host = host;
    this.hold = hold;
  }

  enter() {
    const hint = this.hold().size
      ? t('Click where the middle of the box is to be.')
      : t('Drag from corner to corner; Shift on the way makes a square.');
    this.host.say(this.host.obstacle() ?? withModes(hint));
  }

  exit() {
    this.host.sketch(null);
  }

  /** @param {ToolEvent} event */
  hover(event) {
    const {size} = this.hold();
    if (!size || event.pointer === 'touch' || this.host.obstacle(modeOf(event))) this.host.sketch(null);
    else this.host.sketch({kind: 'box', path: cornersOf(boxAround(size, event.point, this.host.image))});
  }

  /** @param {ToolEvent} event */
  down(event) {
    const obstacle = this.host.obstacle(modeOf(event));
    if (obstacle) {
      this.host.say(obstacle, true);
      return false;
    }
    const {size, ratio} = this.hold();
    if (size) this.chart.go('placing', {event, size});
    else this.chart.go('dragging', {from: clampToImage(event.point, this.host.image), pixel: event.pixel, ratio});
    return true;
  }

  cancel() {
    this.host.sketch(null);
  }
}
