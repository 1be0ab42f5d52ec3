# mypy: allow-untyped-calls
"""The most conspicuous areas of a photograph or frame, as boxes. A weak reference, not a detector of anything.

It finds what differs in colour and brightness from its surroundings, inside the lit field of an endoscope or the
sector of an ultrasound frame. It knows no polyp and no lesion; its worth is a real suggestion to decide on.

Boxes are (x_min, y_min, x_max, y_max) in continuous pixels of the given picture, (0, 0) the outer corner of the
top-left pixel.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import color, measure, morphology, transform

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

WORKING_PX = 256
MAX_BOXES = 3
SMALLEST_SHARE = 0.004
LARGEST_SHARE = 0.35
LEAST_SCORE = 0.1


@dataclass(frozen=True, slots=True)
class Box:
    """A conspicuous area.

    Attributes:
        bounds: (x_min, y_min, x_max, y_max) in pixels of the picture.
        score: 0 to 1, how much of the picture's conspicuousness lies inside.
    """

    bounds: tuple[float, float, float, float]
    score: float


def find_boxes(rgb: NDArray[np.uint8]) -> list[Box]:
    """Return at most ``MAX_BOXES`` boxes, the most conspicuous first."""
    scale = max(rgb.shape[:2]) / WORKING_PX
    size = (max(8, round(rgb.shape[0] / scale)), max(8, round(rgb.shape[1] / scale)), 3)
    small = np.asarray(transform.resize(rgb, size, anti_aliasing=True), dtype=np.float64)
    field = _field(small)
    if field.sum() < 0.02 * field.size:
        return []
    saliency = _saliency(small, field)
    boxes = _boxes(saliency, field)
    stretch = np.array([rgb.shape[1] / size[1], rgb.shape[0] / size[0]] * 2)
    height, width = rgb.shape[:2]
    limits = np.array([width, height, width, height], dtype=np.float64)
    found = []
    for bounds, score in boxes:
        placed = np.round(np.clip(np.asarray(bounds) * stretch, 0.0, limits) * 8.0) / 8.0
        found.append(Box((float(placed[0]), float(placed[1]), float(placed[2]), float(placed[3])), score))
    return found


def _field(small: Floats) -> Mask:
    """Return the lit part: the largest area that is not black, with its small dark holes, without its rim."""
    lit = morphology.opening(small.max(axis=2) > 0.08, morphology.disk(2))
    lit = morphology.closing(lit, morphology.disk(7))
    parts, count = ndimage.label(lit)
    if count == 0:
        return np.zeros(lit.shape, dtype=np.bool_)
    largest = parts == 1 + int(np.argmax(ndimage.sum_labels(lit, parts, range(1, count + 1))))
    filled = ndimage.binary_fill_holes(largest)
    return np.asarray(ndimage.binary_erosion(filled, iterations=6, border_value=0), dtype=np.bool_)


def _saliency(small: Floats, field: Mask) -> Floats:
    """Return, inside the field, how far each place is in L*a*b* from its wide surroundings, 0 to 1."""
    lab = np.asarray(color.rgb2lab(small), dtype=np.float64)
    # Mirror-like reflections are the brightest and the least coloured points of an endoscopic picture.
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    glare = morphology.dilation((lab[..., 0] > 85) & (chroma < 22), morphology.disk(2))
    # In a coloured picture the depth of the lumen is dark and the wall next to the lamp is burnt out: neither counts.
    coloured = float(np.median(chroma[field])) > 8
    depth = (lab[..., 0] < 32) | (lab[..., 0] > 93) if coloured else np.zeros(field.shape, dtype=np.bool_)
    usable = field & ~glare & ~depth
    if usable.sum() < 0.1 * field.sum():
        usable = field
    contrast = np.zeros(field.shape)
    for channel, weight in ((0, 0.4 if coloured else 1.0), (1, 1.3), (2, 0.6)):
        for near, far in ((3.0, 14.0), (6.0, 28.0)):
            difference = _mean_within(lab[..., channel], usable, near) - _mean_within(lab[..., channel], usable, far)
            contrast += weight * np.maximum(difference, 0.0)
    contrast[~usable] = 0.0
    top = float(np.percentile(contrast[field], 99.5))
    return np.asarray(np.clip(contrast / top, 0.0, 1.0) if top > 1e-6 else contrast)


def _mean_within(values: Floats, mask: Mask, sigma: float) -> Floats:
    """Return the Gaussian mean of the values inside the mask."""
    weight = ndimage.gaussian_filter(mask.astype(np.float64), sigma)
    return np.asarray(ndimage.gaussian_filter(np.where(mask, values, 0.0), sigma) / np.maximum(weight, 1e-3))


def _boxes(saliency: Floats, field: Mask) -> list[tuple[tuple[int, int, int, int], float]]:
    """Return the bounds of the conspicuous areas with their scores, in working pixels."""
    inside = saliency[field]
    mask = field & (saliency > inside.mean() + 1.1 * inside.std())
    mask = morphology.opening(mask, morphology.disk(3))
    parts, _count = ndimage.label(mask)
    total = float(inside.sum()) or 1.0
    found = []
    for part in measure.regionprops(parts, intensity_image=saliency):
        share = part.area / field.sum()
        if SMALLEST_SHARE <= share <= LARGEST_SHARE:
            score = _score(part, total)
            if score >= LEAST_SCORE:
                top, left, bottom, right = part.bbox
                found.append(((left, top, right, bottom), score))
    return sorted(found, key=lambda item: -item[1])[:MAX_BOXES]


def _score(part: Any, total: float) -> float:
    """Return 0 to 1: half for the strength, half for the part of all conspicuousness that it holds."""
    held = min(1.0, 3.0 * float(part.area) * float(part.intensity_mean) / total)
    return round(0.5 * float(part.intensity_mean) * float(part.solidity) + 0.5 * held, 4)
