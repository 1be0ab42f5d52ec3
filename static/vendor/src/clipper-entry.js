// Polygon clipping on an integer grid: the one library that neither throws nor lies when a stroke goes back over itself.
export {Clipper, ClipType, FillRule, PolyTree64} from 'clipper2-ts';
