/** The short name of a collection, proposed from its name. */

const LONGEST = 31;

/**
 * Makes a short name of what a name has in Latin letters and digits.
 * @param {string} name
 * @returns {string} small letters, digits and single hyphens; empty for a name that has none, such as one in kanji
 */
export function shortName(name) {
  const latin = name.normalize('NFKD').replace(/\p{Mark}/gu, '').toLowerCase();
  const words = latin.match(/[a-z0-9]+/g) ?? [];
  return words.join('-').slice(0, LONGEST).replace(/-$/, '');
}
