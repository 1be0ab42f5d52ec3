/** Whether an export also holds what readers have not submitted yet. */

/**
 * Writes the choice into the address of an export.
 * @param {string} url path with its query
 * @param {boolean} drafts
 * @returns {string}
 */
export function withDrafts(url, drafts) {
  const [path, query = ''] = url.split('?');
  const parameters = new URLSearchParams(query);
  if (drafts) parameters.set('drafts', '1');
  else parameters.delete('drafts');
  return `${path}?${parameters}`;
}
