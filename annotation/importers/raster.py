"""Pixels of other tools as masks: run lengths along columns (COCO), along rows, and pictures of labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from annotation.schema.masks import Mask, RowRuns, mask_of_row_runs
from annotation.schema.problems import ShapeError

__all__ = ["coco_counts", "mask_of_columns", "mask_of_picture", "mask_of_rows"]

MAX_BOUNDS_PX: Final = 1 << 28
"""Most pixels of the bounds of a mask given by columns; turning it takes a byte for each."""


def coco_counts(text: str) -> list[int] | None:
    """Return the run lengths of COCO's compressed spelling: five bits a character, each number after the second less the one two before."""
    counts: list[int] = []
    at = 0
    while at < len(text):
        value = shift = 0
        more = True
        while more:
            if at >= len(text) or shift > 60:
                return None
            code = ord(text[at]) - 48
            if not 0 <= code < 64:
                return None
            value |= (code & 0x1F) << shift
            more = bool(code & 0x20)
            shift += 5
            at += 1
            if not more and code & 0x10:
                value |= -1 << shift
        counts.append(value + (counts[-2] if len(counts) > 2 else 0))
    return counts


def mask_of_columns(counts: Sequence[int], *, height: int) -> Mask:
    """Return the mask of run lengths along columns of so many px, pixels that are out first.

    Raises:
        ShapeError: `geometry_empty`, or `mask_too_large` beyond the limits; memory grows with the bounds of what is in.
    """
    start, stop = _intervals(counts)
    x_min, x_max = int(start[0] // height), int((stop[-1] - 1) // height) + 1
    if (x_max - x_min) * height > MAX_BOUNDS_PX:
        raise ShapeError("mask_too_large")
    bits = np.zeros((x_max - x_min) * height + 1, dtype=np.int8)
    np.add.at(bits, start - x_min * height, 1)
    np.add.at(bits, stop - x_min * height, -1)
    is_in = np.cumsum(bits[:-1], dtype=np.int8).reshape(x_max - x_min, height).T
    return mask_of_picture(is_in, x_px=x_min)


def mask_of_rows(counts: Sequence[int], *, width: int, x_px: int = 0, y_px: int = 0) -> Mask:
    """Return the mask of run lengths along rows of so many px, pixels that are out first; its corner in level-0 px.

    Raises:
        ShapeError: as :func:`mask_of_columns`.
    """
    start, stop = _intervals(counts)
    top, bottom = start // width, (stop - 1) // width
    rows = bottom - top + 1
    which = np.repeat(np.arange(len(rows)), rows)
    down = top[which] + np.arange(len(which)) - np.repeat(np.cumsum(rows) - rows, rows)
    left = np.where(down == top[which], start[which] % width, 0)
    right = np.where(down == bottom[which], (stop[which] - 1) % width + 1, width)
    return mask_of_row_runs(RowRuns(down + y_px, left + x_px, right + x_px))


def _intervals(counts: Sequence[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where runs that are in begin and end. Raises ShapeError `geometry_empty`."""
    ends = np.cumsum(np.asarray(counts, dtype=np.int64)) if len(counts) else np.empty(0, np.int64)
    start, stop = ends[:-1:2], ends[1::2]
    start = start[: len(stop)]
    some = stop > start
    if not some.any():
        raise ShapeError("geometry_empty")
    return start[some], stop[some]


def mask_of_picture(is_in: NDArray[Any], *, x_px: int = 0, y_px: int = 0) -> Mask:
    """Return the mask of the pixels of a picture (rows, columns) that are not 0; its corner in level-0 px.

    Raises:
        ShapeError: `geometry_empty` or `mask_too_large`.
    """
    y_all, start_all, stop_all = [], [], []
    for first in range(0, is_in.shape[0], 1024):
        part = is_in[first : first + 1024] != 0
        edges = np.diff(np.pad(part.astype(np.int8), ((0, 0), (1, 1))), axis=1)
        y, start = np.nonzero(edges == 1)
        stop = np.nonzero(edges == -1)[1]
        y_all.append(y + first + y_px)
        start_all.append(start + x_px)
        stop_all.append(stop + x_px)
    if not y_all:
        raise ShapeError("geometry_empty")
    return mask_of_row_runs(RowRuns(*(np.concatenate(part).astype(np.int64) for part in (y_all, start_all, stop_all))))
