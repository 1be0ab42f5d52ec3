/** The label map of a model endpoint as an admin writes it. */

/**
 * Reads the label map, one `model label = campaign label` a line.
 * @param {string} text
 * @returns {Record<string, string>}
 */
export function parseLabelMap(text) {
  const pairs = text
    .split('\n')
    .map((line) => line.split('=').map((part) => part.trim()))
    .filter(([from]) => from);
  return Object.fromEntries(pairs.map(([from, to]) => [from, to || from]));
}
