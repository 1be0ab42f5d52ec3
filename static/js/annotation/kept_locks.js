/** Which marks a reader has locked, kept in this browser for each read. */

/** @import {Store} from './store.js' */
/** @import {Workspace} from './workspace.js' */

/**
 * @param {object} parts
 * @param {Workspace} parts.workspace
 * @param {Store} parts.store
 * @param {string} parts.readId
 * @param {Storage} parts.storage
 * @param {() => void} parts.onRefused somebody tried to change a locked mark
 */
export function keepLocks({workspace, store, readId, storage, onRefused}) {
  const key = `mitate-locked-${readId}`;
  workspace.set({locked: new Set((storage.getItem(key) ?? '').split(' ').filter((id) => store.get(id)))});
  store.guard = {isLocked: (id) => workspace.state.locked.has(id), onRefused};
  workspace.observe((changed) => {
    if (!changed.has('locked')) return;
    const ids = [...workspace.state.locked];
    if (ids.length > 0) storage.setItem(key, ids.join(' '));
    else storage.removeItem(key);
  });
}
