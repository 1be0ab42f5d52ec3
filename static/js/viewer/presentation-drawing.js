/** Draws what a presentation state puts over a frame: bitmaps, shapes, texts and shutters. Lines keep their width on screen. */

import {bytesOf} from './voi.js';

/** @import {DrawnText, Point, Presentation, Shape} from './types.js' */

const COLOUR = '#ffdd57';
const HALO = 'rgb(0 0 0 / 65%)';
const LINE_PX = 1.6;
const TEXT_PX = 14;
const POINT_PX = 5;

/**
 * @param {{frames: number[] | null}} part
 * @param {Presentation} state
 * @param {number} frame 0-based
 * @returns {boolean} whether a part of a state is for a frame
 */
export function isFor(part, state, frame) {
  return (part.frames ?? state.frames).includes(frame);
}

/**
 * The bitmaps of a state, ready to draw.
 * @param {Presentation} state
 * @returns {Promise<{left: number, top: number, bitmap: ImageBitmap}[]>}
 */
export function bitmapsOf({overlays}) {
  return Promise.all(overlays.map(async ({left, top, png}) => {
    const blob = new Blob([/** @type {BlobPart} */ (bytesOf(png))], {type: 'image/png'});
    return {left, top, bitmap: await createImageBitmap(blob)};
  }));
}

/**
 * @param {CanvasRenderingContext2D} context in image px
 * @param {object} what
 * @param {Presentation} what.state
 * @param {{left: number, top: number, bitmap: ImageBitmap}[]} what.bitmaps
 * @param {number} what.frame 0-based
 * @param {{width: number, height: number}} what.size of the image
 */
export function drawPresentation(context, {state, bitmaps, frame, size}) {
  if (!state.frames.includes(frame)) return;
  const {a, b} = context.getTransform();
  const perPx = (globalThis.devicePixelRatio || 1) / Math.hypot(a, b);
  // First the shutters: a text may well stand where they cover the image.
  drawShutters(context, state, size);
  for (const {left, top, bitmap} of bitmaps) context.drawImage(bitmap, left, top);
  for (const graphic of state.graphics) {
    if (!isFor(graphic, state, frame)) continue;
    for (const shape of graphic.shapes) drawShape(context, shape, perPx);
    for (const text of graphic.texts) drawText(context, text, perPx, Math.atan2(b, a));
  }
}

/** @param {CanvasRenderingContext2D} context @param {Shape} shape @param {number} perPx image px per screen px */
function drawShape(context, shape, perPx) {
  context.beginPath();
  trace(context, shape, perPx);
  if (shape.filled) {
    context.fillStyle = COLOUR;
    context.fill();
  }
  strokeTwice(context, perPx);
}

/** A dark edge keeps a line visible on bright bone. @param {CanvasRenderingContext2D} context @param {number} perPx */
function strokeTwice(context, perPx) {
  context.lineJoin = 'round';
  for (const [colour, width] of /** @type {[string, number][]} */ ([[HALO, LINE_PX + 2], [COLOUR, LINE_PX]])) {
    context.strokeStyle = colour;
    context.lineWidth = width * perPx;
    context.stroke();
  }
}

/** @param {CanvasRenderingContext2D} context @param {Shape} shape @param {number} perPx */
function trace(context, {kind, points}, perPx) {
  const [first, second, third, fourth] = points;
  if (kind === 'point') {
    for (const [dx, dy] of [[1, 1], [1, -1]]) {
      context.moveTo(first[0] - dx * POINT_PX * perPx, first[1] - dy * POINT_PX * perPx);
      context.lineTo(first[0] + dx * POINT_PX * perPx, first[1] + dy * POINT_PX * perPx);
    }
  } else if (kind === 'circle') {
    const radius = distance(first, second);
    context.moveTo(first[0] + radius, first[1]);
    context.arc(first[0], first[1], radius, 0, 2 * Math.PI);
  } else if (kind === 'ellipse') {
    const [along, across] = [distance(first, second) / 2, distance(third, fourth) / 2];
    const angle = Math.atan2(second[1] - first[1], second[0] - first[0]);
    context.ellipse((first[0] + second[0]) / 2, (first[1] + second[1]) / 2, along, across, angle, 0, 2 * Math.PI);
  } else if (kind === 'rectangle') {
    context.rect(first[0], first[1], second[0] - first[0], second[1] - first[1]);
  } else {
    traceLine(context, points, kind === 'curve');
    if (kind === 'polygon') context.closePath();
  }
}

/** @param {CanvasRenderingContext2D} context @param {Point[]} points @param {boolean} smooth through the points, as Catmull-Rom does */
function traceLine(context, points, smooth) {
  context.moveTo(...points[0]);
  for (let at = 1; at < points.length; at += 1) {
    const [before, from, to, after] = [points[Math.max(0, at - 2)], points[at - 1], points[at], points[Math.min(points.length - 1, at + 1)]];
    if (smooth) {
      context.bezierCurveTo(
        from[0] + (to[0] - before[0]) / 6, from[1] + (to[1] - before[1]) / 6,
        to[0] - (after[0] - from[0]) / 6, to[1] - (after[1] - from[1]) / 6,
        to[0], to[1],
      );
    } else {
      context.lineTo(to[0], to[1]);
    }
  }
}

/** @param {CanvasRenderingContext2D} context @param {DrawnText} text @param {number} perPx @param {number} turned radians of the picture */
function drawText(context, {lines, box, anchor, line_to_anchor: joined}, perPx, turned) {
  const place = box?.[0] ?? anchor;
  if (!place) return;
  if (joined && anchor && box) {
    context.beginPath();
    context.moveTo((box[0][0] + box[1][0]) / 2, (box[0][1] + box[1][1]) / 2);
    context.lineTo(...anchor);
    strokeTwice(context, perPx);
  }
  context.save();
  context.translate(...place);
  context.rotate(-turned);
  context.scale(perPx, perPx);
  context.font = `${TEXT_PX}px system-ui, sans-serif`;
  context.textBaseline = 'top';
  context.lineWidth = 3;
  context.strokeStyle = HALO;
  context.fillStyle = COLOUR;
  lines.forEach((line, at) => {
    context.strokeText(line, 0, at * TEXT_PX * 1.3);
    context.fillText(line, 0, at * TEXT_PX * 1.3);
  });
  context.restore();
}

/** @param {CanvasRenderingContext2D} context @param {Presentation} state @param {{width: number, height: number}} size */
function drawShutters(context, {shutters, shutter_grey: grey}, {width, height}) {
  context.fillStyle = `rgb(${grey} ${grey} ${grey})`;
  for (const shutter of shutters) {
    context.beginPath();
    context.rect(0, 0, width, height);
    trace(context, shutter, 1);
    context.fill('evenodd');
  }
}

/** @param {Point} one @param {Point} other @returns {number} */
function distance(one, other) {
  return Math.hypot(one[0] - other[0], one[1] - other[1]);
}
