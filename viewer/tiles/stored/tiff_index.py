"""Where the JPEG tiles of a TIFF lie: classic and BigTIFF, both byte orders (TIFF 6.0; TIFF Technical Note 2).

Every offset, length and count is doubted against the file's size before anything is read or allocated.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
import numpy.typing as npt

from viewer.readers.errors import LimitExceeded, MalformedFile
from viewer.readers.tiff_structure import MAX_DIRECTORIES, MAX_ENTRIES, MAX_TILE_SIDE_PX, NDPI_MARK
from viewer.tiles.stored.candidates import MAX_INDEXED_TILES, Candidate, within_file
from viewer.tiles.stored.jpeg import MAX_TABLES_BYTES, RGB, YCBCR

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, SAMPLES, PLANAR = 256, 257, 258, 259, 262, 277, 284
TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_COUNTS, SUB_DIRECTORIES, JPEG_TABLES = 322, 323, 324, 325, 330, 347
_JPEG: Final = 7
_GREY, _RGB, _YCBCR = 1, 2, 6
_WIDTHS: Final = {1: 1, 3: 2, 4: 4, 7: 1, 13: 4, 16: 8, 18: 8}


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: int
    count: int
    field: bytes


@dataclass(slots=True)
class _Tiff:
    file: BinaryIO
    file_bytes: int
    order: str = "<"
    big: bool = False
    seen: set[int] = field(default_factory=set)

    def at(self, offset: int, count: int) -> bytes:
        if offset < 0 or count < 0 or offset + count > self.file_bytes:
            raise MalformedFile("truncated", "a directory points past the end of the file")
        self.file.seek(offset)
        return self.file.read(count)

    def number(self, raw: bytes) -> int:
        return int.from_bytes(raw, "little" if self.order == "<" else "big")

    def directory(self, offset: int) -> tuple[dict[int, _Entry], int]:
        """The entries of the directory at `offset`, and the offset of the next (0: none)."""
        head, size = (8, 20) if self.big else (2, 12)
        entries = self.number(self.at(offset, head))
        if not 0 < entries <= MAX_ENTRIES:
            raise MalformedFile("malformed", "a directory with no entry, or far too many")
        table = self.at(offset + head, entries * size)
        found: dict[int, _Entry] = {}
        for place in range(0, len(table), size):
            tag, kind = struct.unpack(f"{self.order}HH", table[place : place + 4])
            middle = place + (12 if self.big else 8)
            found[tag] = _Entry(kind, self.number(table[place + 4 : middle]), table[middle : place + size])
        return found, self.number(self.at(offset + head + len(table), 8 if self.big else 4))

    def raw(self, entry: _Entry, most: int) -> bytes:
        """The bytes of a value of at most `most` elements."""
        width = _WIDTHS.get(entry.kind, 0)
        if not width or entry.count > most:
            raise MalformedFile("malformed", "a tag of an impossible kind or length")
        wanted = entry.count * width
        return entry.field[:wanted] if wanted <= len(entry.field) else self.at(self.number(entry.field), wanted)

    def integers(self, entry: _Entry | None, most: int) -> npt.NDArray[np.uint64]:
        if entry is None:
            return np.zeros(0, np.uint64)
        return np.frombuffer(self.raw(entry, most), np.dtype(f"{self.order}u{_WIDTHS.get(entry.kind, 1)}")).astype(np.uint64)


def tiff_candidates(path: str) -> list[Candidate]:
    """Every directory of the TIFF at `path` whose tiles are 8-bit JPEG, in the file's order; none for NDPI.

    The directories below one (OME-TIFF keeps its levels there) come behind it.

    Raises:
        MalformedFile: for loops, offsets past the end and impossible tables.
        LimitExceeded: for more directories or tiles than are indexed.
    """
    found: list[Candidate] = []
    with Path(path).open("rb") as file:
        tiff = _Tiff(file, Path(path).stat().st_size)
        offset = _first_directory(tiff)
        while offset:
            entries, offset = _next_directory(tiff, offset)
            if NDPI_MARK in entries:
                return []
            below = [int(place) for place in tiff.integers(entries.get(SUB_DIRECTORIES), MAX_DIRECTORIES) if place]
            for one in [entries, *(_next_directory(tiff, place)[0] for place in below)]:
                candidate = _candidate(tiff, one)
                if candidate is not None:
                    found.append(candidate)
            if sum(len(one.lengths) for one in found) > MAX_INDEXED_TILES:
                raise LimitExceeded("too_many_tiles")
    return found


def _next_directory(tiff: _Tiff, offset: int) -> tuple[dict[int, _Entry], int]:
    """The directory at an offset that was not looked at yet, and the offset of the one behind it."""
    if offset in tiff.seen:
        raise MalformedFile("malformed", "the directories form a loop")
    if len(tiff.seen) >= MAX_DIRECTORIES:
        raise LimitExceeded("too_many_tiles", f"more than {MAX_DIRECTORIES} directories")
    tiff.seen.add(offset)
    return tiff.directory(offset)


def _first_directory(tiff: _Tiff) -> int:
    head = tiff.at(0, 8)
    tiff.order = "<" if head[:2] == b"II" else ">"
    tiff.big = tiff.number(head[2:4]) == 43
    return tiff.number(tiff.at(8, 8)) if tiff.big else tiff.number(head[4:8])


def _candidate(tiff: _Tiff, entries: dict[int, _Entry]) -> Candidate | None:
    def first(tag: int, default: int = 0) -> int:
        values = tiff.integers(entries.get(tag), 64)
        return int(values[0]) if values.size else default

    if TILE_OFFSETS not in entries or first(COMPRESSION) != _JPEG or first(PLANAR, 1) != 1:
        return None
    components = first(SAMPLES, 1)
    transform = {(1, _GREY): YCBCR, (3, _RGB): RGB, (3, _YCBCR): YCBCR}.get((components, first(PHOTOMETRIC)))
    if transform is None or set(tiff.integers(entries.get(BITS), 64)) != {8}:
        return None
    width, height, tile_width, tile_height = (first(tag) for tag in (WIDTH, HEIGHT, TILE_WIDTH, TILE_HEIGHT))
    if min(width, height, tile_width, tile_height) < 1 or max(tile_width, tile_height) > MAX_TILE_SIDE_PX:
        return None
    columns, rows = -(-width // tile_width), -(-height // tile_height)
    if columns * rows > MAX_INDEXED_TILES:
        raise LimitExceeded("too_many_tiles")
    offsets = tiff.integers(entries[TILE_OFFSETS], MAX_INDEXED_TILES)
    lengths = tiff.integers(entries.get(TILE_COUNTS), MAX_INDEXED_TILES)
    if min(offsets.size, lengths.size) < columns * rows:
        return None
    offsets, lengths = offsets[: columns * rows], lengths[: columns * rows]
    return Candidate(
        files=(0,),
        width=width,
        height=height,
        tile_width=tile_width,
        tile_height=tile_height,
        columns=columns,
        rows=rows,
        components=components,
        # What the directory says comes first, but a JFIF head inside may say otherwise; pixels decide.
        transforms=(transform,) if components == 1 else (transform, YCBCR if transform == RGB else RGB),
        tables=tiff.raw(entries[JPEG_TABLES], MAX_TABLES_BYTES) if JPEG_TABLES in entries else b"",
        offsets=offsets,
        lengths=within_file(offsets, lengths, tiff.file_bytes),
    )
