/** A place is picked, and what looks like it is seen; the way of the pointer sets how alike it must look. */

import {t} from '../../../lib/i18n.js';
import {modeOf} from '../combine/mode.js';
import {problemText} from '../problems.js';
import {asTolerance} from './tolerance.js';

/** @import {Ring} from '../../types.js' */
/** @import {State, StateChart, ToolEvent, ToolHost} from '../chart.js' */
/** @import {WandHost} from './host.js' */
/** @import {Pick} from './pick.js' */

/** Screen px for one step of tolerance: a hand moves a hundred at ease. */
const PX_PER_STEP = 3;

/** @implements {State} */
export class Growing {
  /** @param {StateChart} chart @param {ToolHost & WandHost} host */
  constructor(chart, host) {
    this.chart = chart;
    this.host = host;
    /** @type {Pick | null} */
    this.pick = null;
    this.from = 0;
    this.first = 0;
    this.tolerance = 0;
    /** @type {Ring[]} */
    this.rings = [];
  }

  /** @param {{pick: Pick, from: number}} start */
  enter({pick, from}) {
    this.pick = pick;
    this.from = from;
    this.first = this.host.tolerance();
    this.host.begin();
    this.#grow(this.first);
  }

  exit() {
    this.pick = null;
    this.host.sketch(null);
    this.host.end();
  }

  /** @param {ToolEvent} event */
  move(event) {
    const tolerance = asTolerance(this.first + (event.pixel[0] - this.from) / PX_PER_STEP);
    if (tolerance !== this.tolerance) this.#grow(tolerance);
  }

  /** @param {number} tolerance */
  #grow(tolerance) {
    this.tolerance = tolerance;
    this.rings = this.pick?.grow(tolerance) ?? [];
    this.host.sketch({kind: 'region', path: [], rings: this.rings});
    this.host.say(t('Tolerance {tolerance}', {tolerance}));
  }

  /** @param {ToolEvent} event */
  up(event) {
    this.move(event);
    this.host.setTolerance(this.tolerance);
    const geometry = this.pick?.outlineOf(this.rings) ?? null;
    const problem =
      geometry === 'too-many'
        ? problemText('geometry_too_many_vertices')
        : geometry
          ? this.host.finish(geometry, modeOf(event))
          : t('Nothing around it looks like this place. Drag to the right for more.');
    this.chart.go('idle');
    if (problem) this.host.say(problem, true);
  }

  cancel() {
    this.chart.go('idle');
  }
}
