/**
 * Deciding on many suggestions at once. What is needed for it (lasso, bar, film strip) is fetched when it is asked for: most
 * images are read without.
 */

import {t, tn} from '../../lib/i18n.js';
import {later} from '../../lib/later.js';
import {decideMany, isOpen} from '../commands/suggestions.js';

/** @import {Registry} from '../../actions/registry.js' */
/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {ActivityClock} from '../activity.js' */
/** @import {Exposures} from '../exposures.js' */
/** @import {MarkingRules} from '../marking_rules.js' */
/** @import {SuggestionsLayer} from '../render/suggestions_layer.js' */
/** @import {Store} from '../store.js' */
/** @import {Suggestion} from '../types.js' */
/** @import {Workspace} from '../workspace.js' */
/** @import {FilmStrip} from './film_strip.js' */
/** @import {Lasso} from './lasso.js' */
/** @import {ManyBar} from './many_bar.js' */

const fetchLasso = later(() => import('./lasso.js'));
const fetchBar = later(() => import('./many_bar.js'));
const fetchStrip = later(() => import('./film_strip.js'));

const DECIDING = 'suggestions-at-once';

/**
 * @typedef {object} Parts
 * @property {Viewer} viewer
 * @property {Store} store
 * @property {Workspace} workspace
 * @property {MarkingRules} rules
 * @property {SuggestionsLayer} suggestions
 * @property {ActivityClock} clock
 * @property {Exposures} exposures
 * @property {Registry} registry
 * @property {(text: string | null, isProblem?: boolean) => void} say
 * @property {(suggestion: Suggestion) => void} show brings it into view
 */

export class SuggestionDesk {
  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
    /** @type {Lasso | null} */
    this.lasso = null;
    /** @type {ManyBar | null} */
    this.bar = null;
    /** @type {FilmStrip | null} */
    this.strip = null;
    const {workspace, store} = parts;
    store.observe(({decided, origin}) => {
      if ((decided.length > 0 || origin === 'remote') && this.open.length === 0) this.close();
    });
    workspace.observe((changed) => {
      if (changed.has('canWrite') && !workspace.state.canWrite) this.close();
      if ((changed.has('tool') || changed.has('isDrawing')) && workspace.state.isLassoing) workspace.set({isLassoing: false});
    });
  }

  /** @returns {Suggestion[]} with a shape, on any frame */
  get open() {
    return [...this.parts.store.suggestions.values()].filter((suggestion) => suggestion.geometry !== null && isOpen(suggestion));
  }

  /** @returns {Suggestion[]} large enough on the screen to be judged */
  get inView() {
    const {suggestions, store} = this.parts;
    return suggestions.inView().flatMap((id) => store.suggestions.get(id) ?? []);
  }

  /** @returns {Suggestion[]} chosen on the film strip */
  get chosen() {
    const {workspace, store} = this.parts;
    return [...workspace.state.chosen].flatMap((id) => store.suggestions.get(id) ?? []).filter(isOpen);
  }

  close() {
    this.parts.workspace.set({isLassoing: false, threshold: null, hasStrip: false, chosen: new Set()});
  }

  /** Time from now on goes into the next decision. */
  begin() {
    this.parts.clock.begin(DECIDING);
  }

  /**
   * One step for all of them; each has a decision of its own.
   * @param {Suggestion[]} suggestions @param {'accept' | 'reject' | 'ignore'} verdict
   * @param {string} [label] code of the label that they get
   * @returns {number} how many were decided on
   */
  decide(suggestions, verdict, label) {
    const {store, workspace, clock, say, rules} = this.parts;
    if (!workspace.state.canWrite) return 0;
    const given = label === undefined ? null : rules.byCode.get(label);
    const open = suggestions.filter((suggestion) => suggestion.geometry !== null && isOpen(suggestion));
    const meant = open.filter(({granularity}) => !given || rules.mayCarry(given, granularity));
    if (meant.length === 0) {
      say(open.length > 0 ? t('This label does not fit these suggestions.') : t('No suggestion is meant.'), true);
      return 0;
    }
    const ids = new Set(meant.map(({id}) => id));
    decideMany(store, meant, {verdict, label, activeSeconds: clock.take(DECIDING)});
    this.begin();
    const {suggestion, pointed} = workspace.state;
    if (suggestion && ids.has(suggestion)) workspace.set({suggestion: null, isRelabelling: false});
    if (pointed && ids.has(pointed)) workspace.set({pointed: null});
    say(outcome(verdict, meant.length));
    return meant.length;
  }

  /** Those were surely looked at: a line was drawn round them. @param {Suggestion[]} suggestions */
  noteSeen(suggestions) {
    this.parts.exposures.note(suggestions.map(({id}) => id));
  }

  async toggleLasso() {
    const {workspace} = this.parts;
    const isLassoing = !workspace.state.isLassoing;
    if (isLassoing) {
      this.begin();
      const {Lasso} = await fetchLasso();
      this.lasso ??= new Lasso(this);
    }
    workspace.set({isLassoing, showsSuggestions: true});
  }

  async toggleBar() {
    const {workspace} = this.parts;
    if (workspace.state.threshold) {
      workspace.set({threshold: null});
      return;
    }
    this.begin();
    const {ManyBar} = await fetchBar();
    this.bar ??= new ManyBar(this);
    this.bar.open();
  }

  async toggleStrip() {
    const {workspace} = this.parts;
    if (workspace.state.hasStrip) {
      workspace.set({hasStrip: false, chosen: new Set()});
      return;
    }
    this.begin();
    const {FilmStrip} = await fetchStrip();
    this.strip ??= new FilmStrip(this);
    this.strip.open();
  }
}

/** @param {'accept' | 'reject' | 'ignore'} verdict @param {number} count @returns {string} */
function outcome(verdict, count) {
  if (verdict === 'accept') return tn('{count} suggestion accepted. Undo takes it back.', '{count} suggestions accepted. Undo takes them back.', count);
  if (verdict === 'reject') return tn('{count} suggestion rejected. Undo takes it back.', '{count} suggestions rejected. Undo takes them back.', count);
  return tn('{count} suggestion ignored. Undo takes it back.', '{count} suggestions ignored. Undo takes them back.', count);
}
