// Mirrors src/clipper-entry.js; written by scripts/build_vendor.mjs.
export {ClipType, FillRule, PathType} from 'clipper2-ts/dist/Core.js';
export {Clipper64} from 'clipper2-ts/dist/Engine.js';
