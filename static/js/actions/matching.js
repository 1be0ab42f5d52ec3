/** Which actions fit what a person has typed, and in which order. Pure: no page is needed. */

/**
 * @typedef {object} Entry
 * @property {string} id
 * @property {string} label in the reader's language
 */

const HIRAGANA_FROM_KATAKANA = 0x60;

/**
 * Writes a text in the one form that texts are compared in: full and half width, capitals, and hiragana and katakana are
 * the same, so that a word fits before the input method has converted it.
 * @param {string} text
 * @returns {string}
 */
export function folded(text) {
  const plain = text.normalize('NFKC').toLowerCase();
  return plain.replace(/[\u30a1-\u30f6]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) - HIRAGANA_FROM_KATAKANA));
}

/** @param {string} text @returns {string[]} a sentence, or an id such as `tool.box`, in its words */
const wordsOf = (text) => text.split(/[^\p{L}\p{N}]+/u).filter(Boolean);

/**
 * How well an entry fits: 0 its label or id begins so, 1 words of it begin so, 2 it holds every word, null it does not.
 * @param {string} query @param {Entry} entry
 * @returns {0 | 1 | 2 | null}
 */
export function fitOf(query, {id, label}) {
  const asked = folded(query).trim().replace(/\s+/g, ' ');
  const texts = [folded(label), folded(id)];
  if (texts.some((text) => text.startsWith(asked))) return 0;
  const words = asked.split(' ');
  const beginnings = texts.flatMap(wordsOf);
  if (words.every((word) => beginnings.some((begin) => begin.startsWith(word)))) return 1;
  return words.every((word) => texts.some((text) => text.includes(word))) ? 2 : null;
}

/**
 * The entries that fit, best first; of those that fit alike the last used ones come first, then the order they came in.
 * @template {Entry} T
 * @param {string} query empty: everything
 * @param {T[]} entries
 * @param {string[]} [recent] ids, the last used one first
 * @returns {T[]}
 */
export function matching(query, entries, recent = []) {
  /** @param {string} id */
  const age = (id) => (recent.includes(id) ? recent.indexOf(id) : recent.length);
  return entries
    .map((entry) => ({entry, fit: fitOf(query, entry)}))
    .filter(({fit}) => fit !== null)
    .sort((a, b) => Number(a.fit) - Number(b.fit) || age(a.entry.id) - age(b.entry.id))
    .map(({entry}) => entry);
}
