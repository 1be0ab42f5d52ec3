// Polygon clipping on an integer grid: the one library that neither throws nor lies when a stroke goes back over itself.
// Its engine alone: the package's own entry brings offsets and triangulation along, which are twice as much.
export {ClipType, FillRule, PathType} from 'clipper2-ts/dist/Core.js';
export {Clipper64} from 'clipper2-ts/dist/Engine.js';
