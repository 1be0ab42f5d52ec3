/**
 * Where operations wait: IndexedDB, one database for each user, so that people who share a browser never send each
 * other's work. The same interface over plain memory serves where IndexedDB is missing.
 */

/** @import {Operation, Problem, Annotation} from '../types.js' */

/**
 * @typedef {object} Entry an operation in the outbox
 * @property {number} [order] key in the database; unset until it is written there
 * @property {string} tab which tab answers for it
 * @property {string} readId
 * @property {string} at ISO instant
 * @property {string} name what was done, for people
 * @property {Operation} operation
 * @property {'pending' | 'refused' | 'conflict'} state
 * @property {Problem | null} problem
 * @property {Annotation | null} theirs the server's version, for a conflict
 *
 * @typedef {Entry & {order: number}} StoredEntry
 *
 * @typedef {object} Database
 * @property {boolean} durable whether entries survive the tab
 * @property {(entries: Entry[]) => Promise<number[]>} add all of them or none; gives their keys
 * @property {(entries: StoredEntry[]) => Promise<void>} write replaces
 * @property {(orders: number[]) => Promise<void>} remove
 * @property {() => Promise<StoredEntry[]>} all in the order in which they were added
 * @property {(from: (tab: string) => boolean, to: string) => Promise<StoredEntry[]>} claim hands entries over to another tab
 * @property {(readId: string) => Promise<unknown>} readHistory
 * @property {(readId: string, value: unknown) => Promise<void>} writeHistory null removes
 * @property {() => void} close
 */

const OPERATIONS = 'operations';
const HISTORY = 'history';

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @param {IDBTransaction} transaction @returns {Promise<void>} when it is on disk */
function finished(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
    transaction.onerror = () => reject(transaction.error);
  });
}

/**
 * @param {IDBFactory} factory
 * @param {string} name
 * @returns {Promise<IDBDatabase>}
 */
function open(factory, name) {
  const request = factory.open(name, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(OPERATIONS, {keyPath: 'order', autoIncrement: true});
    request.result.createObjectStore(HISTORY);
  };
  return settled(request);
}

/** @implements {Database} */
export class IndexedDatabase {
  durable = true;

  /** @param {IDBDatabase} connection */
  constructor(connection) {
    this.connection = connection;
    // Another tab with a newer version of the page must not wait for this one.
    connection.onversionchange = () => connection.close();
  }

  /** @param {string} userId @param {IDBFactory} [factory] @returns {Promise<IndexedDatabase>} */
  static async open(userId, factory = indexedDB) {
    return new IndexedDatabase(await open(factory, `mitate-outbox-${userId}`));
  }

  /**
   * Strict: an operation that counts as kept survives a power failure, not only a crash of the browser.
   * @param {string} name
   */
  #writing(name) {
    const transaction = this.connection.transaction(name, 'readwrite', {durability: 'strict'});
    return {transaction, store: transaction.objectStore(name)};
  }

  /** @param {Entry[]} entries */
  async add(entries) {
    const {transaction, store} = this.#writing(OPERATIONS);
    const keys = Promise.all(entries.map((entry) => settled(store.add(entry))));
    const [orders] = await Promise.all([keys, finished(transaction)]);
    return orders.map(Number);
  }

  /** @param {StoredEntry[]} entries */
  async write(entries) {
    const {transaction, store} = this.#writing(OPERATIONS);
    for (const entry of entries) store.put(entry);
    await finished(transaction);
  }

  /** @param {number[]} orders */
  async remove(orders) {
    const {transaction, store} = this.#writing(OPERATIONS);
    for (const order of orders) store.delete(order);
    await finished(transaction);
  }

  /** @returns {Promise<StoredEntry[]>} */
  async all() {
    return settled(this.connection.transaction(OPERATIONS).objectStore(OPERATIONS).getAll());
  }

  /** @param {(tab: string) => boolean} from @param {string} to */
  async claim(from, to) {
    const {transaction, store} = this.#writing(OPERATIONS);
    const done = finished(transaction);
    /** @type {StoredEntry[]} */
    const entries = await settled(store.getAll());
    const claimed = entries.filter((entry) => from(entry.tab)).map((entry) => ({...entry, tab: to}));
    for (const entry of claimed) store.put(entry);
    await done;
    return claimed;
  }

  /** @param {string} readId @returns {Promise<unknown>} */
  async readHistory(readId) {
    return settled(this.connection.transaction(HISTORY).objectStore(HISTORY).get(readId));
  }

  /** @param {string} readId @param {unknown} value */
  async writeHistory(readId, value) {
    const {transaction, store} = this.#writing(HISTORY);
    if (value === null) store.delete(readId);
    else store.put(value, readId);
    await finished(transaction);
  }

  close() {
    this.connection.close();
  }
}

/** @implements {Database} */
export class MemoryDatabase {
  durable = false;

  constructor() {
    /** @type {Map<number, StoredEntry>} */
    this.entries = new Map();
    /** @type {Map<string, unknown>} */
    this.histories = new Map();
    this.last = 0;
  }

  /** @param {Entry[]} entries */
  async add(entries) {
    return entries.map((entry) => {
      this.last += 1;
      this.entries.set(this.last, {...entry, order: this.last});
      return this.last;
    });
  }

  /** @param {StoredEntry[]} entries */
  async write(entries) {
    for (const entry of entries) this.entries.set(entry.order, entry);
  }

  /** @param {number[]} orders */
  async remove(orders) {
    for (const order of orders) this.entries.delete(order);
  }

  async all() {
    return [...this.entries.values()];
  }

  /** @returns {Promise<StoredEntry[]>} nothing: memory belongs to one tab */
  async claim() {
    return [];
  }

  /** @param {string} readId */
  async readHistory(readId) {
    return this.histories.get(readId);
  }

  /** @param {string} readId @param {unknown} value */
  async writeHistory(readId, value) {
    this.histories.set(readId, value);
  }

  close() {
    this.entries.clear();
  }
}

/**
 * Opens the user's database, or memory where the browser keeps nothing (private windows, blocked storage).
 * @param {string} userId
 * @param {IDBFactory | undefined} [factory]
 * @returns {Promise<Database>}
 */
export async function openDatabase(userId, factory = globalThis.indexedDB) {
  if (!factory) return new MemoryDatabase();
  try {
    return await IndexedDatabase.open(userId, factory);
  } catch (error) {
    if (error instanceof DOMException) return new MemoryDatabase();
    throw error;
  }
}
