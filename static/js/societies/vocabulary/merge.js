/** Two people's changes to one draft, put together: what only one of them changed is taken, what both changed is told. */

/**
 * @typedef {{path: string, mine: unknown, theirs: unknown}} Conflict a place that both changed; `path` is a JSON pointer
 * @typedef {{value: any, conflicts: Conflict[]}} Merged
 */

/** @param {unknown} first @param {unknown} second @returns {boolean} whether both say the same; the order of members does not count */
export function same(first, second) {
  if (first === second) return true;
  if (!isObject(first) || !isObject(second)) return false;
  if (Array.isArray(first) !== Array.isArray(second)) return false;
  const keys = new Set([...Object.keys(first), ...Object.keys(second)]);
  return [...keys].every((key) => same(/** @type {any} */ (first)[key], /** @type {any} */ (second)[key]));
}

/**
 * Puts two changes of one base together. Where both changed the same place differently, mine stands and the conflict is told.
 * @param {any} base what both began with
 * @param {any} mine
 * @param {any} theirs
 * @param {string} [path]
 * @returns {Merged}
 */
export function merge(base, mine, theirs, path = '') {
  if (same(mine, theirs) || same(base, theirs)) return {value: mine, conflicts: []};
  if (same(base, mine)) return {value: theirs, conflicts: []};
  if (isList(mine) && isList(theirs)) {
    const before = isList(base) ? base : [];
    return isCoded(mine) && isCoded(theirs) ? mergeCoded(before, mine, theirs, path) : mergeTexts(before, mine, theirs, path);
  }
  if (isObject(mine) && isObject(theirs) && !isList(mine) && !isList(theirs)) return mergeMembers(isObject(base) ? base : {}, mine, theirs, path);
  return {value: mine, conflicts: [{path, mine, theirs}]};
}

/** @param {any} base @param {any} mine @param {any} theirs @param {string} path @returns {Merged} */
function mergeMembers(base, mine, theirs, path) {
  /** @type {Record<string, unknown>} */
  const value = {};
  /** @type {Conflict[]} */
  const conflicts = [];
  for (const key of new Set([...Object.keys(mine), ...Object.keys(theirs)])) {
    const merged = merge(base[key], mine[key], theirs[key], `${path}/${key}`);
    if (merged.value !== undefined) value[key] = merged.value;
    conflicts.push(...merged.conflicts);
  }
  return {value, conflicts};
}

/** @param {any[]} base @param {any[]} mine @param {any[]} theirs @param {string} path @returns {Merged} */
function mergeCoded(base, mine, theirs, path) {
  const [old, own, other] = [base, mine, theirs].map((rows) => new Map(rows.map((row) => [row.code, row])));
  /** @type {Conflict[]} */
  const conflicts = [];
  /** @type {Map<string, any>} */
  const kept = new Map();
  for (const code of new Set([...own.keys(), ...other.keys()])) {
    const merged = mergeRow(old.get(code), own.get(code), other.get(code), `${path}/${code}`);
    if (merged.value !== undefined) kept.set(code, merged.value);
    conflicts.push(...merged.conflicts);
  }
  const order = mergedOrder([...old.keys()], [...own.keys()], [...other.keys()]).filter((code) => kept.has(code));
  return {value: order.map((code) => kept.get(code)), conflicts};
}

/** One row: what one side took away and the other changed stays, and is told. @param {any} base @param {any} mine @param {any} theirs @param {string} path @returns {Merged} */
function mergeRow(base, mine, theirs, path) {
  if (base !== undefined && (mine === undefined || theirs === undefined)) {
    const left = mine ?? theirs;
    if (left === undefined || same(left, base)) return {value: undefined, conflicts: []};
    return {value: left, conflicts: [{path, mine, theirs}]};
  }
  return merge(base, mine, theirs, path);
}

/** @param {any[]} base @param {any[]} mine @param {any[]} theirs @param {string} path @returns {Merged} */
function mergeTexts(base, mine, theirs, path) {
  if (![...mine, ...theirs].every((one) => typeof one === 'string')) return {value: mine, conflicts: [{path, mine, theirs}]};
  const gone = new Set(base.filter((one) => !mine.includes(one) || !theirs.includes(one)));
  return {value: mergedOrder(base, mine, theirs).filter((one) => !gone.has(one)), conflicts: []};
}

/**
 * My order if I changed it, else theirs; what only the other has comes after what it stood behind.
 * @param {string[]} base @param {string[]} mine @param {string[]} theirs @returns {string[]}
 */
function mergedOrder(base, mine, theirs) {
  const common = (/** @type {string[]} */ list) => list.filter((one) => base.includes(one) && mine.includes(one) && theirs.includes(one));
  const [lead, more] = same(common(mine), common(base)) ? [theirs, mine] : [mine, theirs];
  const order = [...lead];
  more.forEach((one, index) => {
    if (order.includes(one)) return;
    const before = more.slice(0, index).reverse().find((each) => order.includes(each));
    order.splice(before === undefined ? 0 : order.indexOf(before) + 1, 0, one);
  });
  return order;
}

/** @param {unknown} value @returns {value is object} */
const isObject = (value) => typeof value === 'object' && value !== null;
/** @param {unknown} value @returns {value is any[]} */
const isList = (value) => Array.isArray(value);
/** @param {any[]} rows */
const isCoded = (rows) => rows.every((row) => isObject(row) && 'code' in row && 'role' in row);
