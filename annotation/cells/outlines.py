"""Many outlines at once: onto the grid, and for each of them what is wrong with it."""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from annotation.cells.chunk import MAX_VERTICES, MIN_VERTICES, UNITS_PER_PX, Integers

LARGEST_PX: Final = 2_048
Floats = NDArray[np.float64]


class Outlines:
    """Rings as they were written, brought onto the 1/8 px grid.

    Args:
        positions: of all rings one after the other, level-0 pixels, shape (p, 2); each ring ends where it begins.
        counts: positions of each ring, shape (n,), all at least 1.
        width_px: of the image.
        height_px: likewise.

    Attributes:
        codes: what is wrong with each ring, "" for nothing.
        vertices: of the rings without fault, in eighths of a pixel, without the last position and without repetitions.
        counts: vertices of each of those.
    """

    def __init__(self, positions: Floats, counts: Integers, *, width_px: int, height_px: int) -> None:
        self.codes = np.full(len(counts), "", dtype="<U32")
        starts = np.concatenate(([0], np.cumsum(counts)))
        finite = np.asarray(np.isfinite(positions).all(axis=1), bool)
        self._note("geometry_not_finite", ~_all(finite, starts))
        closed = (positions[starts[:-1]] == positions[starts[1:] - 1]).all(axis=1) & (counts > MIN_VERTICES)
        self._note("geometry_not_closed", ~closed)
        within = np.asarray(((positions >= 0) & (positions <= (width_px, height_px))).all(axis=1), bool)
        self._note("geometry_outside_image", ~_all(within, starts))
        self.vertices, self.counts = self._on_grid(positions, counts, starts)
        self._check_sizes()
        self._check_shapes()

    @property
    def good(self) -> Integers:
        """Places of the rings without fault."""
        return np.flatnonzero(self.codes == "")

    def _note(self, code: str, wrong: NDArray[np.bool_]) -> None:
        self.codes[(self.codes == "") & wrong] = code

    def _on_grid(self, positions: Floats, counts: Integers, starts: Integers) -> tuple[Integers, Integers]:
        good = self.codes == ""
        kept = np.repeat(good, counts)
        kept[starts[1:] - 1] = False
        owners = np.repeat(np.arange(len(counts)), counts)[kept]
        units = np.rint(positions[kept] * UNITS_PER_PX).astype(np.int64)
        if not len(units):
            return units, np.zeros(0, np.int64)
        before = np.roll(units, 1, axis=0)
        firsts = np.flatnonzero(np.diff(owners, prepend=-1))
        before[firsts] = units[np.concatenate((firsts[1:], [len(units)])) - 1]
        moved = (units != before).any(axis=1)
        # A ring that lies on one spot has no vertex left; it keeps its place here, with none.
        return units[moved], np.bincount(owners[moved], minlength=len(counts))[good]

    def _check_sizes(self) -> None:
        places = self.good
        if not len(places):
            return
        self._drop("geometry_empty", self.counts < MIN_VERTICES)
        self._drop("geometry_too_many_vertices", self.counts > MAX_VERTICES)
        if len(self.counts):
            starts = np.concatenate(([0], np.cumsum(self.counts)))[:-1]
            extent = np.maximum.reduceat(self.vertices, starts) - np.minimum.reduceat(self.vertices, starts)
            self._drop("cell_too_large", extent.max(axis=1) > LARGEST_PX * UNITS_PER_PX)

    def _check_shapes(self) -> None:
        """An outline neither crosses nor touches itself, and has an area."""
        if len(self.counts):
            owners = np.repeat(np.arange(len(self.counts)), self.counts)
            polygons = shapely.polygons(shapely.linearrings(self.vertices.astype(np.float64), indices=owners))
            self._drop("geometry_self_crossing", ~np.asarray(shapely.is_valid(polygons), bool))

    def _drop(self, code: str, wrong: NDArray[np.bool_]) -> None:
        """Take rings out of those without fault."""
        self.codes[self.good[wrong]] = code
        self.vertices = self.vertices[np.repeat(~wrong, self.counts)]
        self.counts = self.counts[~wrong]


def _all(said: NDArray[np.bool_], starts: Integers) -> NDArray[np.bool_]:
    return np.logical_and.reduceat(said, starts[:-1]) if len(said) else np.zeros(0, bool)
