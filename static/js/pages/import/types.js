/** What the API says of imports, as the page uses it. */

/**
 * @typedef {object} CampaignImage
 * @property {string} id
 * @property {string} name
 * @property {number} width px of level 0
 * @property {number} height
 * @property {string} thumbnail_url
 *
 * @typedef {object} CampaignLabel
 * @property {string} code
 * @property {{ja: string, en: string}} display
 * @property {string} colour
 * @property {string[]} kinds of shape that may be imported with it
 *
 * @typedef {object} ImportPage
 * @property {string} imports_url
 * @property {number} max_bytes
 * @property {CampaignLabel[]} labels
 * @property {CampaignImage[]} images
 *
 * @typedef {{code: string, message: string, hint: string, place: string, detail: string}} PlacedProblem
 * @typedef {{code: string, message: string, hint?: string, count: number}} Counted
 *
 * @typedef {object} ImportRow
 * @property {string} id
 * @property {string} file_name
 * @property {string} format_title
 * @property {string} format
 * @property {string} state
 * @property {number} marks
 * @property {number} done
 * @property {PlacedProblem | null} error
 *
 * @typedef {object} FileImage
 * @property {string} name in the file; empty: it names none
 * @property {number | null} width
 * @property {number | null} height
 * @property {string | null} target
 * @property {string | null} proposed
 * @property {string} code
 * @property {string} message
 * @property {number} marks
 *
 * @typedef {object} FileLabel
 * @property {string} key
 * @property {string} text
 * @property {string} code
 * @property {string} system
 * @property {string} colour
 * @property {number} count
 * @property {string | null} proposed
 * @property {string} why
 *
 * @typedef {{label: string, kind: string, granularity: string, count: number}} Group
 * @typedef {{image: string, label: string, rings: number[][][]}} Sample
 *
 * @typedef {object} ImportDetail
 * @property {{images: Record<string, string>, classes: string[], y_axis: string}} options
 * @property {string[]} needs
 * @property {number} largest_shift_px
 * @property {FileImage[]} images
 * @property {FileLabel[]} labels
 * @property {Group[]} groups
 * @property {PlacedProblem[]} refused
 * @property {Counted[]} refused_counts
 * @property {Counted[]} notes
 * @property {Counted[]} losses
 * @property {{pointer: string, system: string, code: string, message: string}[]} warnings codes that a table of this site lacks
 * @property {Sample[]} samples
 * @property {{created: number, restored: number, already_there: number, left_out: Counted[], changed: Counted[],
 *   reads: {read: string, image: string, name: string, marks: number}[], undone?: number, kept?: string[]} | null} result
 *
 * @typedef {ImportRow & ImportDetail} Import
 */

export {};
