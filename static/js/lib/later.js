/** What a page can do without until it is ready: fetched when it is asked for, and behind the reader's back before that. */

/** Part of the page did not come: the server cannot be reached, or was replaced. */
export class NotFetched extends Error {}

/** @type {Set<() => Promise<unknown>>} */
const waiting = new Set();

/**
 * Names something to fetch later. Once it is here it works without the server.
 * @template T
 * @param {() => Promise<T>} load
 * @returns {() => Promise<T>} fetches it, the first time; fails with NotFetched, and then the next call tries again
 */
export function later(load) {
  /** @type {Promise<T> | null} */
  let begun = null;
  const get = () => {
    begun ??= load().catch((error) => {
      begun = null;
      throw new NotFetched('part of the page could not be fetched', {cause: error});
    });
    return begun;
  };
  waiting.add(get);
  return get;
}

/** Fetches one after the other what was named, for when the line is gone; what fails is fetched when it is asked for. */
export async function fetchTheRest() {
  for (const get of waiting) {
    waiting.delete(get);
    await get().catch(() => {});
  }
}
