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
 * @property {'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID'} [function] LINEAR where absent
 * @property {{first: number, levels: string}} [table] a VOI LUT in place of the window: greys, a byte each, in base64
 *
 * @typedef {object} FramePart
 * @property {number} start 0-based
 * @property {number} count
 * @property {Record<string, string | number>} values what differs between the kinds
 *
 * @typedef {object} Frames
 * @property {number} count
 * @property {'values' | 'colour'} encoding
 * @property {number | null} frame_time_ms
 * @property {Window[]} windows
 * @property {boolean} invert MONOCHROME1
 * @property {(number | null)[] | null} positions_mm along the normal of the slices
 * @property {FramePart[]} [parts] runs of frames of one kind; empty where all are of one
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
 * @typedef {object} Strip small pictures of frames in one JPEG, in rows from left to right
 * @property {string} url
 * @property {number[]} frames 0-based, rising
 * @property {number} columns
 * @property {number} width px of a small picture
 * @property {number} height
 *
 * @typedef {object} Video
 * @property {string} codec
 * @property {string} media_type as RFC 6381 has it
 * @property {string | null} stream_url null where only frames are served
 * @property {string} times_url
 * @property {Strip} strip
 * @property {number} duration_s
 * @property {boolean} varies frames are shown for different times
 * @property {number[]} pixel_aspect
 * @property {number} turn_degrees clockwise, that makes the stored picture upright; done already on frames
 *
 * @typedef {object} Manifest
 * @property {string} id
 * @property {string} name
 * @property {'slide' | 'frames' | 'photograph' | 'video'} kind
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
 * @property {Video | null} [video]
 * @property {string} tile_url with places {level} {column} {row}
 * @property {string | null} [srgb_tile_url] the same with the slide's colour profile applied; null for other images
 * @property {string} frame_url with place {frame}, 0-based
 * @property {string} overlay_url with place {frame}; only for frames that say they have overlays
 * @property {string} thumbnail_url
 * @property {string | null} [presentations_url] where the presentation states are, if there are any
 * @property {Record<string, unknown>} [acquisition]
 * @property {string[]} [warnings]
 * @property {number} [grant_ttl_s]
 */

/**
 * How somebody wanted an image to be shown (a DICOM presentation state). Points are level-0 px, frames count from 0.
 *
 * @typedef {[number, number]} Point
 *
 * @typedef {object} Shape
 * @property {'point' | 'polyline' | 'curve' | 'circle' | 'ellipse' | 'rectangle' | 'polygon'} kind
 * @property {Point[]} points circle: centre and a point on it; ellipse: ends of one axis, then of the other; rectangle: corners
 * @property {boolean} [filled]
 *
 * @typedef {object} DrawnText
 * @property {string[]} lines
 * @property {[Point, Point] | null} box
 * @property {Point | null} anchor
 * @property {boolean} line_to_anchor
 *
 * @typedef {object} Presentation
 * @property {string} id
 * @property {string} name
 * @property {string} description
 * @property {number[]} frames that it is for
 * @property {{slope: number, intercept: number} | null} modality in place of the file's own
 * @property {{frames: number[] | null, window: Window}[]} voi frames: null for all that it is for
 * @property {boolean | null} inverse true: low values are bright, whatever the file says
 * @property {number[] | null} greys 256 greys for the 256 of the window
 * @property {{frames: number[] | null, start: Point, end: Point, mode: string}[]} areas
 * @property {number} rotation degrees clockwise
 * @property {boolean} mirrored
 * @property {{frames: number[] | null, order: number, shapes: Shape[], texts: DrawnText[]}[]} graphics
 * @property {Shape[]} shutters
 * @property {number} shutter_grey
 * @property {{left: number, top: number, png: string}[]} overlays
 * @property {boolean} image_overlays
 * @property {string[]} unsupported what it asks for and is not done
 */

export {};
