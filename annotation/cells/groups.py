"""The cells of a layer in groups, one a label, as a reader leaves them: what documents hold of a layer.

A layer is read once to count, and once more for each column of each group that is asked for; memory holds one square of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from annotation.cells.chunk import UNITS_PER_PX, Cells, Integers
from annotation.cells.layer import Layer
from annotation.cells.overlay import UNTOUCHED, Overlay
from annotation.schema.facts import CellPiece

__all__ = ["ACCEPTED", "CELL_COLUMNS", "EDITED", "PENDING", "REJECTED", "GroupName", "LayerGroups"]

PENDING: Final = 0
ACCEPTED: Final = 1
EDITED: Final = 2
REJECTED: Final = 3
_FULL: Final = 255
CELL_COLUMNS: Final = ("coordinates", "offsets", "score", "disposition", "number")
"""What is told of the cells of a group; see :meth:`LayerGroups.column`."""


class GroupName(NamedTuple):
    """What the cells of a group are: a code of the label set, or a class of the file that the label set does not have."""

    code: str
    name: str


class LayerGroups:
    """A layer with what one reader made of it, by label.

    Args:
        layer: the outlines.
        overlay: what the reader made of them.
        own: of the layer's labels, as its cells number them.
    """

    def __init__(self, layer: Layer, overlay: Overlay, own: Sequence[GroupName]) -> None:
        self._layer = layer
        self._overlay = overlay
        given = [GroupName(code, "") for code in overlay.codes]
        self.names = sorted({*own, *given})
        place = {name: index for index, name in enumerate(self.names)}
        self._own = np.array([place[name] for name in own], np.int64)
        self._given = np.array([place[name] for name in given], np.int64)

    def counts(self) -> list[int]:
        """Return how many cells each of `names` has."""
        found = np.zeros(len(self.names), np.int64)
        for cells in self._layer.all_cells():
            found += np.bincount(self._groups(cells), minlength=len(self.names))
        return [int(count) for count in found]

    def column(self, group: int, name: str) -> Iterator[bytes]:
        """Yield one column of a group, cell by cell in the order of their numbers within each square; little-endian.

        Args:
            group: place among `names`.
            name: ``coordinates`` (float32: x, y of each vertex in level-0 px, rings not closed), ``offsets`` (uint32: first vertex of
                each cell), ``score`` (float32, 0 to 1), ``disposition`` (uint8), ``number`` (uint32: of the cell in its layer).
        """
        make = self._columns()[name]
        vertices = 0
        for cells in self._layer.all_cells():
            chosen = np.flatnonzero(self._groups(cells) == group)
            if len(chosen):
                taken = cells.taken(chosen)
                yield make(taken, vertices).tobytes()
                vertices += len(taken.vertices)

    def pieces(self, group: int) -> Iterator[CellPiece]:
        """Yield a group square by square, in the order of :meth:`column`; empty squares are left out.

        Args:
            group: place among `names`.
        """
        for cells in self._layer.all_cells():
            chosen = np.flatnonzero(self._groups(cells) == group)
            if len(chosen):
                taken = cells.taken(chosen)
                scores = np.round(taken.scores / _FULL, 4)
                yield CellPiece(taken.numbers, taken.starts, taken.vertices / UNITS_PER_PX, scores, self._dispositions(taken))

    def _columns(self) -> dict[str, Callable[[Cells, int], NDArray[np.generic]]]:
        return {
            "coordinates": lambda cells, _before: (cells.vertices / UNITS_PER_PX).astype("<f4"),
            "offsets": lambda cells, before: (cells.starts[:-1] + before).astype("<u4"),
            "score": lambda cells, _before: np.round(cells.scores / _FULL, 4).astype("<f4"),
            "disposition": lambda cells, _before: self._dispositions(cells),
            "number": lambda cells, _before: cells.numbers.astype("<u4"),
        }

    def _groups(self, cells: Cells) -> Integers:
        """Return the group of each cell, shape (n,)."""
        groups: Integers = self._own[cells.labels.astype(np.int64)] if len(self._own) else np.zeros(len(cells), np.int64)
        given = self._overlay.given[cells.numbers]
        touched = given != UNTOUCHED
        groups = groups.copy()
        groups[touched] = self._given[given[touched]]
        return groups

    def _dispositions(self, cells: Cells) -> NDArray[np.uint8]:
        numbers = cells.numbers
        found = np.full(len(cells), PENDING, np.uint8)
        found[self._overlay.decided[numbers]] = ACCEPTED
        found[self._overlay.given[numbers] != UNTOUCHED] = EDITED
        found[self._overlay.deleted[numbers]] = REJECTED
        return found
