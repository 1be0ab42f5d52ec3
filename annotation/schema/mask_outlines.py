"""Masks as outlines along the edges of their pixels, and outlines as masks by the pixels whose middles they hold: both exact.

Pixels that share a corner only do not hang together, so every outline goes around one piece. An outline or hole that comes by
a corner twice is cut there, as OGC simple features (ISO 19125-1, 6.1.11) ask: rings are simple, and touch at corners at most.
Coordinates are level-0 pixels, x to the right, y down.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from annotation.schema.masks import TILE_PX, Mask, RowRuns, mask_of_row_runs
from annotation.schema.problems import ShapeError

__all__ = ["mask_of_outlines", "outlines_of_mask"]

Position = tuple[float, float]
Corner = tuple[int, int]
Polygons = list[list[list[Position]]]
Numbers = NDArray[np.int64]

_ROW: Final = 1 << 25
MAX_CROSSINGS: Final = 20_000_000
"""Most rows that the edges of outlines may cross in all; a drawn outline has some thousands."""


def outlines_of_mask(mask: Mask) -> Polygons:
    """Return polygons -> rings (outline first, then holes) -> closed (x, y) positions.

    Outlines have a positive area by the shoelace formula with y down, holes a negative one. Each ring begins at its first
    corner from the top (then from the left); outlines, and the holes of one, come in that order as well.
    """
    corners = _Corners(mask)
    walks = [_simple_loops(walk) for walk in corners.walks()]
    shells: dict[int, list[list[Corner]]] = {}
    for number, loops in enumerate(walks):
        outlines = [loop for loop in loops if _double_area(loop) > 0]
        if outlines:
            shells[number] = outlines + [loop for loop in loops if _double_area(loop) < 0]
    holes = [number for number in range(len(walks)) if number not in shells]
    neighbours = corners.walks_left_of([min(corner for loop in walks[number] for corner in loop) for number in holes])
    left_of = dict(zip(holes, neighbours, strict=True))
    for number in holes:
        owner = number
        while owner not in shells:
            owner = left_of[owner]
        shells[owner] += walks[number]
    polygons = []
    for rings in shells.values():
        begun = [_begun_at_the_top(ring) for ring in rings]
        polygons.append([begun[0], *sorted(begun[1:], key=_top_left)])
    polygons.sort(key=lambda rings: _top_left(rings[0]))
    return [[[(float(x), float(y)) for x, y in (*ring, ring[0])] for ring in rings] for rings in polygons]


def mask_of_outlines(polygons: Sequence[Sequence[Sequence[Sequence[float]]]]) -> Mask:
    """Return the pixels whose middles lie in valid polygons (closed rings, outline first).

    A middle on an edge belongs to what lies to the right of the edge or, on a level edge, below it.

    Raises:
        ShapeError: `geometry_empty` where there is no such pixel, `mask_too_large` beyond the limits of masks.
    """
    rows: list[Numbers] = [np.empty(0, dtype=np.int64)]
    crossings: list[NDArray[np.float64]] = [np.empty(0, dtype=np.float64)]
    count = 0
    for rings in polygons:
        for ring in rings:
            for one, other in pairwise(ring):
                # Both polygons beside an edge reckon it the same way round, so that none takes a pixel of the other.
                (x_a, y_a), (x_b, y_b) = (one, other) if one[1] < other[1] else (other, one)
                first, after = math.ceil(y_a - 0.5), math.ceil(y_b - 0.5)
                count += after - first
                if count > MAX_CROSSINGS:
                    raise ShapeError("mask_too_large")
                if after > first:
                    span = np.arange(first, after, dtype=np.int64)
                    rows.append(span)
                    crossings.append(np.asarray(x_a + (span + 0.5 - y_a) * ((x_b - x_a) / (y_b - y_a)), dtype=np.float64))
    y, x = np.concatenate(rows), np.ceil(np.concatenate(crossings) - 0.5).astype(np.int64)
    order = np.lexsort((x, y))
    y, start, stop = y[order][::2], x[order][::2], x[order][1::2]
    some = stop > start
    return mask_of_row_runs(RowRuns(y[some], start[some], stop[some]))


@dataclass(frozen=True, slots=True)
class _Line:
    """Corners on level lines, ascending by (y, x); a place where two pieces touch is there twice."""

    keys: Numbers
    is_last_of_two: NDArray[np.bool_]
    touches_rising: NDArray[np.bool_]
    is_in_below: NDArray[np.bool_]


class _Corners:
    """Where the outlines of a mask turn, and which corners are joined by edges."""

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        parts = list(_lines(mask))
        keys = np.concatenate([part.keys for part in parts])
        self.y, self.x = keys // _ROW, keys % _ROW
        self._goes_right = np.concatenate([part.is_in_below for part in parts])[::2]
        # At a place where two pieces touch, the way up belongs to the piece above.
        rank = np.concatenate([part.is_last_of_two ^ part.touches_rising for part in parts])
        upright = np.lexsort((rank, self.y, self.x))
        self._partner = np.empty(len(keys), dtype=np.int64)
        self._partner[upright[::2]], self._partner[upright[1::2]] = upright[1::2], upright[::2]
        self._tops = upright[::2]
        self._walk_of: list[int] = [-1] * len(keys)

    def walks(self) -> Iterator[list[Corner]]:
        """Yield the corners of each walk around a border, with the pixels that are in on the right hand."""
        x, y, partner, goes_right = self.x.tolist(), self.y.tolist(), self._partner.tolist(), self._goes_right.tolist()
        walk_of = self._walk_of
        number = 0
        for begin in range(0, len(x), 2):
            if walk_of[begin] >= 0:
                continue
            walk: list[Corner] = []
            at = begin if goes_right[begin // 2] else begin + 1
            while walk_of[at] < 0:
                other = at ^ 1
                walk_of[at] = walk_of[other] = number
                walk += [(x[at], y[at]), (x[other], y[other])]
                at = partner[other]
            number += 1
            yield walk

    def walks_left_of(self, corners: Sequence[Corner]) -> list[int]:
        """Return for the topmost of the leftmost corners of each hole the number of the walk to the left of it."""
        wanted = {y * _ROW + x: -1 for x, y in corners}
        keys = np.array(sorted(wanted), dtype=np.int64)
        for row, places in self._mask.toggles():
            here = keys[(keys // _ROW) // TILE_PX == row]
            for key, place in zip(here.tolist(), places[np.searchsorted(places, here) - 1].tolist(), strict=True):
                wanted[key] = place % _ROW
        tops = [(int(self.x[at]), int(self.y[at])) for at in self._tops]
        found = []
        for x, y in corners:
            edge = bisect_right(tops, (wanted[y * _ROW + x], y)) - 1
            found.append(self._walk_of[int(self._tops[edge])])
        return found


def _lines(mask: Mask) -> Iterator[_Line]:
    """Yield the corners of a mask from the top, one row of tiles after the other."""
    above = np.empty(0, dtype=np.int64)
    for row, places in mask.toggles():
        first = row * TILE_PX * _ROW
        if len(above) and above[0] // _ROW != row * TILE_PX:
            yield _line(above, np.empty(0, dtype=np.int64))
            above = above[:0]
        # The last row is above what comes below the tiles.
        split = np.searchsorted(places, first + (TILE_PX - 1) * _ROW)
        yield _line(np.concatenate((above, places[:split] + _ROW)), places)
        above = places[split:] + _ROW
    yield _line(above, np.empty(0, dtype=np.int64))


def _line(above: Numbers, below: Numbers) -> _Line:
    """Return the corners on some lines by where the rows above and below them begin and cease to be in."""
    both, at_above, at_below = np.intersect1d(above, below, assume_unique=True, return_indices=True)
    # Where one begins and the other ends, two pixels touch at a corner; elsewhere an edge goes straight on.
    touch = both[at_above % 2 != at_below % 2]
    rising = touch[(at_above % 2 == 0)[at_above % 2 != at_below % 2]]
    keys = np.sort(np.concatenate((np.setxor1d(above, below, assume_unique=True), touch, touch)))
    is_last_of_two = np.zeros(len(keys), dtype=bool)
    is_last_of_two[1:] = keys[1:] == keys[:-1]
    is_in_below = np.searchsorted(below, keys, side="right") % 2 == 1
    return _Line(keys, is_last_of_two, np.isin(keys, rising), is_in_below)


def _simple_loops(walk: list[Corner]) -> list[list[Corner]]:
    """Cut a walk where it comes by a corner again."""
    loops: list[list[Corner]] = []
    path: list[Corner] = []
    seen: dict[Corner, int] = {}
    for corner in walk:
        if corner in seen:
            at = seen[corner]
            loop = path[at:]
            loops.append(loop)
            for passed in loop[1:]:
                del seen[passed]
            del path[at + 1 :]
        else:
            seen[corner] = len(path)
            path.append(corner)
    return [*loops, path]


def _double_area(ring: Sequence[Corner]) -> int:
    return sum(x_a * y_b - x_b * y_a for (x_a, y_a), (x_b, y_b) in pairwise([*ring, ring[0]]))


def _top_left(ring: Sequence[Corner]) -> Corner:
    return ring[0][1], ring[0][0]


def _begun_at_the_top(ring: list[Corner]) -> list[Corner]:
    at = min(range(len(ring)), key=lambda index: (ring[index][1], ring[index][0]))
    return ring[at:] + ring[:at]
