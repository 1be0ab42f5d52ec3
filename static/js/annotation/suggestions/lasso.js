/** Draw around suggestions: all inside are accepted, with Alt rejected. Below the tools' own gestures only while it is switched on. */

import {PointerInteraction, condition} from '../../../vendor/ol.mjs';
import {t, tn} from '../../lib/i18n.js';
import {plainPrimary} from '../../viewer/interactions.js';
import {SketchLayer} from '../render/sketch_layer.js';
import {encircled} from './batches.js';

/** @import {MapBrowserEvent} from '../../../vendor/ol.mjs' */
/** @import {Position, Suggestion} from '../types.js' */
/** @import {SuggestionDesk} from './desk.js' */

const ACCEPTS = '#5cbcb1';
const REJECTS = '#ff8f85';
/** Shorter lines are a slip of the hand; screen px. */
const SHORTEST_PX = 24;

export class Lasso extends PointerInteraction {
  /** @param {SuggestionDesk} desk */
  constructor(desk) {
    super({});
    this.desk = desk;
    /** @type {Position[]} level-0 px */
    this.line = [];
    this.rejects = false;
    this.isCounting = false;
    const {viewer, workspace} = desk.parts;
    this.sketch = new SketchLayer({viewer, colour: () => (this.rejects ? REJECTS : ACCEPTS)});
    this.setActive(false);
    viewer.addInteraction(this);
    workspace.observe((changed) => {
      if (changed.has('isLassoing')) this.#follow(workspace.state.isLassoing);
    });
  }

  /** @param {boolean} isOn */
  #follow(isOn) {
    const {viewer, say, workspace} = this.desk.parts;
    this.setActive(isOn);
    this.#wipe();
    viewer.canvas.classList.toggle('is-lassoing', isOn);
    if (isOn) say(t('Draw around suggestions: those inside are accepted; with Alt held, rejected. Escape: no more.'));
    else if (workspace.state.canWrite) say(null);
  }

  #wipe() {
    this.line = [];
    this.sketch.show(null);
  }

  /** @param {MapBrowserEvent<any>} event @returns {boolean} @override */
  handleDownEvent(event) {
    const {button} = event.originalEvent;
    if (!plainPrimary(event) && !(condition.altKeyOnly(event) && button <= 0)) return false;
    this.line = [this.#point(event)];
    this.rejects = event.originalEvent.altKey;
    return true;
  }

  /** @param {MapBrowserEvent<any>} event @override */
  handleDragEvent(event) {
    this.line.push(this.#point(event));
    this.rejects = event.originalEvent.altKey;
    this.sketch.show({kind: 'outline', path: this.line});
    if (this.isCounting) return;
    this.isCounting = true;
    requestAnimationFrame(() => this.#count());
  }

  /** Once a picture: a pen sends many places in that time. */
  #count() {
    this.isCounting = false;
    if (this.line.length === 0) return;
    const count = this.#inside().meant.length;
    const text = this.rejects
      ? tn('Let go to reject {count} suggestion.', 'Let go to reject {count} suggestions.', count)
      : tn('Let go to accept {count} suggestion.', 'Let go to accept {count} suggestions.', count);
    this.desk.parts.say(text);
  }

  /** @param {MapBrowserEvent<any>} event @returns {boolean} @override */
  handleUpEvent(event) {
    this.rejects = event.originalEvent.altKey;
    const {meant, tooSmall} = this.#inside();
    const isDrawn = this.#length() >= SHORTEST_PX * (this.desk.parts.viewer.view.getResolution() ?? 1);
    this.#wipe();
    if (!isDrawn) return false;
    this.desk.noteSeen(meant);
    const done = this.desk.decide(meant, this.rejects ? 'reject' : 'accept');
    if (tooSmall > 0 && done === 0) this.desk.parts.say(tooSmallText(tooSmall), true);
    return false;
  }

  /** What cannot be told from a speck at this zoom is not decided on. @returns {{meant: Suggestion[], tooSmall: number}} */
  #inside() {
    const {desk} = this;
    const meant = encircled(desk.inView, this.line);
    const shown = desk.open.filter((suggestion) => desk.parts.suggestions.isShown(suggestion));
    return {meant, tooSmall: encircled(shown, this.line).length - meant.length};
  }

  #length() {
    const {line} = this;
    return line.reduce((sum, [x, y], i) => (i === 0 ? 0 : sum + Math.hypot(x - line[i - 1][0], y - line[i - 1][1])), 0);
  }

  /** @param {MapBrowserEvent<any>} event @returns {Position} */
  #point(event) {
    const [x, y] = this.desk.parts.viewer.level0FromPixel(event.pixel);
    return [x, y];
  }
}

/** @param {number} count @returns {string} */
export const tooSmallText = (count) =>
  tn(
    '{count} suggestion is too small at this magnification to be judged. Come nearer.',
    '{count} suggestions are too small at this magnification to be judged. Come nearer.',
    count,
  );
