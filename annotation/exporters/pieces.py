"""Files whose parts were written at different times: texts at hand, and spools that were filled while marks streamed by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from annotation.exporters.base import Entry
from annotation.schema.spool import Spool

__all__ = ["Piece", "entry_of"]

Piece = bytes | Spool


def entry_of(name: str, pieces: Sequence[Piece]) -> Entry:
    """Return the entry of an archive that is these pieces one after the other."""
    return Entry(name, sum(piece.size if isinstance(piece, Spool) else len(piece) for piece in pieces), _chunks(pieces))


def _chunks(pieces: Sequence[Piece]) -> Iterator[bytes]:
    for piece in pieces:
        if isinstance(piece, Spool):
            yield from piece.chunks()
        else:
            yield piece
