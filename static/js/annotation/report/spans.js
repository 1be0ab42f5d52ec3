/**
 * Offsets of a text as documents count them: Unicode code points. Browsers count UTF-16 units, in which a kanji beyond the
 * first plane (𠮟, 𩸽) is two.
 */

/** @typedef {{start: number, end: number}} Place code points; the end is behind the last one */

/** @param {string} text @param {number} unit UTF-16 units from the start @returns {number} code points from the start */
export function pointsOf(text, unit) {
  let points = 0;
  for (const character of text) {
    if (unit < character.length) break;
    unit -= character.length;
    points += 1;
  }
  return points;
}

/** @param {string} text @param {Place} place @returns {string} */
export function cut(text, {start, end}) {
  return Array.from(text).slice(start, end).join('');
}

/**
 * Finds words in a text, after a place and then from the start again.
 * @param {string} text @param {string} words @param {number} after code points
 * @returns {Place | null}
 */
export function find(text, words, after = -1) {
  if (!words) return null;
  const from = Array.from(text).slice(0, after + 1).join('').length;
  const next = text.indexOf(words, from);
  const at = next >= 0 ? next : text.indexOf(words);
  if (at < 0) return null;
  const start = pointsOf(text, at);
  return {start, end: start + Array.from(words).length};
}

/**
 * Takes blanks off both ends of a chosen piece of text.
 * @param {string} text @param {Place} place @returns {Place | null} null: nothing but blanks
 */
export function trimmed(text, {start, end}) {
  const points = Array.from(text);
  while (start < end && /\s/.test(points[start])) start += 1;
  while (end > start && /\s/.test(points[end - 1])) end -= 1;
  return start < end ? {start, end} : null;
}

/**
 * Cuts a text at every end of a term, so that terms which overlap are all seen.
 * @template {Place} Term
 * @param {string} text @param {Term[]} terms
 * @returns {{text: string, terms: Term[]}[]} in order, nothing left out
 */
export function pieces(text, terms) {
  const points = Array.from(text);
  const cuts = new Set([0, points.length]);
  for (const {start, end} of terms) cuts.add(Math.min(start, points.length)).add(Math.min(end, points.length));
  const places = [...cuts].sort((one, other) => one - other);
  return places.slice(0, -1).map((start, at) => ({
    text: points.slice(start, places[at + 1]).join(''),
    terms: terms.filter((term) => term.start <= start && term.end >= places[at + 1]),
  }));
}
