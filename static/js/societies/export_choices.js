/** What people choose of an export: whether it also holds drafts, and what it must not lose. */

/**
 * Writes the choices into the address of an export.
 * @param {string} url path with its query
 * @param {{drafts: boolean, required?: string[], labelMap?: string, dropUnmapped?: boolean}} choices
 * @returns {string}
 */
export function withChoices(url, {drafts, required = [], labelMap = '', dropUnmapped = false}) {
  const [path, query = ''] = url.split('?');
  const parameters = new URLSearchParams(query);
  parameters.delete('drafts');
  for (const name of ['require', 'label_map', 'unmapped']) parameters.delete(name);
  if (drafts) parameters.set('drafts', '1');
  for (const field of required) parameters.append('require', field);
  if (labelMap) parameters.set('label_map', labelMap);
  if (labelMap && dropUnmapped) parameters.set('unmapped', 'drop');
  return `${path}?${parameters}`;
}

/**
 * Tells which of the required fields a format never holds.
 * @param {string} lacks the fields, set apart by spaces
 * @param {string[]} required
 * @returns {string[]}
 */
export function lacking(lacks, required) {
  const never = new Set(lacks.split(' '));
  return required.filter((field) => never.has(field));
}
