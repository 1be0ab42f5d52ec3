# mypy: allow-untyped-calls
"""Colour and texture of a photograph as a short vector, for a classifier that learns from tens of examples."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import color, feature, transform

Floats = NDArray[np.float64]

SIDE_PX = 128
HISTOGRAM_BINS = 8
ORIENTATIONS = 8
LBP_POINTS = 8


def describe(rgb: NDArray[np.uint8]) -> Floats:
    """Return the features of a picture (axes row, column, channel; 8 bits) as a vector of fixed length.

    It holds L*a*b* histograms, mean and spread of colour on a 3 x 3 grid (where a lesion sits matters), orientation of
    edges at two scales, and local binary patterns.
    """
    small = np.asarray(transform.resize(rgb, (SIDE_PX, SIDE_PX, 3), anti_aliasing=True), dtype=np.float64)
    lab = np.asarray(color.rgb2lab(small), dtype=np.float64) / np.array([100.0, 60.0, 60.0])
    parts = [*_histograms(lab), *_grid_moments(lab), *_edges(lab[..., 0]), _patterns(small)]
    return np.concatenate([np.asarray(part, dtype=np.float64).ravel() for part in parts])


def _histograms(lab: Floats) -> list[Floats]:
    """Return one normalised histogram a channel; the square root evens out rare and common colours."""
    ranges = ((0.0, 1.0), (-1.0, 1.0), (-1.0, 1.0))
    counts = [np.histogram(lab[..., channel], HISTOGRAM_BINS, span)[0] for channel, span in enumerate(ranges)]
    return [np.sqrt(count / lab[..., 0].size) for count in counts]


def _grid_moments(lab: Floats) -> list[Floats]:
    """Return mean and standard deviation of each channel in each cell of a 3 x 3 grid."""
    cells = [cell for rows in np.array_split(lab, 3, axis=0) for cell in np.array_split(rows, 3, axis=1)]
    return [moment for cell in cells for moment in (cell.mean(axis=(0, 1)), cell.std(axis=(0, 1)))]


def _edges(lightness: Floats) -> list[Floats]:
    """Return, at two scales, how much edge there is in each direction, and its total."""
    found = []
    for sigma in (1.0, 3.0):
        down = ndimage.gaussian_filter(lightness, sigma, order=(1, 0))
        across = ndimage.gaussian_filter(lightness, sigma, order=(0, 1))
        strength = np.hypot(down, across)
        direction = np.mod(np.arctan2(down, across), np.pi)
        counts = np.histogram(direction, ORIENTATIONS, (0.0, np.pi), weights=strength)[0]
        found.append(np.append(counts / max(float(counts.sum()), 1e-9), strength.mean() * 10.0))
    return found


def _patterns(small: Floats) -> Floats:
    """Return the histogram of uniform local binary patterns of the grey picture."""
    grey = np.round(np.asarray(color.rgb2gray(small)) * 255.0).astype(np.uint8)
    patterns = feature.local_binary_pattern(grey, LBP_POINTS, 1.0, method="uniform")
    counts = np.histogram(patterns, LBP_POINTS + 2, (0, LBP_POINTS + 2))[0]
    return np.sqrt(counts / grey.size)
