// Mirrors src/clipper-entry.js; written by scripts/build_vendor.mjs.
export {Clipper, ClipType, FillRule, PolyTree64, area, simplifyPath} from 'clipper2-ts';
