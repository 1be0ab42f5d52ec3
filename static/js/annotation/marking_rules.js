/** What a campaign asks for, worked out once: which labels are drawn, with which tools, at which granularity. */

/** @import {Geometry, Granularity, Label, ReadBundle} from './types.js' */

/** @typedef {'box' | 'polygon' | 'freehand' | 'point' | 'ellipse' | 'brush' | 'eraser' | 'wand' | 'superpixel' | 'prompt'} DrawingTool */
/** @typedef {ReadBundle['campaign']} CampaignBundle */

/** @type {Record<Granularity, (Geometry['type'] | null)[]>} which shapes each granularity takes; null: the whole image */
const KINDS = {
  presence: [null],
  diagnosis: [null],
  tissue: [null, 'Rectangle', 'Polygon', 'MultiPolygon'],
  point: ['Point'],
  box: ['Rectangle'],
  region: ['Polygon', 'MultiPolygon', 'Mask'],
  cell: ['Polygon', 'Mask'],
  term: [],
  report: [],
  exam: [],
};

/** @type {Record<DrawingTool, Geometry['type']>} */
const TOOL_KINDS = {
  box: 'Rectangle',
  polygon: 'Polygon',
  freehand: 'Polygon',
  point: 'Point',
  ellipse: 'Polygon',
  brush: 'Polygon',
  eraser: 'Polygon',
  wand: 'Polygon',
  superpixel: 'Polygon',
  prompt: 'Polygon',
};

/** Come with every campaign that has outlines drawn. @type {DrawingTool[]} */
const COMING_ALONG = ['ellipse', 'brush', 'eraser', 'wand', 'superpixel'];

/** @type {Granularity[]} */
const IMAGE_LEVEL = ['diagnosis', 'presence'];

export class MarkingRules {
  /** @param {CampaignBundle} campaign */
  constructor(campaign) {
    this.campaign = campaign;
    this.labels = campaign.label_set.labels;
    /** @type {Map<string, Label>} */
    this.byCode = new Map(this.labels.map((label) => [label.code, label]));
    const known = /** @type {DrawingTool[]} */ (campaign.tools.filter((tool) => tool in TOOL_KINDS));
    /** @type {DrawingTool[]} */
    const comingAlong = campaign.prompts ? [...COMING_ALONG, 'prompt'] : COMING_ALONG;
    const named = known.filter((tool) => !COMING_ALONG.includes(tool) && tool !== 'prompt');
    this.tools = named.some((tool) => TOOL_KINDS[tool] === 'Polygon') ? [...named, ...comingAlong] : named;
    const roles = campaign.diagnosis.label_roles ?? [];
    this.diagnosisLabels = this.labels.filter((label) => roles.includes(label.role) && this.imageGranularity(label) !== null);
    this.drawnLabels = this.labels.filter((label) => this.toolsFor(label).length > 0);
  }

  /** @returns {boolean} whether anything is said of the image as a whole */
  get asksDiagnosis() {
    return this.diagnosisLabels.length > 0 || this.campaign.form !== null;
  }

  /** @returns {boolean} whether a reading is nothing but a diagnosis */
  get isDiagnosisOnly() {
    return this.tools.length === 0;
  }

  /** @param {Label} label @param {Granularity} granularity */
  #mayUse(label, granularity) {
    return label.granularities.length === 0 || label.granularities.includes(granularity);
  }

  /**
   * @param {DrawingTool} tool @param {Label} label
   * @returns {Granularity | null} what a shape of this tool says with this label; null: they do not go together
   */
  granularityFor(tool, label) {
    return this.granularityOf(TOOL_KINDS[tool], label);
  }

  /** @param {Geometry['type']} kind @param {Label} label @returns {Granularity | null} what such a shape says with this label */
  granularityOf(kind, label) {
    return (
      this.campaign.granularities.find((granularity) => KINDS[granularity]?.includes(kind) && this.#mayUse(label, granularity)) ?? null
    );
  }

  /** @param {Granularity} granularity @param {Geometry['type']} kind @returns {boolean} */
  takes(granularity, kind) {
    return KINDS[granularity].includes(kind);
  }

  /** @param {Label} label @returns {DrawingTool[]} */
  toolsFor(label) {
    return this.tools.filter((tool) => this.granularityFor(tool, label) !== null);
  }

  /** @param {Label | null} label @returns {Granularity | null} at which the label speaks of the whole image */
  imageGranularity(label) {
    // The server adds `diagnosis` itself wherever a campaign names roles for it.
    const asked = this.campaign.granularities.includes('presence') ? IMAGE_LEVEL : IMAGE_LEVEL.slice(0, 1);
    if (!label) return this.campaign.granularities.includes('diagnosis') ? 'diagnosis' : (asked.at(-1) ?? 'diagnosis');
    return asked.find((granularity) => this.#mayUse(label, granularity)) ?? null;
  }

  /** @param {Granularity} granularity @returns {boolean} */
  static isImageLevel(granularity) {
    return IMAGE_LEVEL.includes(granularity);
  }

  /** @param {Label} label @param {Granularity} granularity @returns {boolean} whether a mark may be relabelled to it */
  mayCarry(label, granularity) {
    return this.#mayUse(label, granularity);
  }
}
