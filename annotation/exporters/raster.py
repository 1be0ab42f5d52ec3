"""Two ways to write an outline with holes where a format knows no holes: as a run-length mask, or in parts."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from annotation.schema.masks import Mask
from annotation.schema.shapes import Shape

__all__ = ["column_crossings", "placed", "run_lengths", "without_holes"]

Ring = list[tuple[float, float]]


def run_lengths(shape: Shape, *, width: int, height: int) -> list[int]:
    """Return COCO run lengths (column by column, background first) of the pixels whose centres lie in the shape.

    The work grows with the columns that the outline spans, never with the pixels of the image.
    """
    columns, crossings = column_crossings([ring for rings in shape.polygons for ring in rings], width)
    order = np.lexsort((crossings, columns))
    columns, crossings = columns[order], crossings[order]
    # an outline enters and leaves each column equally often: crossings pair up as (in, out)
    begins = np.clip(np.ceil(crossings[0::2] - 0.5), 0, height).astype(np.int64)
    ends = np.clip(np.ceil(crossings[1::2] - 0.5), 0, height).astype(np.int64)
    starts = columns[0::2].astype(np.int64) * height + begins
    stops = columns[0::2].astype(np.int64) * height + ends
    counts: list[int] = []
    at = 0
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        if stop <= start:
            continue
        if counts and start == at:
            counts[-1] += stop - start
        else:
            counts += [start - at, stop - start]
        at = stop
    return [*counts, width * height - at] if at < width * height else counts


def placed(mask: Mask, *, width: int, height: int) -> list[int]:
    """Return COCO run lengths of a mask on the whole image."""
    (x, y), (rows, _), counts = mask.run_lengths()
    ends = np.cumsum(counts)
    # Each run of the bounds is cut at their columns, which are farther apart on the image.
    starts, stops = ends[:-1:2], ends[1::2]
    first, last = starts // rows, (stops - 1) // rows
    spans = last - first + 1
    which = np.repeat(np.arange(len(spans)), spans)
    column = first[which] + np.arange(len(which)) - np.repeat(np.cumsum(spans) - spans, spans)
    down = np.where(column == first[which], starts[which] % rows, 0)
    until = np.where(column == last[which], (stops[which] - 1) % rows + 1, rows)
    places = np.concatenate([(column + x) * height + y + each for each in (down, until)])
    unique, repeated = np.unique(places, return_counts=True)
    runs: list[int] = np.diff(np.concatenate(([0], unique[repeated == 1], [width * height]))).tolist()
    return runs if runs[-1] else runs[:-1]


def column_crossings(rings: list[Ring], width: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return, for each edge and each pixel column whose middle it passes, the column and the y where it passes."""
    columns: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
    crossings: list[NDArray[np.float64]] = [np.empty(0, dtype=np.float64)]
    for ring in rings:
        for (x_a, y_a), (x_b, y_b) in pairwise(ring):
            left, right = min(x_a, x_b), max(x_a, x_b)
            # half-open, so that a vertex in the middle of a column counts once
            first, last = max(math.ceil(left - 0.5), 0), min(math.ceil(right - 0.5), width)
            if last > first:
                span = np.arange(first, last, dtype=np.int64)
                columns.append(span)
                crossings.append(np.asarray(y_a + (span + 0.5 - x_a) * ((y_b - y_a) / (x_b - x_a)), dtype=np.float64))
    return np.concatenate(columns), np.concatenate(crossings)


def without_holes(shape: Shape) -> list[list[Ring]]:
    """Return the polygons of a shape cut along vertical lines through their holes, so that none has a hole any more."""
    waiting: list[Any] = list(shapely.get_parts(shape.geometry))
    done: list[list[Ring]] = []
    while waiting:
        polygon = waiting.pop()
        if not len(polygon.interiors):
            done.append([[(float(x), float(y)) for x, y in polygon.exterior.coords]])
            continue
        hole_left, _, hole_right, _ = polygon.interiors[0].bounds
        x_min, y_min, x_max, y_max = polygon.bounds
        cut = (hole_left + hole_right) / 2
        for part in (shapely.box(x_min, y_min, cut, y_max), shapely.box(cut, y_min, x_max, y_max)):
            pieces = shapely.get_parts(shapely.intersection(polygon, part))
            waiting += [piece for piece in pieces if piece.geom_type == "Polygon" and piece.area > 0]
    return sorted(done)
