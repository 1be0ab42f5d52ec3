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
 * @property {string} tile_url with places {level} {column} {row}
 * @property {string | null} [srgb_tile_url] the same with the slide's colour profile applied; null for other images
 * @property {string} frame_url with place {frame}, 0-based
 * @property {string} thumbnail_url
 * @property {Record<string, unknown>} [acquisition]
 * @property {string[]} [warnings]
 * @property {number} [grant_ttl_s]
 */

export {};
