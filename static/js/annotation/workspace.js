/**
 * What a person has in hand and in view: tool, label, selection, what is hidden. Nothing here is saved; the store holds
 * what is.
 */

import {FREE_BOX} from './tools/box/rule.js';
import {SUPERPIXEL_PX} from './tools/superpixel/size.js';
import {TOLERANCE} from './tools/wand/tolerance.js';

/** @import {BoxRule} from './tools/box/rule.js' */

/** @typedef {'select' | 'box' | 'polygon' | 'freehand' | 'point' | 'ellipse' | 'brush' | 'eraser' | 'wand' | 'superpixel' | 'prompt' | 'ruler' | 'angle' | 'cells'} ToolName */

/**
 * @typedef {object} Layers
 * @property {ReadonlySet<string>} labels codes of labels whose marks and suggestions are hidden; '' for those without a label
 * @property {ReadonlySet<string>} origins of marks that are hidden: manual, suggestion
 * @property {number} opacity of marks, 0.1 to 1
 * @property {'faint' | 'none' | 'strong'} fill of marks
 */

/** @type {Readonly<Layers>} */
export const ALL_LAYERS = Object.freeze({labels: new Set(), origins: new Set(), opacity: 1, fill: 'faint'});

/**
 * @typedef {object} WorkspaceState
 * @property {ToolName} tool
 * @property {number} brushPx how wide brush and eraser are; screen px
 * @property {boolean} paintsOnlyEmpty the brush leaves out what neighbouring marks have
 * @property {boolean} brushPushes the brush pushes the border of the selected region
 * @property {boolean} penPressure a pen that presses less paints less wide
 * @property {boolean} brushPixels new marks of the brush are masks
 * @property {number} wandTolerance how far colours may lie apart, of 256
 * @property {number} superpixelPx how wide superpixels are; screen px
 * @property {Readonly<BoxRule>} boxRule what boxes are held to
 * @property {string | null} label code of the label that the next mark gets
 * @property {ReadonlySet<string>} selection ids of marks
 * @property {string | null} pointedMark id of the mark under the pointer while nothing is selected
 * @property {ReadonlySet<string>} hidden ids of marks that are not drawn
 * @property {number} cells how many cells of layers are chosen
 * @property {ReadonlySet<string>} locked ids of marks that are neither hit nor changed
 * @property {string | null} suggestion id of the suggestion in focus
 * @property {string | null} pointed id of the suggestion that the pointer came to after the focus was set
 * @property {ReadonlySet<string>} chosen ids of the suggestions that are chosen on the film strip
 * @property {boolean} isLassoing what is drawn now goes around suggestions
 * @property {import('./suggestions/batches.js').Threshold | null} threshold which suggestions in view are about to be decided on
 * @property {boolean} hasStrip
 * @property {Layers} layers how marks are shown, and which are not
 * @property {boolean} showsSuggestions
 * @property {boolean} isPeeking everything drawn is out of the way while a key is held
 * @property {boolean} isRelabelling the next label key goes to the suggestion in focus
 * @property {boolean} hasMeasures something was measured that can be wiped away
 * @property {boolean} isDrawing a shape is begun and not finished
 * @property {boolean} hasPanel
 * @property {boolean} canWrite
 */

/** @type {Readonly<WorkspaceState>} */
const AT_FIRST = Object.freeze({
  tool: 'select',
  brushPx: 32,
  paintsOnlyEmpty: false,
  brushPushes: false,
  brushPixels: false,
  penPressure: false,
  wandTolerance: TOLERANCE.first,
  superpixelPx: SUPERPIXEL_PX.first,
  boxRule: FREE_BOX,
  label: null,
  selection: new Set(),
  pointedMark: null,
  hidden: new Set(),
  cells: 0,
  locked: new Set(),
  suggestion: null,
  pointed: null,
  chosen: new Set(),
  isLassoing: false,
  threshold: null,
  hasStrip: false,
  layers: ALL_LAYERS,
  showsSuggestions: true,
  isPeeking: false,
  isRelabelling: false,
  hasMeasures: false,
  isDrawing: false,
  hasPanel: true,
  canWrite: false,
});

export class Workspace {
  /** @param {Partial<WorkspaceState>} [initial] */
  constructor(initial = {}) {
    /** @type {Readonly<WorkspaceState>} */
    this.state = {...AT_FIRST, ...initial};
    /** @type {Set<(changed: Set<keyof WorkspaceState>) => void>} */
    this.listeners = new Set();
  }

  /** @param {Partial<WorkspaceState>} patch */
  set(patch) {
    const keys = /** @type {(keyof WorkspaceState)[]} */ (Object.keys(patch));
    const changed = new Set(keys.filter((key) => patch[key] !== this.state[key]));
    if (changed.size === 0) return;
    this.state = {...this.state, ...patch};
    for (const listener of this.listeners) listener(changed);
  }

  /** @param {(changed: Set<keyof WorkspaceState>) => void} listener @returns {() => void} */
  observe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** @param {Iterable<string>} ids */
  select(ids) {
    const selection = new Set(ids);
    const same = selection.size === this.state.selection.size && [...selection].every((id) => this.state.selection.has(id));
    if (!same) this.set({selection});
  }

  /** @param {string} id */
  toggleSelected(id) {
    const selection = new Set(this.state.selection);
    if (!selection.delete(id)) selection.add(id);
    this.set({selection});
  }

  /** @param {string} id */
  unlock(id) {
    this.set({locked: new Set([...this.state.locked].filter((other) => other !== id))});
  }

  /** @param {string} id */
  toggleHidden(id) {
    const hidden = new Set(this.state.hidden);
    if (!hidden.delete(id)) hidden.add(id);
    this.set({hidden});
  }
}
