/**
 * The shapes that marks, reads and suggestions have in the API and in the browser. Coordinates are level-0 continuous
 * pixels (x right, y down) on a 1/8 px grid; frames count from 0.
 *
 * @typedef {[number, number]} Position level-0 px
 * @typedef {Position[]} Ring closed: the last position repeats the first
 * @typedef {{type: 'Point', coordinates: Position}} PointGeometry
 * @typedef {{type: 'Rectangle', bbox: [number, number, number, number]}} RectangleGeometry x, y, width, height
 * @typedef {{type: 'Polygon', coordinates: Ring[]}} PolygonGeometry outline first, then holes
 * @typedef {{type: 'MultiPolygon', coordinates: Ring[][]}} MultiPolygonGeometry
 * @typedef {{type: 'Mask', tiles: [column: number, row: number, runs: string][]}} MaskGeometry whole pixels, see masks/tiles.js
 * @typedef {PointGeometry | RectangleGeometry | PolygonGeometry | MultiPolygonGeometry | MaskGeometry} Geometry
 * @typedef {Exclude<Geometry, MaskGeometry>} OutlineGeometry
 *
 * @typedef {{frame: number, outside: boolean, geometry?: OutlineGeometry}} Keyframe what a person said on a frame; no geometry: outside from here on
 * @typedef {{type: 'Track', interpolation: 'linear' | 'none', keyframes: Keyframe[]}} Track one mark on many frames
 *
 * @typedef {'presence' | 'diagnosis' | 'tissue' | 'point' | 'box' | 'region' | 'cell' | 'term' | 'report' | 'exam'} Granularity the last three: of reports, and of the whole examination
 * @typedef {'definite' | 'probable' | 'possible' | 'indeterminate'} Certainty
 * @typedef {{method: string, status: string}} Basis
 *
 * @typedef {object} Body what a mark says; the server keeps each version of it
 * @property {Granularity} granularity
 * @property {number | null} frame 0-based; null on images without frames and for the whole image
 * @property {Geometry | Track | null} geometry null for a diagnosis of the whole image
 * @property {string[]} labels codes of the label set, the primary one first
 * @property {string} text
 * @property {Record<string, unknown> | null} form
 * @property {Certainty | null} certainty
 * @property {Basis[]} basis
 * @property {'manual' | 'suggestion' | 'import'} origin
 * @property {string | null} suggestion_id
 * @property {number} active_seconds
 * @property {SpanBody} [span] of a mark on a report
 * @property {{layer_id: string, number: number} | null} [cell] of a mark that was made of a cell of a layer; kept ever after
 * @property {Citation[] | null} [cites] of a finding of the whole examination: what shows it
 *
 * @typedef {{image_id: string, frame: number | null, annotation_id: string | null}} Citation frame from 0; a mark of the same reader
 *
 * @typedef {{system: string, code: string, display: string}} SpanCoding a code that the label set lacks
 *
 * @typedef {object} SpanBody where on a report
 * @property {string} report_id
 * @property {string} digest of the text that the offsets are of
 * @property {number | null} start Unicode code points; null: the whole report
 * @property {number | null} end behind the last code point
 * @property {'positive' | 'negated' | 'suspected'} polarity
 * @property {SpanCoding | null} coding
 *
 * @typedef {object} Stored what the server adds
 * @property {string} id
 * @property {number} revision
 * @property {number} sequence the read's list revision when this mark last changed
 * @property {boolean} deleted
 *
 * @typedef {Body & Stored} Annotation
 *
 * @typedef {'put' | 'delete' | 'decide' | 'cells'} Verb
 * @typedef {'accept' | 'edit' | 'relabel' | 'reject' | 'ignore' | 'undo'} Verdict
 *
 * @typedef {object} Operation
 * @property {string} operation_id
 * @property {Verb} verb
 * @property {string | null} annotation_id
 * @property {number} base_revision 0 makes a new annotation
 * @property {Body | null} annotation
 * @property {string | null} suggestion_id
 * @property {Verdict | null} verdict
 * @property {string} [reason]
 * @property {string} [layer_id] for the verb cells
 * @property {{kind: 'relabel' | 'accept' | 'delete' | 'undo', cells?: number[], label?: string, undoes?: string}} [change] likewise
 *
 * @typedef {{code: string, message: string, hint?: string, pointer?: string | null}} Problem
 *
 * @typedef {object} OperationResult
 * @property {string} operation_id
 * @property {'applied' | 'replayed' | 'conflict' | 'rejected'} status
 * @property {Annotation | null} annotation
 * @property {Problem | null} error
 *
 * @typedef {object} Label
 * @property {string} code
 * @property {string} role
 * @property {{ja: string, en: string}} display
 * @property {string} colour #rrggbb
 * @property {string} key
 * @property {string | null} parent
 * @property {Granularity[]} granularities
 *
 * @typedef {object} FormUi
 * @property {string[]} [order]
 * @property {Record<string, {ja?: string, en?: string, unit?: string, options?: Record<string, {ja?: string, en?: string}>}>} [fields]
 *
 * @typedef {object} ReadBundle
 * @property {string} id
 * @property {'open' | 'submitted'} state
 * @property {number} sequence
 * @property {boolean} can_write
 * @property {number} active_seconds
 * @property {string} opened_at
 * @property {string | null} submitted_at
 * @property {string} image_id
 * @property {{id: number | string, name: string}} reader
 * @property {boolean} has_cell_layers
 * @property {boolean} has_reports
 * @property {boolean} has_exam the campaign has other images of the subject
 * @property {object} campaign
 * @property {string} campaign.id
 * @property {{ja: string, en: string}} campaign.name
 * @property {{ja: string, en: string, version: string}} campaign.protocol
 * @property {Granularity[]} campaign.granularities
 * @property {string[]} campaign.tools
 * @property {{id: string, version: string, labels: Label[]}} campaign.label_set
 * @property {{id: string, version: string, schema: Record<string, any>, ui: FormUi} | null} campaign.form
 * @property {{required: boolean, label_roles?: string[], ask_certainty?: boolean, ask_basis?: boolean, basis_methods?: string[]}} campaign.diagnosis
 * @property {boolean} campaign.suggestions
 * @property {boolean} campaign.prompts its model outlines what a reader points at
 *
 * @typedef {object} Suggestion
 * @property {string} id
 * @property {string} run_id
 * @property {number | null} frame
 * @property {Granularity} granularity
 * @property {OutlineGeometry | null} geometry
 * @property {string[]} labels
 * @property {number | null} score 0 to 1
 * @property {number | null} uncertainty
 * @property {{name: string, version: string}} model
 * @property {{verdict: Verdict, at?: string} | null} decision
 *
 * @typedef {object} SyncStatus where a mark stands between this browser and the server
 * @property {'saved' | 'held' | 'refused' | 'conflict'} kind
 * @property {Problem | null} [problem] why it was refused
 * @property {Annotation | null} [theirs] what the server holds, for a conflict
 *
 * @typedef {object} Mark a mark in the store
 * @property {string} id
 * @property {number} revision as last confirmed by the server; 0: not there yet
 * @property {Readonly<Body>} body
 * @property {SyncStatus} status
 *
 * @typedef {Omit<Body, 'geometry'> & {geometry: Geometry | null, seen?: Seen}} SeenBody what a mark says on the frame on screen; committed,
 *   its shape becomes a keyframe of the track, and no shape is outside from here on
 * @typedef {{track: Track, frame: number, image: {count: number, isStack: boolean}}} Seen
 * @typedef {Omit<Mark, 'body'> & {body: Readonly<SeenBody>}} SeenMark
 */

export {};
