/** What is drawn on the timeline: its ruler with ticks for plain marks, and a line for each track. */

import {t} from '../../lib/i18n.js';
import {spansOf} from './keyframes.js';

/** @import {Mark, Track} from '../types.js' */
/** @import {Span} from './span.js' */

/** @typedef {{mark: Mark, track: Track, colour: string, name: string}} Row */

/**
 * @typedef {object} Strip
 * @property {CanvasRenderingContext2D} context in CSS px
 * @property {Span} span the frames that are shown
 * @property {number} width over which they are spread; CSS px
 * @property {number} full with names and margin
 * @property {number} height
 */

export const [ROW_PX, RULER_PX, NAMES_PX, MARGIN_PX] = [16, 16, 132, 10];
const DIAMOND_PX = 5.5;
const COLOURS = {ruler: '#26282b', text: '#b9bdc3', tick: '#e0e2e5', selected: '#34373c', casing: '#111214'};
/** Named steps of the ruler, the smallest that leaves room between numbers is taken. */
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000];
const NUMBER_PX = 52;

/** @param {Strip} strip @param {number} frame @returns {number} CSS px of where it begins */
const leftOf = ({span, width}, frame) => NAMES_PX + span.shareOf(frame) * width;

/** Draws right of the names only. @param {Strip} strip @param {() => void} draw */
function within({context, width, height}, draw) {
  context.save();
  context.beginPath();
  context.rect(NAMES_PX - DIAMOND_PX, 0, width + 2 * DIAMOND_PX, height);
  context.clip();
  draw();
  context.restore();
}

/** @param {Strip} strip @param {number[]} ticks frames with plain marks @param {number} count tracks */
export function drawRuler(strip, ticks, count) {
  const {context, span, width} = strip;
  const {first, length, total} = span;
  context.fillStyle = COLOURS.ruler;
  context.fillRect(0, 0, strip.full, RULER_PX);
  context.fillStyle = COLOURS.text;
  context.textAlign = 'left';
  context.fillText(count > 0 ? t('Tracks: {count}', {count}) : t('No tracks'), 8, RULER_PX / 2);
  within(strip, () => {
    const step = STEPS.find((each) => (each / length) * width >= NUMBER_PX) ?? STEPS[STEPS.length - 1];
    context.textAlign = 'center';
    const begin = Math.max(Math.floor(first / step) * step, step === 1 ? 1 : step);
    for (let number = begin; number <= Math.min(total, first + length + step); number += step) {
      context.fillText(String(number), leftOf(strip, number - 0.5), RULER_PX / 2);
    }
    context.fillStyle = COLOURS.tick;
    // Ticks that fall on one pixel are one.
    const inView = ticks.filter((frame) => frame + 1 > first && frame < first + length);
    for (const x of new Set(inView.map((frame) => Math.round(leftOf(strip, frame + 0.5))))) context.fillRect(x - 1, RULER_PX - 4, 2, 4);
    if (!span.isWhole) context.fillRect(NAMES_PX + (first / total) * width, 0, Math.max(4, (length / total) * width), 2);
  });
}

/** @param {Strip} strip @param {Row} row @param {number} y @param {boolean} isSelected */
export function drawRow(strip, {track, colour, name}, y, isSelected) {
  const {context, span} = strip;
  const middle = y + ROW_PX / 2;
  if (isSelected) {
    context.fillStyle = COLOURS.selected;
    context.fillRect(0, y, strip.full, ROW_PX);
  }
  context.fillStyle = colour;
  within(strip, () => {
    for (const [first, last] of spansOf(track, span.total)) {
      const left = leftOf(strip, first);
      context.fillRect(left, middle - 2, Math.max(2, leftOf(strip, last + 1) - left), 4);
    }
    const near = track.keyframes.filter(({frame}) => frame + 1 > span.first && frame < span.first + span.length);
    for (const {frame, outside} of near) diamond(context, leftOf(strip, frame + 0.5), middle, colour, outside);
  });
  context.save();
  context.beginPath();
  context.rect(0, y, NAMES_PX - 8, ROW_PX);
  context.clip();
  context.textAlign = 'left';
  context.fillStyle = colour;
  context.fillRect(8, middle - 4, 8, 8);
  context.fillStyle = COLOURS.text;
  context.fillText(name, 22, middle);
  context.restore();
}

/**
 * @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {string} colour
 * @param {boolean} isHollow outside from here on
 */
function diamond(context, x, y, colour, isHollow) {
  context.beginPath();
  context.moveTo(x, y - DIAMOND_PX);
  context.lineTo(x + DIAMOND_PX, y);
  context.lineTo(x, y + DIAMOND_PX);
  context.lineTo(x - DIAMOND_PX, y);
  context.closePath();
  context.fillStyle = isHollow ? COLOURS.casing : colour;
  context.strokeStyle = isHollow ? colour : COLOURS.casing;
  context.lineWidth = isHollow ? 1.5 : 1;
  context.fill();
  context.stroke();
  context.fillStyle = colour;
}
