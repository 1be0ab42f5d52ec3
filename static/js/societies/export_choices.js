/** What people choose of an export: whether it also holds drafts, and what it must not lose. */

/**
 * Writes the choices into the address of an export.
 * @param {string} url path with its query
 * @param {{drafts: boolean, required?: string[]}} choices
 * @returns {string}
 */
export function withChoices(url, {drafts, required = []}) {
  const [path, query = ''] = url.split('?');
  const parameters = new URLSearchParams(query);
  parameters.delete('drafts');
  parameters.delete('require');
  if (drafts) parameters.set('drafts', '1');
  for (const field of required) parameters.append('require', field);
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
