// Mirrors src/clipper-entry.js; written by scripts/build_vendor.mjs.
export {Clipper, ClipType, FillRule, PolyTree64} from 'clipper2-ts';
