// A hand that goes back over the same stroke, painting and erasing: 21 sequences of 100 operations each with a brush as wide
// as people take it, and 7 with a small one; always the same.
//   node tests/js/annotation/retraced.mjs
// Prints a line of JSON for each sequence: every operand as floating-point rings, every result on the 1/8 px grid, and the
// longest time in ms that an operation took.
import process from 'node:process';

import {difference, strokeRegion, union} from '../../../static/js/annotation/regions.js';

/** @import {Position, Ring} from '../../../static/js/annotation/types.js' */
/** @import {Region} from '../../../static/js/annotation/regions.js' */

const WIDE_SEQUENCES = 21;
const SMALL_SEQUENCES = 7;
const OPERATIONS = 100;
const CORNERS = 24;

let seed = 20_240_501;
const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;

/** @param {Position} from @param {Position} to @param {number} radius @returns {Ring} in floating point, as a hand draws */
function capsule(from, to, radius) {
  const direction = Math.atan2(to[1] - from[1], to[0] - from[0]);
  /** @type {Ring} */
  const ring = Array.from({length: CORNERS}, (_, i) => {
    const centre = i < CORNERS / 2 ? to : from;
    const angle = direction - Math.PI / 2 + ((i < CORNERS / 2 ? i : i - 1) * Math.PI) / (CORNERS / 2 - 1);
    return [centre[0] + radius * Math.cos(angle), centre[1] + radius * Math.sin(angle)];
  });
  return [...ring, ring[0]];
}

for (let sequence = 0; sequence < WIDE_SEQUENCES + SMALL_SEQUENCES; sequence += 1) {
  const isWide = sequence < WIDE_SEQUENCES;
  const radius = isWide ? 30 + random() * 50 : 3 + random() * 12;
  const [cx, cy] = [2000 + random() * 4000, 2000 + random() * 4000];
  /** @type {Position[]} */
  const path = Array.from({length: 12}, (_, i) => [cx + i * radius * 0.7 * random(), cy + Math.sin(i) * radius * 2 * random()]);
  /** @type {Region} */
  let region = strokeRegion(path, radius, 0.1);
  const [start, operations] = [region, []];
  let slowest = 0;
  for (let number = 0; number < OPERATIONS; number += 1) {
    // There and back again, now and then beside the line by less than the grid has steps.
    const at = number % 22 < 11 ? number % 22 : 21 - (number % 22);
    const jitter = number % 3 === 0 ? 0 : (random() - 0.5) / 4;
    const [from, to] = [path[at], path[at + 1]].map(([x, y]) => /** @type {Position} */ ([x + jitter, y - jitter]));
    const erases = number % 7 === 6;
    const operand = capsule(from, to, erases ? radius / 3 : radius);
    const began = performance.now();
    region = (erases ? difference : union)(region, [[operand]]);
    slowest = Math.max(slowest, performance.now() - began);
    operations.push({erases, operand, result: region});
  }
  process.stdout.write(`${JSON.stringify({isWide, start, slowest, operations})}\n`);
}
