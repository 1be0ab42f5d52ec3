# mypy: allow-untyped-calls
"""Nuclei in haematoxylin and eosin, found by classical means: stain separation, thresholds, watershed.

Coordinates are continuous pixels of the given picture: (0, 0) is the outer corner of the top-left pixel, x right,
y down, order (x, y). Array axes are (row, column).
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from shapely import Polygon
from skimage import filters, measure, morphology, segmentation, transform

Floats = NDArray[np.float64]
Labels = NDArray[np.int32]

SMALLEST_DIAMETER_UM = 3.2
LARGEST_DIAMETER_UM = 22.0
SEPARATION_UM = 2.2
HOLE_UM = 6.0
MAX_VERTICES = 40
# Below this a "nucleus" is stroma that happens to be bluish; found by looking at outlines on several stains.
SMALLEST_SOLIDITY = 0.72
LEAST_CONTRAST = 0.35
SATURATED_DENSITY = 1.3
LEAST_SCORE = 0.4
WORKING_MPP_UM = 0.45


@dataclass(frozen=True, slots=True)
class Nucleus:
    """An outline and how much it looks like a nucleus.

    Attributes:
        ring: Vertices as (x, y), open (the first is not repeated), at most ``MAX_VERTICES``.
        score: 0 to 1, from contrast with its surroundings and from the smoothness of its form.
    """

    ring: Floats
    score: float


def find_nuclei(rgb: NDArray[np.uint8], *, mpp_um: float) -> list[Nucleus]:
    """Return the nuclei that lie wholly inside the picture, row by row from the top.

    Args:
        rgb: Picture, axes (row, column, channel), 8 bits.
        mpp_um: Micrometres a pixel; sets the range of sizes and the smoothing.
    """
    # Nothing is gained below about 0.4 um a pixel, and time grows with the fourth power: blocks are averaged first.
    factor = max(1, round(WORKING_MPP_UM / mpp_um))
    if factor == 1:
        return _find(rgb, mpp_um=mpp_um)
    small = np.asarray(np.round(transform.downscale_local_mean(rgb, (factor, factor, 1))), dtype=np.uint8)
    whole = small[: rgb.shape[0] // factor, : rgb.shape[1] // factor]
    return [Nucleus(found.ring * factor, found.score) for found in _find(whole, mpp_um=mpp_um * factor)]


def _find(rgb: NDArray[np.uint8], *, mpp_um: float) -> list[Nucleus]:
    """Return the nuclei of a picture that is already at the working scale."""
    tissue = _tissue(rgb, mpp_um=mpp_um)
    if not tissue.any():
        return []
    stain = _haematoxylin(rgb, mpp_um=mpp_um)
    mask = _nuclear_mask(stain, tissue, mpp_um=mpp_um)
    parts = _split(mask, stain, mpp_um=mpp_um)
    return _outlines(parts, stain, tissue, mpp_um=mpp_um)


def _tissue(rgb: NDArray[np.uint8], *, mpp_um: float) -> NDArray[np.bool_]:
    """Return where there is tissue: neither bare glass nor black scanner background."""
    brightness = rgb.mean(axis=2)
    spread = rgb.max(axis=2).astype(np.int16) - rgb.min(axis=2)
    # Dense nuclei are black too: only black areas larger than any nucleus are background.
    background = ndimage.minimum_filter(brightness < 20, size=max(3, round(1.5 * LARGEST_DIAMETER_UM / mpp_um)))
    return np.asarray(~background & ((brightness < 225) | (spread > 25)), dtype=np.bool_)


def _unmixing() -> Floats:
    """Return the matrix from optical density (R, G, B) to haematoxylin, eosin and the rest.

    The two stain vectors are Ruifrok's and Johnston's. The third one is their normal instead of DAB's: with DAB in the
    matrix (as in ``rgb2hed``) nearly black nuclei are explained as brown and get lost.
    """
    haematoxylin = np.array([0.65, 0.70, 0.29])
    eosin = np.array([0.07, 0.99, 0.11])
    stains = np.stack([haematoxylin, eosin, np.cross(haematoxylin, eosin)])
    return np.asarray(np.linalg.inv(stains / np.linalg.norm(stains, axis=1, keepdims=True)), dtype=np.float64)


_UNMIXING = _unmixing()


def _haematoxylin(rgb: NDArray[np.uint8], *, mpp_um: float) -> Floats:
    """Return the smoothed haematoxylin density (optical density to base 10, about 0 to 2)."""
    density = -np.log10((rgb.astype(np.float64) + 1.0) / 256.0)
    stain = np.clip(density @ _UNMIXING[:, 0], 0.0, SATURATED_DENSITY)
    return np.asarray(ndimage.gaussian_filter(stain, sigma=max(0.6, 0.35 / mpp_um)))


def _nuclear_mask(stain: Floats, tissue: NDArray[np.bool_], *, mpp_um: float) -> NDArray[np.bool_]:
    """Return the pixels darker in haematoxylin than both the slide's threshold and their own neighbourhood's."""
    overall = float(filters.threshold_otsu(stain[tissue]))
    # Mean over tissue only: glass beside a gland must not lower the neighbourhood's level.
    reach = 14.0 / mpp_um
    weight = ndimage.gaussian_filter(tissue.astype(np.float64), reach)
    around = ndimage.gaussian_filter(np.where(tissue, stain, 0.0), reach) / np.maximum(weight, 1e-3)
    spread = float(stain[tissue].std())
    mask = tissue & (stain > np.maximum(0.86 * overall, around + 0.25 * spread))
    radius = max(1, round(0.55 / mpp_um))
    mask = morphology.opening(mask, morphology.disk(radius))
    # A pale nucleus is a ring: its hole is filled. A hole the size of a cell is a gap between nuclei and stays.
    mask = morphology.remove_small_holes(mask, max_size=round((HOLE_UM / mpp_um) ** 2))
    smallest = math.pi / 4 * (SMALLEST_DIAMETER_UM / mpp_um) ** 2
    return np.asarray(morphology.remove_small_objects(mask, max_size=int(smallest)), dtype=np.bool_)


def _split(mask: NDArray[np.bool_], stain: Floats, *, mpp_um: float) -> Labels:
    """Return the mask cut into single nuclei by watershed on the distance to the background."""
    distance = ndimage.gaussian_filter(ndimage.distance_transform_edt(mask), 0.4 / mpp_um)
    peaks = morphology.h_maxima(distance, max(0.35, 0.22 / mpp_um))
    markers, _count = ndimage.label(morphology.dilation(peaks, morphology.disk(max(1, round(SEPARATION_UM / 4 / mpp_um)))) & mask)
    return np.asarray(segmentation.watershed(-distance, markers, mask=mask), dtype=np.int32)


def _outlines(parts: Labels, stain: Floats, tissue: NDArray[np.bool_], *, mpp_um: float) -> list[Nucleus]:
    """Return the parts that look like nuclei, as outlines."""
    height, width = parts.shape
    smallest = math.pi / 4 * (SMALLEST_DIAMETER_UM / mpp_um) ** 2
    largest = math.pi / 4 * (LARGEST_DIAMETER_UM / mpp_um) ** 2
    spread = max(float(stain[tissue].std()), 1e-6)
    found: list[Nucleus] = []
    for part in measure.regionprops(parts):
        top, left, bottom, right = part.bbox
        touches_border = top == 0 or left == 0 or bottom == height or right == width
        if touches_border or not smallest <= part.area <= largest or part.solidity < SMALLEST_SOLIDITY:
            continue
        contrast = _contrast(part, parts, stain, reach=max(2, round(1.2 / mpp_um))) / spread
        if contrast < LEAST_CONTRAST:
            continue
        score = _score(contrast, float(part.solidity))
        ring = _ring(part, mpp_um=mpp_um) if score >= LEAST_SCORE else None
        if ring is not None:
            found.append(Nucleus(ring, score))
    return found


def _contrast(part: Any, parts: Labels, stain: Floats, *, reach: int) -> float:
    """Return how much darker the part is than the ring around it that belongs to no other part."""
    top, left, bottom, right = part.bbox
    rows = slice(max(0, top - reach), bottom + reach)
    columns = slice(max(0, left - reach), right + reach)
    here = parts[rows, columns]
    inside = here == part.label
    around = ndimage.binary_dilation(inside, iterations=reach) & (here == 0)
    if not around.any():
        return 0.0
    window = stain[rows, columns]
    return float(window[inside].mean() - window[around].mean())


def _score(contrast: float, solidity: float) -> float:
    """Return 0 to 1: half for standing out from the surroundings, half for a smooth convex form."""
    darkness = 1.0 - math.exp(-contrast / 1.2)
    form = min(1.0, max(0.0, (solidity - SMALLEST_SOLIDITY) / (0.97 - SMALLEST_SOLIDITY)))
    return round(0.5 * darkness + 0.5 * form, 4)


def _ring(part: Any, *, mpp_um: float) -> Floats | None:
    """Return the outline of a part as a simple ring of at most ``MAX_VERTICES`` vertices, or None if it has none."""
    pad = 2
    padded = np.pad(part.image.astype(np.float64), pad)
    # Smoothing before contouring removes the staircase of the pixels without moving the edge.
    contours = measure.find_contours(ndimage.gaussian_filter(padded, min(1.2, max(0.7, 0.35 / mpp_um))), 0.5)
    if not contours:
        return None
    longest = max(contours, key=len)
    top, left, _bottom, _right = part.bbox
    # find_contours speaks of pixel centres; the outer corner of a pixel lies half a pixel before its centre.
    points: Floats = np.column_stack([longest[:, 1] - pad + left + 0.5, longest[:, 0] - pad + top + 0.5])
    tolerance = 0.3
    while tolerance < 8.0:
        simpler = np.asarray(measure.approximate_polygon(points, tolerance), dtype=np.float64)
        ring = np.round(simpler * 8.0) / 8.0
        if len(ring) <= MAX_VERTICES + 1:
            break
        tolerance *= 1.4
    ring = ring[:-1]
    if len(ring) < 4 or not Polygon(ring).is_valid:
        return None
    return np.asarray(ring, dtype=np.float64)
