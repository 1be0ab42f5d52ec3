/**
 * A tool is a state chart: small states, each with what it does on a pointer or a key, and named ways from one to another.
 * Tools know level-0 pixels and screen pixels; they know nothing of the canvas library.
 */

/** @import {Geometry, Position, Ring} from '../types.js' */
/** @import {Mode} from './combine/mode.js' */

/**
 * @typedef {object} ToolEvent
 * @property {Position} point level-0 px, not rounded
 * @property {[number, number]} pixel CSS px of the canvas
 * @property {'mouse' | 'pen' | 'touch'} pointer
 * @property {boolean} shift
 * @property {boolean} alt
 * @property {boolean} ctrl Cmd as well
 * @property {Position[]} path every position since the last event, level-0 px
 * @property {number[]} [pressures] of each of them, 0 to 1; a half where nothing measures it
 *
 * @typedef {object} Sketch what is drawn of an unfinished shape
 * @property {'line' | 'outline' | 'box' | 'point' | 'region'} kind
 * @property {Position[]} path level-0 px; two corners for a box
 * @property {Ring[]} [rings] of a region: the outline, then its holes
 * @property {Position[]} [vertices] drawn as handles
 * @property {boolean} [isRefused] drawn in red
 * @property {Position[] | null} [fault] the edge at fault
 * @property {{width: number, erases: boolean}} [stroke] of a brush, as wide as this many level-0 px
 *
 * @typedef {'start' | 'blocked' | 'progress' | 'refused'} MessageKind
 *
 * @typedef {object} ToolHost what a tool may ask of the workbench
 * @property {{width: number, height: number}} image level-0 px
 * @property {() => number} resolution level-0 px per screen px
 * @property {(mode?: Mode | null) => string | null} obstacle why nothing can be drawn now, as text for the reader; null: go ahead
 * @property {(sketch: Sketch | null) => void} sketch
 * @property {(text: string | null, isProblem?: boolean) => void} say
 * @property {() => void} begin a shape is begun: time and keys belong to it now
 * @property {() => void} end the shape is finished or given up
 * @property {(geometry: Geometry, mode?: Mode | null) => string | null} finish makes the mark, or changes the one that is there;
 *   otherwise says why it cannot
 *
 * @typedef {object} State
 * @property {(info?: any) => void} [enter]
 * @property {() => void} [exit]
 * @property {(event: ToolEvent) => boolean | void} [down] true takes the pointer: what follows comes as move and up
 * @property {(event: ToolEvent) => void} [move]
 * @property {(event: ToolEvent) => void} [up]
 * @property {(event: ToolEvent) => void} [hover]
 * @property {(event: ToolEvent) => void} [click] a press without a drag that nothing took
 * @property {(event: ToolEvent) => boolean | void} [doubleClick] true: taken
 * @property {() => void} [cancel] Escape, another tool, a second finger
 * @property {(mode?: Mode | null) => void} [confirm] Enter, with a mode if its keys are held
 * @property {() => void} [back] Backspace
 */

/** @typedef {keyof Omit<State, 'enter' | 'exit'>} StateEvent */

export class StateChart {
  /**
   * @param {Record<string, State>} states
   * @param {string} initial
   * @param {{takesAlt?: boolean, takesModes?: boolean}} [options] takesAlt: presses with Alt held are for the tool; takesModes:
   *   so are those with the keys of the modes
   */
  constructor(states, initial, {takesAlt = false, takesModes = false} = {}) {
    this.takesAlt = takesAlt || takesModes;
    this.takesModes = takesModes;
    this.states = states;
    this.initial = initial;
    this.name = initial;
  }

  get state() {
    return this.states[this.name];
  }

  /** @param {string} name @param {any} [info] handed to the state that is entered */
  go(name, info) {
    this.state.exit?.();
    this.name = name;
    this.state.enter?.(info);
  }

  /** @param {StateEvent} event @param {ToolEvent | Mode | null} [detail] @returns {boolean} whether the state took it */
  handle(event, detail) {
    const handler = this.state[event];
    if (!handler) return false;
    const taken = /** @type {(detail?: ToolEvent | Mode | null) => boolean | void} */ (handler).call(this.state, detail);
    return taken === undefined ? true : taken;
  }

  /** Gives up whatever is begun. */
  reset() {
    this.handle('cancel');
    if (this.name !== this.initial) this.go(this.initial);
  }
}
