/**
 * The shapes that the viewer receives from the server (`GET /api/images/{id}/`).
 *
 * @typedef {object} Level
 * @property {number} index 0 is full resolution
 * @property {number} downsample level-0 px per level px, at least 1
 * @property {number} width px of this level
 * @property {number} height px of this level
 * @property {number} tile_width px
 * @property {number} tile_height px
 * @property {number} columns tiles across
 * @property {number} rows tiles down
 *
 * @typedef {object} Spacing
 * @property {number} x_um micrometres per level-0 px along x
 * @property {number} y_um micrometres per level-0 px along y
 * @property {string} [source] where the file says so
 *
 * @typedef {object} Window a VOI window in rescaled values (Hounsfield units on CT)
 * @property {number} center
 * @property {number} width at least 1
 * @property {string} [name]
 *
 * @typedef {object} Frames
 * @property {number} count
 * @property {'values' | 'colour'} encoding
 * @property {number | null} frame_time_ms
 * @property {Window[]} windows
 * @property {boolean} invert MONOCHROME1
 * @property {(number | null)[] | null} positions_mm along the normal of the slices
 *
 * @typedef {object} Channel ranges are in steps; a stored value is offset + step * number
 * @property {string} name may be empty
 * @property {string} colour #rrggbb
 * @property {number | null} emission_nm
 * @property {boolean} shown before anybody chose
 * @property {number} low shown black, as sampled
 * @property {number} high shown full, as sampled
 * @property {number} limit the largest step
 * @property {number} offset
 * @property {number} step
 * @property {{low: number, high: number, counts: number[]}} histogram
 *
 * @typedef {object} Planes plane m * z + f is focus f at moment m, from 0
 * @property {number} count
 * @property {number} z
 * @property {number} t
 * @property {number} first shown before anybody chose
 * @property {number | null} z_step_um
 *
 * @typedef {object} Manifest
 * @property {string} id
 * @property {string} name
 * @property {'slide' | 'frames' | 'photograph'} kind
 * @property {string | null} modality DICOM modality code
 * @property {number} width level-0 px
 * @property {number} height level-0 px
 * @property {number | string} revision
 * @property {Level[]} levels empty for a frame stack
 * @property {Spacing | null} spacing
 * @property {number | null} objective_power
 * @property {Frames | null} frames
 * @property {Channel[] | null} [channels]
 * @property {Planes | null} [planes]
 * @property {string} [view_url] `tile_url` with a place {view} besides
 * @property {string} tile_url with places {level} {column} {row}
 * @property {string} frame_url with place {frame}, 0-based
 * @property {string} thumbnail_url
 * @property {Record<string, unknown>} [acquisition]
 * @property {string[]} [warnings]
 * @property {number} [grant_ttl_s]
 */

export {};
