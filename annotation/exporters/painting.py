"""Paints marks into label maps row by row: runs of pixels go to bands of rows first, so that no picture is ever held whole.

A pixel belongs to a shape when its centre lies in it. On a level that is smaller by `step`, the sample of a pixel is the centre of
the square of `step` x `step` level-0 pixels that it stands for.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from annotation.exporters.raster import column_crossings
from annotation.schema.masks import FrameShape, Mask
from annotation.schema.spool import Spool

__all__ = ["Bands", "Runs", "runs_of"]

Numbers = NDArray[np.int64]
_RECORD_NUMBERS: Final = 4


class Runs(NamedTuple):
    """Runs of pixels of a level: row, first column, column after the last."""

    y: Numbers
    start: Numbers
    stop: Numbers


def runs_of(shape: FrameShape, *, width: int, height: int, step: int = 1) -> Runs:
    """Return the pixels of a shape on a level of a size in its own pixels; the shape is in level-0 pixels."""
    if not _may_hold_a_sample(shape, step):
        nothing = np.empty(0, dtype=np.int64)
        return Runs(nothing, nothing, nothing)
    y, start, stop = _of_mask(shape, step) if isinstance(shape, Mask) else _of_outline(shape, width, height, step)
    kept = (stop > start) & (y < height)
    return Runs(y[kept], start[kept], np.minimum(stop[kept], width))


def _may_hold_a_sample(shape: FrameShape, step: int) -> bool:
    """Tell whether the bounds of a shape hold a sample of a level: on small levels a cell seldom does."""
    x_min, y_min, x_max, y_max = shape.bounds
    spans = ((x_min, x_max), (y_min, y_max))
    return all(math.floor(high / step - 0.5) >= math.ceil(low / step - 0.5) for low, high in spans)


def _of_mask(mask: Mask, step: int) -> tuple[Numbers, Numbers, Numbers]:
    rows = list(mask.row_runs())
    y, start, stop = (np.concatenate([getattr(one, name) for one in rows]) for name in ("y", "start", "stop"))
    middle = step // 2
    hit = (y - middle) % step == 0
    return (y[hit] - middle) // step, -((middle - start[hit]) // step), -((middle - stop[hit]) // step)


def _of_outline(shape: FrameShape, width: int, height: int, step: int) -> tuple[Numbers, Numbers, Numbers]:
    # x and y change places: what finds the crossings of columns then finds those of rows
    rings = [[(y / step, x / step) for x, y in ring] for rings in shape.polygons for ring in rings]  # type: ignore[union-attr]
    rows, crossings = column_crossings(rings, height)
    order = np.lexsort((crossings, rows))
    rows, crossings = rows[order], crossings[order]
    begins, ends = (np.clip(np.ceil(crossings[side::2] - 0.5), 0, width).astype(np.int64) for side in (0, 1))
    return rows[0::2], begins, ends


class Bands:
    """Runs of many marks, kept by bands of rows until the picture is written; a later run covers an earlier one."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._spools: dict[int, Spool] = {}

    def add(self, runs: Runs, value: int) -> None:
        """Keep the runs of one mark, which has this value in the map."""
        records = np.column_stack([runs.y, runs.start, runs.stop, np.full(len(runs.y), value)]).astype("<i4")
        bands = runs.y // self._rows
        for band in np.unique(bands).tolist():
            if band not in self._spools:
                self._spools[band] = Spool()
            self._spools[band].write(records[bands == band].tobytes())

    def of(self, band: int) -> Iterator[list[int]]:
        """Yield row, first column, column after the last, and value of each run of a band, in the order in which they came."""
        spool = self._spools.get(band)
        if spool is None:
            return
        rest = b""
        size = _RECORD_NUMBERS * 4
        for chunk in spool.chunks():
            rest += chunk
            whole = len(rest) // size * size
            yield from np.frombuffer(rest[:whole], dtype="<i4").reshape(-1, _RECORD_NUMBERS).tolist()
            rest = rest[whole:]

    def __contains__(self, band: int) -> bool:
        return band in self._spools

    def close(self) -> None:
        """Free the runs."""
        for spool in self._spools.values():
            spool.close()
