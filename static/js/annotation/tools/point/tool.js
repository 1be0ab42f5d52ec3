/** Point: one click. */

import {t} from '../../../lib/i18n.js';
import {clampToImage} from '../../outline.js';
import {StateChart} from '../chart.js';

/** @import {State, ToolEvent, ToolHost} from '../chart.js' */

/** @implements {State} */
class Idle {
  /** @param {ToolHost} host */
  constructor(host) {
    this.host = host;
  }

  enter() {
    this.host.say(this.host.obstacle() ?? t('Click the centre.'));
  }

  /** @param {ToolEvent} event */
  click(event) {
    const obstacle = this.host.obstacle();
    if (obstacle) this.host.say(obstacle, true);
    else if (isOnImage(event, this.host)) this.host.finish({type: 'Point', coordinates: clampToImage(event.point, this.host.image)});
  }
}

/** @param {ToolEvent} event @param {ToolHost} host a click beside the image is no mark on its border */
function isOnImage({point: [x, y]}, {image}) {
  return x >= 0 && y >= 0 && x <= image.width && y <= image.height;
}

/** @param {ToolHost} host @returns {StateChart} */
export function pointTool(host) {
  return new StateChart({idle: new Idle(host)}, 'idle');
}
