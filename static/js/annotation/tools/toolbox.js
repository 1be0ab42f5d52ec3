/** The tools of a page: which one is in hand, and how they reach canvas, store and reader. */

import {t} from '../../lib/i18n.js';
import {later} from '../../lib/later.js';
import {createMark, createMarks, newBody, reshapeMarks} from '../commands/marks.js';
import {SketchLayer} from '../render/sketch_layer.js';
import {BrushRing} from '../render/brush_ring.js';
import {ModeBadge} from '../render/mode_badge.js';
import {holdOf} from './box/rule.js';
import {boxTool} from './box/tool.js';
import {comingTool} from './coming/tool.js';
import {ellipseTool} from './ellipse/tool.js';
import {freehandTool} from './freehand/tool.js';
import {pointTool} from './point/tool.js';
import {PalmGuard} from './palm_guard.js';
import {PointerFeed} from './pointer_feed.js';
import {polygonTool} from './polygon/tool.js';
import {problemText} from './problems.js';
import {ShapeEditor} from './select/shape_editor.js';
import {selectTool} from './select/tool.js';

/** @import {Api} from '../../lib/api.js' */
/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {ActivityClock} from '../activity.js' */
/** @import {DrawingTool, MarkingRules} from '../marking_rules.js' */
/** @import {MarksLayer} from '../render/marks_layer.js' */
/** @import {MasksLayer} from '../render/masks_layer.js' */
/** @import {SuggestionsLayer} from '../render/suggestions_layer.js' */
/** @import {Store} from '../store.js' */
/** @import {Geometry, Label} from '../types.js' */
/** @import {ToolName, Workspace} from '../workspace.js' */
/** @import {StateChart, ToolHost} from './chart.js' */
/** @import {Mode} from './combine/mode.js' */
/** @import {BrushParts} from './brush/host.js' */
/** @import {MeasuresLayer} from '../render/measures_layer.js' */
/** @import {SelectHost} from './select/tool.js' */

const DRAWING = 'drawing';
const NEUTRAL = '#ffffff';

/**
 * @typedef {object} Parts
 * @property {Viewer} viewer
 * @property {Store} store
 * @property {Workspace} workspace
 * @property {MarkingRules} rules
 * @property {MarksLayer} marks
 * @property {MasksLayer} masks
 * @property {SuggestionsLayer} suggestions
 * @property {ActivityClock} clock
 * @property {string} superpixelsUrl of the worker that finds superpixels
 * @property {Api} api
 * @property {string} readId
 * @property {(text: string | null, isProblem?: boolean) => void} say
 */

/** @param {ToolName} tool @returns {tool is DrawingTool} */
const isDrawingTool = (tool) => tool !== 'select' && tool !== 'ruler' && tool !== 'angle';

export class Toolbox {
  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
    const {viewer, workspace} = parts;
    this.sketch = new SketchLayer({viewer, colour: () => this.label?.colour ?? NEUTRAL});
    /** @type {string | null} the one mark that was selected when the shape in hand was begun */
    this.selectedBefore = null;
    const host = this.#drawingHost();
    /** @type {MeasuresLayer | null} null: on its way */
    this.measures = null;
    const select = this.#selectHost();
    /** @type {typeof import('./combine/combine.js').combine | null} null: on its way */
    this.combine = null;
    /** @type {typeof import('./empty_shapes.js').emptyShapes | null} null: on its way */
    this.emptyShapes = null;
    const coming = comingTool(parts.say, later(() => this.#fetchRegionTools(host)));
    const comingPrompt = parts.rules.campaign.prompts ? comingTool(parts.say, later(() => this.#fetchPromptTool(host))) : undefined;
    const comingMeasure = comingTool(parts.say, later(() => this.#fetchMeasureTools(host)));
    /** @type {Partial<Record<ToolName, StateChart>> & {select: StateChart}} */
    this.tools = {
      select: selectTool(select),
      box: boxTool(host, () => holdOf(workspace.state.boxRule, viewer.manifest.spacing)),
      polygon: polygonTool(host),
      freehand: freehandTool(host),
      point: pointTool(host),
      ellipse: ellipseTool(host),
      brush: coming,
      eraser: coming,
      wand: coming,
      superpixel: coming,
      prompt: comingPrompt,
      ruler: comingMeasure,
      angle: comingMeasure,
    };
    this.editor = new ShapeEditor({viewer, marks: parts.marks, host: select});
    this.palms = new PalmGuard(viewer.canvas);
    this.feed = new PointerFeed(viewer, () => this.current);
    viewer.addInteraction(this.feed);
    viewer.addInteraction(this.editor.modify);
    this.editor.modify.setActive(workspace.state.tool === 'select');
    workspace.observe((changed) => this.#onWorkspace(changed));
    viewer.onChange(({kind}) => {
      if (kind === 'frame') this.#onFrame();
    });
    this.badge = new ModeBadge({canvas: viewer.canvas, isWanted: () => workspace.state.canWrite && this.current.takesModes});
    this.toolInHand = workspace.state.tool;
    this.current.state.enter?.();
  }

  /** @returns {StateChart} */
  get current() {
    return this.tools[this.parts.workspace.state.tool] ?? this.tools.select;
  }

  /** @param {ToolName} name @param {StateChart} tool that came later */
  add(name, tool) {
    this.tools[name] = tool;
    if (this.toolInHand === name) this.current.state.enter?.();
  }

  /** @param {ToolHost} host */
  async #fetchRegionTools(host) {
    const {regionTools, combine, emptyShapes} = await import('./region_tools.js');
    this.combine = combine;
    this.emptyShapes = emptyShapes;
    const tools = regionTools(this.#brushParts(), host, this.parts);
    for (const name of /** @type {const} */ (['brush', 'eraser', 'wand', 'superpixel'])) this.add(name, tools[name]);
  }

  /** @param {ToolHost} host */
  async #fetchPromptTool(host) {
    const [{promptTool}, {promptHost}] = await Promise.all([import('./prompt/tool.js'), import('./prompt/host.js')]);
    const spent = () => this.parts.clock.take(DRAWING);
    this.add('prompt', promptTool(promptHost(host, {...this.parts, label: () => this.label, spent})));
  }

  /** @param {ToolHost} host */
  async #fetchMeasureTools(host) {
    const {measureTools} = await import('./measure_tools.js');
    const {tools, layer} = measureTools(host, this.parts);
    this.measures = layer;
    this.add('ruler', tools.ruler);
    this.add('angle', tools.angle);
  }

  /** @returns {Label | null} */
  get label() {
    const {label} = this.parts.workspace.state;
    return label === null ? null : (this.parts.rules.byCode.get(label) ?? null);
  }

  /** Esc: gives up what is begun; with nothing begun, clears the selection. */
  cancel() {
    if (this.editor.revert()) return;
    this.current.handle('cancel');
  }

  /** @param {Set<string>} changed */
  #onWorkspace(changed) {
    const {tool, selection} = this.parts.workspace.state;
    if (changed.has('tool')) {
      if (this.toolInHand !== 'select') this.tools[this.toolInHand]?.reset();
      this.toolInHand = tool;
      this.editor.modify.setActive(tool === 'select');
      this.parts.viewer.canvas.style.cursor = tool === 'select' ? '' : 'crosshair';
      this.current.state.enter?.();
    } else if ((changed.has('label') || changed.has('boxRule') || changed.has('brushPushes') || changed.has('superpixelPx')) && !this.parts.workspace.state.isDrawing) this.current.state.enter?.();
    if (changed.has('selection') || changed.has('locked') || changed.has('tool')) this.#editOnly(selection);
  }

  /** @param {ReadonlySet<string>} selection */
  #editOnly(selection) {
    const {locked, tool} = this.parts.workspace.state;
    const [id] = selection;
    this.editor.edit(selection.size === 1 && !locked.has(id) ? id : null, tool === 'select');
  }

  /** An outline belongs to one frame: whoever scrolls away gives it up. */
  #onFrame() {
    if (this.parts.workspace.state.isDrawing) this.current.reset();
    this.#editOnly(this.parts.workspace.state.selection);
  }

  /** @param {{needsLabel: boolean}} [need] @returns {string | null} why the tool in hand cannot draw */
  #obstacle({needsLabel} = {needsLabel: true}) {
    const {workspace, rules, viewer} = this.parts;
    const {tool, canWrite} = workspace.state;
    if (!canWrite) return t('This read cannot be changed.');
    if (viewer.frames && viewer.frame === null) return t('Wait until the frame is shown.');
    if (viewer.frames && !viewer.frames.settled) {
      return viewer.frames.playing ? t('Pause the video to mark a frame.') : t('Wait until the frame is shown.');
    }
    if (!needsLabel) return null;
    if (!this.label) return t('Choose a label first.');
    if (isDrawingTool(tool) && rules.granularityFor(tool, this.label) === null) return t('This label is drawn with another tool.');
    return null;
  }

  /** @returns {ToolHost} */
  #drawingHost() {
    const {viewer, workspace, clock, say} = this.parts;
    return {
      image: viewer.manifest,
      resolution: () => viewer.view.getResolution() ?? 1,
      obstacle: (mode = null) => this.#obstacle({needsLabel: mode === null}),
      sketch: (sketch) => this.sketch.show(sketch),
      say,
      begin: () => {
        clock.begin(DRAWING);
        this.#noteSelected();
        workspace.select([]);
        workspace.set({isDrawing: true, suggestion: null});
      },
      end: () => workspace.set({isDrawing: false}),
      finish: (geometry, mode = null) => this.#finish(geometry, mode),
    };
  }

  /** @returns {BrushParts} */
  #brushParts() {
    const {viewer, store, workspace, rules, marks, masks, clock, say} = this.parts;
    return {
      marks,
      masks,
      viewer,
      store,
      workspace,
      rules,
      say,
      ring: new BrushRing({canvas: viewer.canvas, workspace}),
      label: () => this.label,
      spent: () => clock.take(DRAWING),
      obstacle: (need) => this.#obstacle(need),
      sketch: (sketch) => this.sketch.show(sketch),
      begin: (kind) => {
        clock.begin(DRAWING);
        if (kind === 'new') workspace.select([]);
        workspace.set({isDrawing: true, suggestion: null});
      },
      end: () => workspace.set({isDrawing: false}),
    };
  }

  /** A shape that is drawn on after it was refused was begun once. */
  #noteSelected() {
    const {selection, isDrawing} = this.parts.workspace.state;
    if (!isDrawing) this.selectedBefore = selection.size === 1 ? [...selection][0] : null;
  }

  /** @param {Geometry} geometry @param {Mode | null} mode @returns {string | null} why nothing came of it */
  #finish(geometry, mode) {
    const {viewer, clock} = this.parts;
    const resolution = viewer.view.getResolution() ?? 1;
    if (mode && !this.combine) return t('One moment.');
    const met = mode && this.combine?.({...this.parts, resolution, spent: () => clock.take(DRAWING)}, geometry, mode, this.selectedBefore);
    if (met === 'done') return null;
    if (met && met !== 'alone') return met.problem;
    const obstacle = this.#obstacle();
    return obstacle ?? this.#make(geometry);
  }

  /** @param {Geometry} geometry @returns {string | null} why nothing came of it */
  #make(geometry) {
    const {store, workspace, rules, viewer, clock} = this.parts;
    const {label} = this;
    const granularity = label && rules.granularityFor(/** @type {DrawingTool} */ (workspace.state.tool), label);
    if (!label || !granularity) return null;
    const common = {granularity, frame: viewer.frame, labels: [label.code]};
    const resolution = viewer.view.getResolution() ?? 1;
    const shapes = workspace.state.paintsOnlyEmpty && this.emptyShapes ? this.emptyShapes({store, rules, resolution}, geometry, common) : [geometry];
    if (shapes === null) return problemText('geometry_too_many_vertices');
    if (shapes.length === 0) return t('Nothing within this shape is empty.');
    const spent = clock.take(DRAWING);
    const bodies = shapes.map((shape, at) => newBody({...common, geometry: shape, activeSeconds: at === 0 ? spent : 0}));
    workspace.select([bodies.length === 1 ? createMark(store, bodies[0]) : createMarks(store, bodies)[0]]);
    return null;
  }

  /** @returns {string} */
  #selectHint() {
    const {workspace, rules} = this.parts;
    if (!workspace.state.canWrite) return t('Click a mark to see it.');
    if (rules.isDiagnosisOnly) return t('Choose the diagnosis by its key, then press Enter: submit and next.');
    return t('Click a mark to select it; drag it or its vertices to change it. A label key relabels the one under the pointer.');
  }

  /** @returns {SelectHost} */
  #selectHost() {
    const {viewer, store, workspace, marks, suggestions, clock, say} = this.parts;
    return {
      image: viewer.manifest,
      resolution: () => viewer.view.getResolution() ?? 1,
      canWrite: () => workspace.state.canWrite,
      say,
      hint: () => this.#selectHint(),
      markAt: (point, tolerance) => marks.at(point, tolerance),
      suggestionAt: (point, tolerance) => suggestions.at(point, tolerance),
      selected: () => [...workspace.state.selection].flatMap((id) => (workspace.state.locked.has(id) ? [] : (store.seen(id) ?? []))),
      select: (id, add) => {
        if (id === null) workspace.select([]);
        else if (add) workspace.toggleSelected(id);
        else workspace.select([id]);
        if (id !== null && workspace.state.selection.size === 1) clock.begin(id);
      },
      focusSuggestion: (id) => workspace.set({suggestion: id}),
      preview: (id, geometry) => marks.preview(id, geometry),
      reshape: (shapes) => {
        reshapeMarks(
          store,
          shapes.map((shape) => ({...shape, activeSeconds: this.#spentOn(shape.id)})),
        );
        // What was dragged and put back where it was is no change; the drawing still has to follow.
        for (const {id} of shapes) marks.refresh(id);
      },
      revert: (ids) => {
        for (const id of ids) marks.refresh(id);
      },
      cursor: (cursor) => {
        viewer.canvas.style.cursor = cursor;
      },
    };
  }

  /** @param {string} id @returns {number} active seconds since the mark was selected, or since its last change */
  #spentOn(id) {
    const spent = this.parts.clock.take(id);
    this.parts.clock.begin(id);
    return spent;
  }
}
