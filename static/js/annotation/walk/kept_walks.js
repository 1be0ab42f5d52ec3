/**
 * How far a reader has come on an image, kept in this browser: a reload, or the next evening, goes on where it was left. What the
 * server does not have yet waits beside it until it is told.
 */

/**
 * @typedef {object} KeptWalk
 * @property {number} magnification walked at last
 * @property {boolean} tissueOnly
 * @property {[number, number] | null} place middle of the field looked at last, level-0 px
 * @property {Record<string, Uint8Array>} seen by magnification, as `pack` writes it
 * @property {Record<string, number>} [rounds] by magnification, from 1; starting again is the next one
 *
 * @typedef {{path: string, said: object, number: number}} Unsent number: which of them, so that a newer one is not taken for it
 */

const [WALKS, UNSENT] = ['walks', 'unsent'];
const VERSION = 2;

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export class KeptWalks {
  /** @param {{userId: string, subjectId: string, factory?: IDBFactory}} parts subject: the read, or the image where there is none */
  constructor({userId, subjectId, factory = globalThis.indexedDB}) {
    this.userId = userId;
    this.key = `${userId} ${subjectId}`;
    this.factory = factory;
    /** @type {Promise<IDBDatabase | null> | null} */
    this.opened = null;
  }

  /** @returns {Promise<IDBDatabase | null>} null where the browser keeps nothing */
  #open() {
    this.opened ??= (async () => {
      if (!this.factory) return null;
      const request = this.factory.open('mitate-walks', VERSION);
      request.onupgradeneeded = () => {
        const names = request.result.objectStoreNames;
        for (const name of [WALKS, UNSENT]) if (!names.contains(name)) request.result.createObjectStore(name);
      };
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
  write(walk) {
    return this.#change((database) => settled(database.transaction(WALKS, 'readwrite').objectStore(WALKS).put(walk, this.key)));
  }

  /** @param {string} name of what is told, the newest counts @param {Unsent} unsent @returns {Promise<boolean>} */
  wait(name, unsent) {
    const key = `${this.userId} ${unsent.path} ${name}`;
    return this.#change((database) => settled(database.transaction(UNSENT, 'readwrite').objectStore(UNSENT).put(unsent, key)));
  }

  /** @returns {Promise<[string, Unsent][]>} what this person's walks, on any image, have still to tell */
  async waiting() {
    const database = await this.#open();
    if (!database) return [];
    const store = database.transaction(UNSENT).objectStore(UNSENT);
    const [keys, values] = await Promise.all([settled(store.getAllKeys()), settled(store.getAll())]);
    const all = keys.map((key, at) => /** @type {[string, Unsent]} */ ([String(key), values[at]]));
    return all.filter(([key]) => key.startsWith(`${this.userId} `));
  }

  /** @param {string} key @param {number} number nothing is taken away if a newer one waits by now @returns {Promise<boolean>} */
  told(key, number) {
    return this.#change(async (database) => {
      const store = database.transaction(UNSENT, 'readwrite').objectStore(UNSENT);
      const found = await settled(store.get(key));
      if (found?.number === number) await settled(store.delete(key));
    });
  }

  /** @param {(database: IDBDatabase) => Promise<unknown>} change @returns {Promise<boolean>} false: the browser does not keep it */
  async #change(change) {
    const database = await this.#open();
    if (!database) return false;
    try {
      await change(database);
      return true;
    } catch (error) {
      if (error instanceof DOMException) return false;
      throw error;
    }
  }
}
