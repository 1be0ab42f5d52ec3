"""What one reader made of a layer: a list of changes, and what they come to. The layer's file stays as it is.

Changes are only ever added. One that is taken back is followed by an `undo` that names it, and a redo is an undo of that undo.
A change counts unless an undo that counts names it; those that count are laid over each other in their order.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from annotation.cells.runs import Numbers

UNTOUCHED: Final = -1


class ChangeKind(StrEnum):
    """What a change does to its cells."""

    RELABEL = "relabel"
    ACCEPT = "accept"
    DELETE = "delete"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class CellChange:
    """One change.

    Attributes:
        key: names it within its list.
        kind: what it does.
        numbers: the cells it is about, ascending; none for an undo.
        label: code that they get; for a relabel only.
        undoes: key of the change that an undo takes back.
    """

    key: Hashable
    kind: ChangeKind
    numbers: Numbers
    label: str = ""
    undoes: Hashable = None


class Overlay:
    """What changes come to, one entry a cell of the layer.

    Attributes:
        codes: labels that were given, in the order in which they first came.
        given: place of the given label in `codes`, or `UNTOUCHED`.
        deleted: whether the cell was taken out.
        decided: whether a person said something of it and did not take it back.
    """

    def __init__(self, count: int, changes: Sequence[CellChange]) -> None:
        self.codes: list[str] = []
        self.given = np.full(count, UNTOUCHED, np.int16)
        self.deleted: NDArray[np.bool_] = np.zeros(count, bool)
        self.decided: NDArray[np.bool_] = np.zeros(count, bool)
        for change in counting(changes):
            self._lay(change)

    def _lay(self, change: CellChange) -> None:
        self.decided[change.numbers] = True
        if change.kind == ChangeKind.DELETE:
            self.deleted[change.numbers] = True
        elif change.kind == ChangeKind.RELABEL:
            if change.label not in self.codes:
                self.codes.append(change.label)
            self.given[change.numbers] = self.codes.index(change.label)


def counting(changes: Sequence[CellChange]) -> list[CellChange]:
    """The changes that count, in their order, undos left out."""
    undone: set[Hashable] = set()
    kept: list[CellChange] = []
    for change in reversed(changes):
        if change.key in undone:
            continue
        if change.kind == ChangeKind.UNDO:
            undone.add(change.undoes)
        else:
            kept.append(change)
    return kept[::-1]
