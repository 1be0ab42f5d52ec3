/** How wide superpixels may be; screen px. */
export const SUPERPIXEL_PX = {least: 10, first: 28, most: 120};
