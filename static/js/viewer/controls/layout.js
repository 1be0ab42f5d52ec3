/** The stage: canvas, the corners around it, and the controls in their places. */

import {el} from '../../lib/dom.js';
import {drawingsPanel} from './drawings-panel.js';
import {focusBar} from './focus-bar.js';
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

/** Along each edge, from left to right; what does not fit beside its neighbour goes into a row of its own. */
const EDGES = {
  top: /** @type {Place[]} */ (['top-left', 'top-right']),
  bottom: /** @type {Place[]} */ (['bottom-left', 'bottom', 'bottom-right']),
};

export class Stage {
  /** @param {{label: string}} options accessible name of the canvas */
  constructor({label}) {
    this.canvas = el('div', {class: 'viewer-canvas', attrs: {tabindex: 0, role: 'application', 'aria-label': label}});
    this.notices = new Notices();
    /** @type {HTMLElement | null} the buttons of the view; a page may put more before them */
    this.buttons = null;
    /** @type {Map<Place, HTMLDivElement>} */
    this.corners = new Map();
    const edges = Object.entries(EDGES).map(([edge, places]) => {
      for (const place of places) this.corners.set(place, el('div', {class: `viewer-corner is-${place}`}));
      return el('div', {class: `viewer-edge is-${edge}`}, ...places.map((place) => this.corners.get(place)));
    });
    this.element = el('div', {class: 'viewer-stage'}, this.canvas, ...edges, this.notices.element);
  }

  /** @param {Element | null} panel @param {Place} place */
  add(panel, place) {
    if (panel) this.corners.get(place)?.append(panel);
  }

  /** @param {Viewer} viewer */
  addControls(viewer) {
    this.add(magnificationBar(viewer), 'top-left');
    this.#addNotes(viewer);
    this.buttons = viewButtons(viewer);
    this.add(this.buttons, 'top-right');
    this.add(overviewControl(viewer), 'top-right');
    // Few images have channels.
    if (viewer.channels) void import('./channel-panel.js').then(({channelPanel}) => this.add(channelPanel(viewer), 'top-right'));
    this.add(positionControl(viewer), 'bottom-left');
    this.add(scaleBarControl(viewer), 'bottom-left');
    this.add(frameBar(viewer), 'bottom');
    this.add(focusBar(viewer), 'bottom');
    this.add(drawingsPanel(viewer), 'bottom-right');
    this.add(windowPanel(viewer), 'bottom-right');
  }

  /** Most images have no notes; where one has, a reader hears of it or hears that it could not be fetched. @param {Viewer} viewer */
  #addNotes(viewer) {
    if (!viewer.manifest.warnings?.length) return;
    import('./warning-notes.js')
      .then(({warningNotes}) => this.add(warningNotes(viewer), 'top-left'))
      .catch((error) => viewer.reportFailure(error));
  }
}
