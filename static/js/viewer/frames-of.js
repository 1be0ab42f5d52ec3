/** What shows the frames of an image, fetched by what the image is: slides need neither stacks nor videos. */

/** @import {FrameChange, FrameStack} from './frame-stack.js' */
/** @import {PixelGrant} from './pixel-grant.js' */
/** @import {Frames, Manifest} from './types.js' */

/**
 * @typedef {(options: {manifest: Manifest & {frames: Frames}, grant: PixelGrant, onChange: (change: FrameChange, error?: unknown) => void,
 *   onFramesOnly: () => void}) => FrameStack} MakeFrames of a stack or a video
 */

/**
 * Fetches what shows an image of this kind.
 * @param {Manifest} manifest
 * @returns {Promise<MakeFrames | null>} null: it has no frames, or is a slide with planes
 */
export async function framesOf({frames, planes, video}) {
  if (planes || !frames) return null;
  if (video) {
    const {VideoStack} = await import('./video-stack.js');
    return (options) => new VideoStack(/** @type {ConstructorParameters<typeof VideoStack>[0]} */ (options));
  }
  const {FrameStack} = await import('./frame-stack.js');
  return (options) => new FrameStack(options);
}
