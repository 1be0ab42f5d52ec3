/** A tree of labels as a list in which parents stand before their children: moved, put deeper, taken out. No DOM. */

/**
 * @typedef {{code: string, parent: string | null, [key: string]: any}} Label
 * @typedef {{label: Label, children: Branch[]}} Branch
 */

/** @param {Label[]} labels @returns {{label: Label, depth: number}[]} the labels as they are shown, children below their parent */
export function rowsOf(labels) {
  /** @type {{label: Label, depth: number}[]} */
  const rows = [];
  const walk = (/** @type {Branch[]} */ branches, /** @type {number} */ depth) => {
    for (const branch of branches) {
      rows.push({label: branch.label, depth});
      walk(branch.children, depth + 1);
    }
  };
  walk(toTree(labels), 1);
  return rows;
}

/** @param {Label[]} labels @param {string} code @param {-1 | 1} step @returns {Label[]} the label changes place with its neighbour below the same parent */
export function move(labels, code, step) {
  return changed(labels, code, ({siblings, index}) => {
    const to = index + step;
    if (to < 0 || to >= siblings.length) return;
    siblings.splice(to, 0, ...siblings.splice(index, 1));
  });
}

/** @param {Label[]} labels @param {string} code @returns {Label[]} the label becomes the last child of the one above it */
export function indent(labels, code) {
  return changed(labels, code, ({siblings, index}) => {
    if (index > 0) siblings[index - 1].children.push(...siblings.splice(index, 1));
  });
}

/** @param {Label[]} labels @param {string} code @returns {Label[]} the label comes to stand after its parent */
export function outdent(labels, code) {
  return changed(labels, code, ({siblings, index, parents}) => {
    const above = parents.at(-1);
    if (above) above.siblings.splice(above.index + 1, 0, ...siblings.splice(index, 1));
  });
}

/** @param {Label[]} labels @param {string} code @returns {Label[]} without the label; its children take its place */
export function remove(labels, code) {
  return changed(labels, code, ({siblings, index}) => {
    siblings.splice(index, 1, ...siblings[index].children);
  });
}

/** @param {Label[]} labels @param {string | null} after code of the label that it comes after; null: at the end @param {Label} label @returns {Label[]} */
export function add(labels, after, label) {
  if (after === null || !labels.some((one) => one.code === after)) return [...labels, {...label, parent: null}];
  return changed(labels, after, ({siblings, index}) => {
    siblings.splice(index + 1, 0, {label, children: []});
  });
}

/** @param {Label[]} labels @param {string} code @param {string} target @returns {Label[]} the label comes to stand before another one, unless that is below it */
export function moveBefore(labels, code, target) {
  const tree = toTree(labels);
  const from = find(tree, code);
  if (!from || code === target || find([from.siblings[from.index]], target)) return labels;
  const [branch] = from.siblings.splice(from.index, 1);
  const to = find(tree, target);
  if (!to) return labels;
  to.siblings.splice(to.index, 0, branch);
  return toList(tree);
}

/** @param {Label[]} labels @param {string} from @param {string} to @returns {Label[]} the label has another code; its children follow */
export function recode(labels, from, to) {
  const taken = labels.some((label) => label.code === to);
  return labels.map((label) => {
    const parent = label.parent === from && !taken ? to : label.parent;
    return label.code === from ? {...label, code: to, parent} : {...label, parent};
  });
}

/** @param {Label[]} labels @param {string} [stem] @returns {string} a code that no label has */
export function freeCode(labels, stem = 'label') {
  let number = labels.length + 1;
  while (labels.some((label) => label.code === `${stem}-${number}`)) number += 1;
  return `${stem}-${number}`;
}

/** @param {Label[]} labels @returns {Branch[]} */
function toTree(labels) {
  /** @type {Branch[]} */
  const roots = [];
  /** @type {Map<string, Branch>} */
  const known = new Map();
  for (const label of labels) {
    const branch = {label, children: []};
    // A parent that stands later or nowhere is a fault of the draft, which is told at the field; the label is not hidden for it.
    (known.get(label.parent ?? '')?.children ?? roots).push(branch);
    if (!known.has(label.code)) known.set(label.code, branch);
  }
  return roots;
}

/** @param {Branch[]} tree @param {string | null} [parent] @returns {Label[]} */
function toList(tree, parent = null) {
  return tree.flatMap(({label, children}) => [{...label, parent}, ...toList(children, label.code)]);
}

/**
 * @typedef {{siblings: Branch[], index: number, parents: {siblings: Branch[], index: number}[]}} Place
 * @param {Branch[]} tree @param {string} code @param {Place['parents']} [parents] @returns {Place | null}
 */
function find(tree, code, parents = []) {
  for (const [index, branch] of tree.entries()) {
    if (branch.label.code === code) return {siblings: tree, index, parents};
    const below = find(branch.children, code, [...parents, {siblings: tree, index}]);
    if (below) return below;
  }
  return null;
}

/** @param {Label[]} labels @param {string} code @param {(place: Place) => void} change @returns {Label[]} */
function changed(labels, code, change) {
  const tree = toTree(labels);
  const place = find(tree, code);
  if (!place) return labels;
  change(place);
  return toList(tree);
}
