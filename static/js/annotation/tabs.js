/**
 * Several tabs of one browser: which of them are alive, so that the work of the others is taken over, and a word to the
 * reader when one image is open twice.
 */

/**
 * Holds a lock as long as this tab lives. Browsers release it with the tab, also when it crashes.
 * @param {string} tab
 */
export function markAlive(tab) {
  void globalThis.navigator?.locks?.request(lockName(tab), () => new Promise(() => {}));
}

/** @param {string} tab */
const lockName = (tab) => `mitate-tab-${tab}`;

/**
 * @param {string} own
 * @returns {Promise<(tab: string) => boolean>} whether a tab is gone. Without Web Locks every other tab counts as gone:
 *   its operations may then be sent twice, which the server answers with "done already"
 */
export async function goneTabs(own) {
  if (!globalThis.navigator?.locks) return (tab) => tab !== own;
  const {held = []} = await navigator.locks.query();
  const alive = new Set(held.map(({name}) => name));
  return (tab) => tab !== own && !alive.has(lockName(tab));
}

/**
 * Finds other tabs with the same read.
 * @param {string} readId
 * @param {(count: number) => void} onChange how many others there are
 */
export function watchTabs(readId, onChange) {
  if (typeof BroadcastChannel === 'undefined') return;
  const channel = new BroadcastChannel(`mitate-read-${readId}`);
  const own = Math.random().toString(36).slice(2);
  /** @type {Set<string>} */
  const others = new Set();
  /** @param {'hello' | 'here' | 'bye'} type */
  const say = (type) => channel.postMessage({type, tab: own});
  channel.addEventListener('message', ({data}) => {
    if (data.type === 'bye') others.delete(data.tab);
    else others.add(data.tab);
    if (data.type === 'hello') say('here');
    onChange(others.size);
  });
  say('hello');
  globalThis.addEventListener('pagehide', () => say('bye'));
}
