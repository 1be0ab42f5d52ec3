/** The stage: canvas, the corners around it, and the controls in their places. */

import {el} from '../../lib/dom.js';
import {frameBar} from './frame-bar.js';
import {magnificationBar} from './magnification-bar.js';
import {Notices} from './notices.js';
import {overviewControl} from './overview.js';
import {positionControl} from './position.js';
import {scaleBarControl} from './scale-bar.js';
import {viewButtons} from './view-buttons.js';
import {windowPanel} from './window-panel.js';

/** @import {Viewer} from '../viewer.js' */

/** @typedef {'top-left' | 'top-right' | 'bottom-left' | 'bottom' | 'bottom-right'} Place */

/** @type {Place[]} */
const PLACES = ['top-left', 'top-right', 'bottom-left', 'bottom', 'bottom-right'];

export class Stage {
  /** @param {{label: string}} options accessible name of the canvas */
  constructor({label}) {
    this.canvas = el('div', {class: 'viewer-canvas', attrs: {tabindex: 0, role: 'application', 'aria-label': label}});
    this.notices = new Notices();
    this.corners = /** @type {Record<Place, HTMLDivElement>} */ (
      Object.fromEntries(PLACES.map((place) => [place, el('div', {class: `viewer-corner is-${place}`})]))
    );
    this.element = el('div', {class: 'viewer-stage'}, this.canvas, ...Object.values(this.corners), this.notices.element);
  }

  /** @param {Element | null} panel @param {Place} place */
  add(panel, place) {
    if (panel) this.corners[place].append(panel);
  }

  /** @param {Viewer} viewer */
  addControls(viewer) {
    this.add(magnificationBar(viewer), 'top-left');
    this.add(viewButtons(viewer), 'top-right');
    this.add(overviewControl(viewer), 'top-right');
    this.add(positionControl(viewer), 'bottom-left');
    this.add(scaleBarControl(viewer), 'bottom-left');
    this.add(frameBar(viewer), 'bottom');
    this.add(windowPanel(viewer), 'bottom-right');
  }
}
