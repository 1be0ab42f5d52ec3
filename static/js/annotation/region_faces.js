/**
 * Makes polygons of the rings that a clipping library returns. Rounded to the grid, such rings may touch or cross
 * themselves and one another, which the server refuses. Here every place where edges meet becomes a vertex, and each
 * connected face is walked around once: outlines and holes then touch at single positions at most, and each interior
 * is in one piece, as OGC simple features (ISO 19125-1, 6.1.11) ask.
 *
 * Everything is in whole grid steps; below 2^25 of them all products are exact.
 */

/** @typedef {{x: number, y: number}} Node a position in grid steps */
/** @typedef {Node[]} Loop closed without a repeated position; interior to the left: a positive area is an outline */
/** @typedef {{shell: Loop, holes: Loop[]}} Face */

/**
 * @typedef {object} Edges of all loops, as arrays
 * @property {Node[]} from
 * @property {Node[]} to
 */

/** @param {readonly Node[]} loop @returns {number} twice the signed area, square grid steps */
export function doubleArea(loop) {
  let sum = 0;
  let last = loop[loop.length - 1];
  for (const node of loop) {
    sum += (last.x - loop[0].x) * (node.y - loop[0].y) - (node.x - loop[0].x) * (last.y - loop[0].y);
    last = node;
  }
  return sum;
}

/** @param {Node} a @param {Node} b @param {Node} c @returns {number} positive: c lies to the left of a b */
const side = (a, b, c) => (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);

/** @param {Node} a @param {Node} b */
const same = (a, b) => a.x === b.x && a.y === b.y;

/** @param {Node} a @param {Node} b @param {Node} c on the line a b @returns {boolean} whether c lies between the two, and on neither */
const isBetween = (a, b, c) => (a.x === b.x ? (c.y - a.y) * (c.y - b.y) < 0 : (c.x - a.x) * (c.x - b.x) < 0);

/** @param {readonly Loop[]} loops @returns {Edges} */
function edgesOf(loops) {
  /** @type {Edges} */
  const edges = {from: [], to: []};
  for (const loop of loops) {
    for (let i = 0; i < loop.length; i += 1) {
      edges.from.push(loop[i]);
      edges.to.push(loop[i + 1 === loop.length ? 0 : i + 1]);
    }
  }
  return edges;
}

/**
 * Calls back for each pair of edges whose boxes meet: a sweep along x with the edges that are still open.
 * @param {Edges} edges
 * @param {(i: number, j: number) => void} visit
 */
function eachNearPair({from, to}, visit) {
  const count = from.length;
  const [left, right, low, high] = [0, 1, 2, 3].map(() => new Float64Array(count));
  for (let i = 0; i < count; i += 1) {
    const [a, b] = [from[i], to[i]];
    left[i] = Math.min(a.x, b.x);
    right[i] = Math.max(a.x, b.x);
    low[i] = Math.min(a.y, b.y);
    high[i] = Math.max(a.y, b.y);
  }
  // Sorted as numbers that hold both, which takes a fraction of the time that a comparing function would.
  const leftmost = left.reduce((least, x) => Math.min(least, x), Infinity);
  const order = left.map((x, i) => (x - leftmost) * count + i).sort();
  const open = new Uint32Array(count);
  let opened = 0;
  for (const key of order) {
    const i = key % count;
    let kept = 0;
    for (let at = 0; at < opened; at += 1) {
      const j = open[at];
      if (right[j] < left[i]) continue;
      open[kept] = j;
      kept += 1;
      if (low[j] <= high[i] && high[j] >= low[i]) visit(i, j);
    }
    open[kept] = i;
    opened = kept + 1;
  }
}

/**
 * Puts a vertex wherever edges meet.
 * @param {readonly Loop[]} loops
 * @returns {{loops: Loop[], crossings: number}} crossings: how many vertices had to be rounded to the grid, which moves
 *   edges a little and may make others cross
 */
export function withMeetingPoints(loops) {
  const edges = edgesOf(loops);
  const {from, to} = edges;
  /** @type {Map<number, Node[]>} */
  const extra = new Map();
  let crossings = 0;
  /** @param {number} i @param {Node} node */
  const insert = (i, node) => {
    if (same(from[i], node) || same(to[i], node)) return;
    const list = extra.get(i);
    if (list) list.push(node);
    else extra.set(i, [node]);
  };
  eachNearPair(edges, (i, j) => {
    const [a, b, c, d] = [from[i], to[i], from[j], to[j]];
    const [abc, abd, cda, cdb] = [side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)];
    if (abc === 0 && isBetween(a, b, c)) insert(i, c);
    if (abd === 0 && isBetween(a, b, d)) insert(i, d);
    if (cda === 0 && isBetween(c, d, a)) insert(j, a);
    if (cdb === 0 && isBetween(c, d, b)) insert(j, b);
    if (abc < 0 === abd < 0 || cda < 0 === cdb < 0 || abc * abd === 0 || cda * cdb === 0) return;
    const along = cda / (cda - cdb);
    const node = {x: Math.round(a.x + along * (b.x - a.x)), y: Math.round(a.y + along * (b.y - a.y))};
    insert(i, node);
    insert(j, node);
    crossings += 1;
  });
  return {loops: extra.size > 0 ? withExtra(loops, extra) : [...loops], crossings};
}

/** @param {readonly Loop[]} loops @param {Map<number, Node[]>} extra by edge @returns {Loop[]} */
function withExtra(loops, extra) {
  let edge = -1;
  return loops.map((loop) =>
    loop.flatMap((node) => {
      edge += 1;
      /** @param {Node} other */
      const far = (other) => (other.x - node.x) ** 2 + (other.y - node.y) ** 2;
      const more = (extra.get(edge) ?? []).sort((a, b) => far(a) - far(b));
      return [node, ...more.filter((one, i) => i === 0 || !same(one, more[i - 1]))];
    }),
  );
}

/** Numbers the positions of a drawing, so that the same one is known again. */
class Numbering {
  /** @param {Edges} edges */
  constructor({from}) {
    [this.left, this.top, this.rows] = [Infinity, Infinity, 0];
    let bottom = -Infinity;
    for (const {x, y} of from) {
      this.left = Math.min(this.left, x);
      this.top = Math.min(this.top, y);
      bottom = Math.max(bottom, y);
    }
    this.rows = bottom - this.top + 1;
  }

  /** @param {Node} node @returns {number} */
  of({x, y}) {
    return (x - this.left) * this.rows + (y - this.top);
  }
}

/**
 * Edges that run there and back enclose nothing and go; the others are kept by where they begin.
 * @param {Edges} edges @param {Numbering} numbering
 * @returns {Map<number, Node[]>} number of a position -> where the edges from it end
 */
function outgoing({from, to}, numbering) {
  /** @type {Map<number, Node[]>} */
  const out = new Map();
  for (let i = 0; i < from.length; i += 1) {
    const back = out.get(numbering.of(to[i]));
    const opposite = back ? back.findIndex((node) => same(node, from[i])) : -1;
    if (back && opposite >= 0) {
      back.splice(opposite, 1);
      continue;
    }
    const key = numbering.of(from[i]);
    const ends = out.get(key);
    if (ends) ends.push(to[i]);
    else out.set(key, [to[i]]);
  }
  return out;
}

/**
 * Takes the edge that bounds the same wedge of interior as the one that was come by: the first one clockwise (interior
 * lies to the left) from the way back.
 * @param {Node} before @param {Node} at @param {Node[]} ends taken from this list
 * @returns {Node}
 */
function takeNext(before, at, ends) {
  let best = 0;
  let smallest = Infinity;
  if (ends.length > 1) {
    const back = Math.atan2(before.y - at.y, before.x - at.x);
    ends.forEach((end, i) => {
      const turned = back - Math.atan2(end.y - at.y, end.x - at.x);
      const clockwise = turned <= 0 ? turned + 2 * Math.PI : turned;
      if (clockwise < smallest) [best, smallest] = [i, clockwise];
    });
  }
  return ends.splice(best, 1)[0];
}

/**
 * Cuts a walk where it passes a position again.
 * @param {Node[]} walk @param {Numbering} numbering
 * @returns {Loop[]} simple ones
 */
function simpleLoops(walk, numbering) {
  /** @type {Loop[]} */
  const loops = [];
  /** @type {Map<number, number>} */
  const seen = new Map();
  /** @type {Node[]} */
  const path = [];
  for (const node of walk) {
    const before = seen.get(numbering.of(node));
    if (before !== undefined) {
      const loop = path.splice(before + 1);
      for (const passed of loop) seen.delete(numbering.of(passed));
      loops.push([path[before], ...loop]);
    } else {
      seen.set(numbering.of(node), path.length);
      path.push(node);
    }
  }
  loops.push(path);
  return loops.filter((loop) => loop.length > 2 && doubleArea(loop) !== 0);
}

/** @param {Edges} edges @returns {Loop[][]} for each walk around a face, the simple loops that it consists of */
function walks(edges) {
  const numbering = new Numbering(edges);
  const out = outgoing(edges, numbering);
  /** @type {Loop[][]} */
  const found = [];
  for (const node of edges.from) {
    const start = numbering.of(node);
    for (let ends = out.get(start); ends && ends.length > 0; ) {
      const walk = [node];
      let [before, at] = [node, ends.splice(0, 1)[0]];
      for (let next = out.get(numbering.of(at)); next && next.length > 0; next = out.get(numbering.of(at))) {
        walk.push(at);
        [before, at] = [at, takeNext(before, at, next)];
      }
      found.push(simpleLoops(walk, numbering));
    }
  }
  return found;
}

/** @param {readonly Node[]} loop @param {Node} node not on the loop @returns {boolean} */
export function encloses(loop, node) {
  let isIn = false;
  let last = loop[loop.length - 1];
  for (const next of loop) {
    if (last.y > node.y !== next.y > node.y && side(last, next, node) > 0 === next.y > last.y) isIn = !isIn;
    last = next;
  }
  return isIn;
}

/**
 * @param {readonly Loop[]} loops whose edges meet at vertices only, interior to the left
 * @returns {Face[]}
 */
export function facesOf(loops) {
  /** @type {Face[]} */
  const faces = [];
  /** @type {Loop[]} */
  const holes = [];
  for (const parts of walks(edgesOf(loops))) {
    const shells = parts.filter((loop) => doubleArea(loop) > 0).map((shell) => ({shell, holes: /** @type {Loop[]} */ ([])}));
    const negative = parts.filter((loop) => doubleArea(loop) < 0);
    faces.push(...shells);
    if (shells.length === 1) shells[0].holes.push(...negative);
    else holes.push(...negative);
  }
  const bySize = faces.map((face) => ({face, size: doubleArea(face.shell)})).sort((a, b) => a.size - b.size);
  for (const hole of holes) bySize.find(({face, size}) => size > -doubleArea(hole) && encloses(face.shell, hole[0]))?.face.holes.push(hole);
  return faces;
}
