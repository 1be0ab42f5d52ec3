/** What all pages share: the cells as the bench wrote them, the view to begin with, and when a frame is on the screen. */

export const COLOURS = ['#c80000', '#3c3cdc', '#00963c', '#e6a01e', '#5a5a5a', '#963cb4'];
export const RELABELLED = '#00f0ff';
/** Level-0 px a px of the screen at first: 10x of a slide that was scanned at 40x. */
export const RESOLUTION = 4;

/** @returns {Promise<{side: number, count: number, ring: (cell: number) => number[][], label: (cell: number) => number, middle: number}>} */
export async function cells() {
  const head = await (await fetch('cells.json')).json();
  const raw = await (await fetch('cells.bin')).arrayBuffer();
  const starts = new Uint32Array(raw, 0, head.count + 1);
  const vertices = new Float32Array(raw, starts.byteLength, 2 * starts[head.count]);
  const labels = new Uint8Array(raw, starts.byteLength + vertices.byteLength, head.count);
  const ring = (cell) => {
    const corners = [];
    for (let v = starts[cell]; v < starts[cell + 1]; v += 1) corners.push([vertices[2 * v], vertices[2 * v + 1]]);
    return corners;
  };
  return {...head, ring, label: (cell) => labels[cell]};
}

/** Two frames later what was drawn is on the screen. */
export const drawn = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
