"""What a parser says of one set of stored tiles, before anybody believes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from viewer.tiles.stored.index_file import PART_SHIFT

MAX_INDEXED_TILES: Final = 4_000_000
MAX_TILE_BYTES: Final = 8 << 20

Offsets = npt.NDArray[np.uint64]
Lengths = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Tiles that may be a level of the slide.

    Attributes:
        files: which of the slide's files hold them.
        width: of the whole, in pixels; what lies beyond the level is padding.
        height: likewise.
        tile_width: in pixels.
        tile_height: likewise.
        columns: tiles across in the file, at least as many as the level has.
        rows: tiles down.
        components: 1 or 3.
        transforms: colour transforms to try, the declared one first.
        tables: shared JPEG tables, or empty.
        offsets: row by row; see `in_part`.
        lengths: bytes; 0 where a tile is missing or lies out of the file.
        fragmented: whether each tile lies in several DICOM items; offset and length then span them, with their heads.
    """

    files: tuple[int, ...]
    width: int
    height: int
    tile_width: int
    tile_height: int
    columns: int
    rows: int
    components: int
    transforms: tuple[int, ...]
    tables: bytes
    offsets: Offsets
    lengths: Lengths
    fragmented: bool = False


def in_part(offsets: Offsets, part: int) -> Offsets:
    """Offsets in bytes from a file's start, with the number of the file among those of its level in the bits above."""
    return offsets | np.uint64(part << PART_SHIFT)


def within_file(offsets: Offsets, lengths: npt.NDArray[np.uint64], file_bytes: int) -> Lengths:
    """The lengths, with 0 for every tile that is missing, too large, or does not lie wholly in the file."""
    bounds = np.uint64(file_bytes)
    fits = (offsets > 0) & (offsets < bounds) & (lengths > 4) & (lengths <= MAX_TILE_BYTES)
    fits &= lengths <= bounds - np.minimum(offsets, bounds)
    return np.where(fits, lengths, 0).astype(np.uint32)
