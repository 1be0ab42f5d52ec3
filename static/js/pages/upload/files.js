/** Finds the files in what a person chose or dropped, folders and their folders included. */

/** @typedef {{file: File, name: string}} Chosen */

/**
 * @typedef {object} Choice
 * @property {Chosen[]} files in the order of their names
 * @property {number} hidden files that were left out because their name begins with a dot
 */

const byName = new Intl.Collator(undefined, {numeric: true});

/**
 * @param {Iterable<File>} list of a file or folder chooser
 * @returns {Choice}
 */
export function chosenFiles(list) {
  return choice([...list].map((file) => ({file, name: file.webkitRelativePath || file.name})));
}

/**
 * Reads a drop. Must be called while the event is handled: its items are gone afterwards.
 * @param {DataTransfer} transfer
 * @returns {Promise<Choice>}
 */
export async function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => !!entry);
  if (entries.length === 0) return chosenFiles(transfer.files);
  /** @type {Chosen[]} */
  const found = [];
  for (const entry of entries) await walk(/** @type {FileSystemEntry} */ (entry), found);
  return choice(found);
}

/**
 * @param {FileSystemEntry} entry
 * @param {Chosen[]} found
 */
async function walk(entry, found) {
  if (entry.isDirectory) {
    for (const child of await childrenOf(/** @type {FileSystemDirectoryEntry} */ (entry))) await walk(child, found);
    return;
  }
  const file = await fileOf(/** @type {FileSystemFileEntry} */ (entry));
  if (file) found.push({file, name: entry.fullPath.replace(/^\//, '')});
}

/** @param {FileSystemFileEntry} entry @returns {Promise<File | null>} null when it vanished or may not be read */
function fileOf(entry) {
  return new Promise((resolve) => entry.file(resolve, () => resolve(null)));
}

/** @param {FileSystemDirectoryEntry} entry @returns {Promise<FileSystemEntry[]>} */
async function childrenOf(entry) {
  const reader = entry.createReader();
  /** @type {FileSystemEntry[]} */
  const all = [];
  // A reader gives at most 100 entries at a time and an empty list at the end.
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

/** @param {Chosen[]} found @returns {Choice} */
function choice(found) {
  const files = found.filter(({name}) => !name.split('/').some((part) => part.startsWith('.')));
  files.sort((a, b) => byName.compare(a.name, b.name));
  return {files, hidden: found.length - files.length};
}
