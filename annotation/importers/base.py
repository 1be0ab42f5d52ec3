"""What an import format is: a name, a way to tell it by its content, a way to read it, and what it loses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Protocol

from annotation.importers.reading import Reading
from annotation.importers.source import Source

__all__ = ["Reader"]


class Reader(Protocol):
    """A format. `takes` is what becomes marks; `losses` maps a code to what the format holds and a mark cannot."""

    name: ClassVar[str]
    title: ClassVar[str]
    takes: ClassVar[str]
    losses: ClassVar[Mapping[str, str]]

    def claims(self, source: Source) -> bool:
        """Tell by its content whether a file is of this format. Raises FileError for a file that is of none."""
        ...

    def read(self, source: Source, reading: Reading) -> None:
        """Tell the reading all that the file holds. Raises FileError for a file that cannot be read at all."""
        ...
