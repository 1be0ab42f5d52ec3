/** Going through suggestions one by one, and deciding on the one in focus. */

import {t} from '../lib/i18n.js';
import {acceptSuggestion, declineSuggestion, isOpen} from './commands/suggestions.js';
import {MarkingRules} from './marking_rules.js';
import {boundsOf} from './outline.js';

/** @import {Viewer} from '../viewer/viewer.js' */
/** @import {ActivityClock} from './activity.js' */
/** @import {Store} from './store.js' */
/** @import {Geometry, Suggestion} from './types.js' */
/** @import {Workspace} from './workspace.js' */

const FOCUS = 'suggestion-focus';
const POINTED = 'suggestion-pointed';
/** A focused shape is shown with this much around it: shape to screen. */
const PADDING_PX = 120;
/** Smaller shapes are brought nearer before their vertices are edited; screen px. */
const EDITABLE_PX = 140;
/** No nearer than this, for beyond it there is nothing but blurred pixels; level-0 px per screen px. */
const EDITING_RESOLUTION = 0.1;

export class Review {
  /**
   * @param {object} parts
   * @param {Viewer} parts.viewer
   * @param {Store} parts.store
   * @param {Workspace} parts.workspace
   * @param {ActivityClock} parts.clock
   * @param {(text: string | null, isProblem?: boolean) => void} parts.say
   * @param {Record<string, unknown> | null} parts.startingForm what the form of a diagnosis begins with
   */
  constructor({viewer, store, workspace, clock, say, startingForm}) {
    this.startingForm = startingForm;
    this.viewer = viewer;
    this.store = store;
    this.workspace = workspace;
    this.clock = clock;
    this.say = say;
    workspace.observe((changed) => {
      if (changed.has('suggestion')) this.#onFocus();
      if (changed.has('pointed')) clock.begin(POINTED);
    });
  }

  /** @returns {Suggestion[]} open ones with a shape: by frame, then the surest first */
  get open() {
    return [...this.store.suggestions.values()]
      .filter((suggestion) => suggestion.geometry !== null && isOpen(suggestion))
      .sort((a, b) => (a.frame ?? 0) - (b.frame ?? 0) || (b.score ?? 0) - (a.score ?? 0));
  }

  /** @returns {Suggestion[]} open ones about the whole image, the surest first */
  get diagnoses() {
    return [...this.store.suggestions.values()]
      .filter((suggestion) => suggestion.geometry === null && isOpen(suggestion))
      .sort((a, b) => (b.score ?? 0) - (a.score ?? 0));
  }

  /** @returns {Suggestion | null} the open suggestion in focus; a suggested diagnosis when no shape is left */
  get current() {
    const focused = this.store.suggestions.get(this.workspace.state.suggestion ?? '');
    return focused && isOpen(focused) ? focused : null;
  }

  /** @returns {Suggestion | null} what a key decides on: the one that the pointer came to last, else the one in focus */
  get target() {
    const pointed = this.store.suggestions.get(this.workspace.state.pointed ?? '');
    return pointed && isOpen(pointed) ? pointed : this.current;
  }

  /** @returns {number} suggestions on this image, decided or not */
  get total() {
    return this.store.suggestions.size;
  }

  /** @param {1 | -1} step @returns {Suggestion | null} the one after or before that in focus; at first the surest or the last */
  #neighbour(step) {
    const list = [...this.diagnoses, ...this.open];
    const at = list.findIndex(({id}) => id === this.workspace.state.suggestion);
    const first = step > 0 ? 0 : list.length - 1;
    return list[at < 0 ? first : at + step] ?? null;
  }

  /** @param {1 | -1} step @returns {boolean} */
  hasMore(step) {
    return this.#neighbour(step) !== null;
  }

  /** @param {1 | -1} step */
  move(step) {
    const next = this.#neighbour(step);
    if (next) this.focus(next);
  }

  /** @param {Suggestion} suggestion */
  focus(suggestion) {
    this.workspace.select([]);
    this.workspace.set({suggestion: suggestion.id, isRelabelling: false, showsSuggestions: true});
    this.bringIntoView(suggestion);
  }

  /** @param {Suggestion} suggestion */
  bringIntoView({geometry, frame}) {
    if (!geometry) return;
    if (frame !== null && frame !== this.viewer.frame) void this.viewer.frames?.setFrame(frame);
    const [x, y, width, height] = boundsOf(geometry);
    const [size, extent] = [this.viewer.map.getSize() ?? [0, 0], this.viewer.view.calculateExtent()];
    const isInside = x >= extent[0] && y >= -extent[3] && x + width <= extent[2] && y + height <= -extent[1];
    const onScreen = Math.max(width, height) / (this.viewer.view.getResolution() ?? 1);
    // A shape that can be judged where it is does not move under the reader's eyes.
    if (isInside && onScreen > 24 && onScreen < Math.max(...size)) return;
    this.viewer.fitTo([x, y, width, height], {padding: PADDING_PX, duration: 150});
  }

  #onFocus() {
    this.clock.begin(FOCUS);
    if (this.workspace.state.isRelabelling) this.workspace.set({isRelabelling: false});
  }

  /** After a decision the next one is in focus, so that a list is worked through with one key each. @param {Suggestion} decided */
  #advance(decided) {
    if (decided.id === this.workspace.state.pointed) {
      this.workspace.set({pointed: null});
      return;
    }
    const next = [...this.diagnoses, ...this.open].find((other) => comesAfter(other, decided));
    this.workspace.set({suggestion: next?.id ?? null, isRelabelling: false});
    if (next) this.bringIntoView(next);
  }

  /**
   * A suggested diagnosis goes into the diagnosis that is there, or begins one.
   * @param {Suggestion} suggestion
   * @returns {{into: string | null, form: Record<string, unknown> | null, activeSeconds: number}}
   */
  #circumstances(suggestion) {
    const activeSeconds = this.clock.take(suggestion.id === this.workspace.state.pointed ? POINTED : FOCUS);
    if (suggestion.geometry !== null) return {into: null, form: null, activeSeconds};
    const mark = [...this.store.marks.values()].find(({body}) => body.geometry === null && MarkingRules.isImageLevel(body.granularity));
    return {into: mark?.id ?? null, form: mark?.body.form ?? this.startingForm, activeSeconds};
  }

  /** @param {Suggestion | null} [suggestion] */
  accept(suggestion = this.target) {
    if (!suggestion) return;
    acceptSuggestion(this.store, suggestion, this.#circumstances(suggestion));
    this.#advance(suggestion);
  }

  /** Makes it a mark that is selected, ready to have its vertices moved. */
  edit() {
    const suggestion = this.current;
    if (!suggestion) return;
    const id = acceptSuggestion(this.store, suggestion, {...this.#circumstances(suggestion), verdict: 'edit'});
    this.workspace.set({suggestion: null, tool: 'select'});
    this.workspace.select([id]);
    if (suggestion.geometry) this.#makeRoom(suggestion.geometry);
  }

  /** Comes near enough to take hold of vertices. @param {Geometry} geometry */
  #makeRoom(geometry) {
    const bounds = boundsOf(geometry);
    const onScreen = Math.max(bounds[2], bounds[3]) / (this.viewer.view.getResolution() ?? 1);
    if (onScreen < EDITABLE_PX) this.viewer.fitTo(bounds, {padding: PADDING_PX, duration: 150, minResolution: EDITING_RESOLUTION});
  }

  startRelabelling() {
    if (!this.current) return;
    this.workspace.set({isRelabelling: true});
    this.say(t('Press the key of the right label, or click it.'));
  }

  /** @param {string} code label code */
  relabel(code) {
    const suggestion = this.current;
    if (!suggestion) return;
    const verdict = suggestion.labels[0] === code ? 'accept' : 'relabel';
    acceptSuggestion(this.store, suggestion, {
      ...this.#circumstances(suggestion),
      verdict,
      labels: verdict === 'relabel' ? [code] : undefined,
    });
    this.say(null);
    this.#advance(suggestion);
  }

  /** @param {'reject' | 'ignore'} verdict @param {string} [reason] */
  decline(verdict, reason = '') {
    const suggestion = this.target;
    if (!suggestion) return;
    declineSuggestion(this.store, suggestion, verdict, reason);
    this.#advance(suggestion);
  }
}

/** @param {Suggestion} other @param {Suggestion} decided whether `other` stands behind it in the list */
function comesAfter(other, decided) {
  if ((other.geometry === null) !== (decided.geometry === null)) return other.geometry !== null;
  const frames = (other.frame ?? 0) - (decided.frame ?? 0);
  return frames > 0 || (frames === 0 && (other.score ?? 0) <= (decided.score ?? 0));
}
