/** How far a reader has come on an image, kept in this browser: a reload, or the next evening, goes on where it was left. */

/**
 * @typedef {object} KeptWalk
 * @property {number} magnification walked at last
 * @property {boolean} tissueOnly
 * @property {[number, number] | null} place middle of the field looked at last, level-0 px
 * @property {Record<string, Uint8Array>} seen by magnification, as `pack` writes it
 */

const WALKS = 'walks';

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export class KeptWalks {
  /** @param {{userId: string, imageId: string, factory?: IDBFactory}} parts */
  constructor({userId, imageId, factory = globalThis.indexedDB}) {
    this.key = `${userId} ${imageId}`;
    this.factory = factory;
    /** @type {Promise<IDBDatabase | null> | null} */
    this.opened = null;
  }

  /** @returns {Promise<IDBDatabase | null>} null where the browser keeps nothing */
  #open() {
    this.opened ??= (async () => {
      if (!this.factory) return null;
      const request = this.factory.open('mitate-walks', 1);
      request.onupgradeneeded = () => request.result.createObjectStore(WALKS);
      try {
        const database = await settled(request);
        database.onversionchange = () => database.close();
        return database;
      } catch (error) {
        // A private window: the walk is then shown as long as the tab lives.
        if (error instanceof DOMException) return null;
        throw error;
      }
    })();
    return this.opened;
  }

  /** @returns {Promise<KeptWalk | null>} */
  async read() {
    const database = await this.#open();
    return (database && (await settled(database.transaction(WALKS).objectStore(WALKS).get(this.key)))) ?? null;
  }

  /** @param {KeptWalk} walk @returns {Promise<boolean>} false: the browser does not keep it */
  async write(walk) {
    const database = await this.#open();
    if (!database) return false;
    try {
      await settled(database.transaction(WALKS, 'readwrite').objectStore(WALKS).put(walk, this.key));
      return true;
    } catch (error) {
      if (error instanceof DOMException) return false;
      throw error;
    }
  }
}
