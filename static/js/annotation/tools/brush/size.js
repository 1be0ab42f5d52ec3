/** How wide brush and eraser may be; screen px. */
export const BRUSH_PX = {least: 4, first: 32, most: 400};
