/** What page and worker say to each other about cells. */

/** @import {CellChange} from './overlay.js' */
/** @import {Counts, Hit, LayerParts} from './layer_work.js' */

/**
 * @typedef {{tell: 'setup', labels: {code: string, colour: string}[], layers: LayerParts[]}
 *   | {tell: 'look', isFilled: boolean, visible: boolean[], threshold: number, hidden: string[]}
 *   | {tell: 'change', layerId: string, changes: CellChange[]}
 *   | {tell: 'changeAnew', layerId: string, changes: CellChange[]}
 *   | {tell: 'state', state: number}
 *   | {tell: 'ahead', extent: number[]}
 *   | {tell: 'granted'}} Tell
 *   `state` numbers what was told so far: a tile says which of them it shows. `ahead` is where
 *   the view will soon be. Coordinates are level-0 px; `threshold` is a score of 0 to 255; `hidden` are ids of layers.
 *
 * @typedef {object} Asks
 * @property {{left: number, top: number, resolution: number, side: number}} tile
 * @property {{point: [number, number]}} at
 * @property {{extent: number[], ring: number[] | null}} count
 * @property {{mode: 'replace' | 'add' | 'subtract', hit?: Hit | null, extent?: number[], ring?: number[] | null}} select
 * @property {{}} selection
 * @property {{}} touched
 *
 * @typedef {object} Selection
 * @property {{layerId: string, runs: number[]}[]} layers
 * @property {number[]} labels how many are selected of each
 *
 * @typedef {object} Answers
 * @property {{tile: ImageBitmap, state: number}} tile
 * @property {Hit | null} at
 * @property {Counts} count
 * @property {Selection} select
 * @property {Selection} selection
 * @property {number[][] | null} touched extents in which cells look different since it was asked last; null: too many
 */

/**
 * @template {keyof Asks} Kind
 * @typedef {Asks[Kind]} Ask
 */

/** @typedef {{id: number, ask: keyof Asks} & Record<string, unknown>} Request */

export {};
