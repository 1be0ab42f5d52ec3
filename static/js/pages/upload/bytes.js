/** Sizes of files as people read them. */

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

/**
 * Writes a number of bytes with at most three figures: `512 B`, `1.2 MB`. Powers of 1,000, as file managers count.
 * @param {number} count
 * @returns {string}
 */
export function bytes(count) {
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 9.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}
