/** How far colours may lie apart, in steps of 256: the largest difference of red, green or blue. */
export const TOLERANCE = {least: 1, first: 24, most: 160};

/** @param {number} value @returns {number} */
export const asTolerance = (value) => Math.round(Math.min(Math.max(value, TOLERANCE.least), TOLERANCE.most));
