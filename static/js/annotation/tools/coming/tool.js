/** A tool that is on its way: it says so, and takes nothing in hand. */

import {t} from '../../../lib/i18n.js';
import {StateChart} from '../chart.js';

/** @import {ToolHost} from '../chart.js' */

/** @param {ToolHost['say']} say @param {() => Promise<void>} fetch puts the tool itself in the place of this one @returns {StateChart} */
export function comingTool(say, fetch) {
  const ask = () => {
    say(t('One moment.'));
    fetch().catch(() => say(t('This is not fetched yet. Try again when the server answers.'), true));
  };
  const waiting = {
    enter: ask,
    down: () => {
      ask();
      return false;
    },
  };
  return new StateChart({waiting}, 'waiting');
}
