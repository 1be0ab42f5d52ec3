"""The index of a slide's stored tiles on disk: small head, then two flat tables that are mapped, not read.

Layout, little endian: 8 bytes magic, u32 length of the head, head (JSON, padded with blanks to a multiple of 8), one u64
offset a tile, one u32 length a tile (0: not stored, to be rendered). The levels follow each other, each row by row. Where a level
lies in several files, the upper 16 bits of an offset say in which of them.
"""

from __future__ import annotations

import base64
import json
import mmap
import os
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from viewer.tiles.stored.jpeg import Recipe

if TYPE_CHECKING:
    from viewer.tiles.stored.candidates import Lengths, Offsets

MAGIC: Final = b"MITTILE1"
SUFFIX: Final = ".tiles"
PART_SHIFT: Final = 48
MAX_HEAD_BYTES: Final = 8 << 20
_START: Final = len(MAGIC) + 4
_OFFSET: Final = struct.Struct("<Q")
_LENGTH: Final = struct.Struct("<I")


class UnusableIndex(Exception):
    """The file is no index, or not one of this image as it is now."""


@dataclass(frozen=True, slots=True)
class IndexedLevel:
    """The stored tiles of one level of the slide's own grid.

    Attributes:
        level: its number in the manifest.
        file: which of the slide's files holds the tiles, or the first of them.
        columns: tiles across.
        rows: tiles down.
        recipe: how a tile becomes a JPEG file.
        first: number of its first tile in the tables.
        others: the level's further files.
    """

    level: int
    file: int
    columns: int
    rows: int
    recipe: Recipe
    first: int = 0
    others: tuple[int, ...] = ()


def pack(levels: list[tuple[IndexedLevel, Offsets, Lengths]]) -> bytes:
    """The bytes of an index, all but what only the catalogue knows; see `bind`."""
    described: list[dict[str, Any]] = []
    first = 0
    for level, _, lengths in levels:
        described.append(_describe(level, first))
        first += int(lengths.size)
    offsets = b"".join(offsets.astype("<u8").tobytes() for _, offsets, _ in levels)
    lengths_raw = b"".join(lengths.astype("<u4").tobytes() for _, _, lengths in levels)
    return _with_head({"levels": described, "tiles": first}, offsets + lengths_raw)


def bind(packed: bytes, *, revision: str, paths: list[str]) -> bytes:
    """The index as it is written, bound to one revision of the image and to its files as they are now.

    Raises:
        UnusableIndex: when `packed` is no index.
        OSError: when a file is gone.
    """
    head, start = _head(packed)
    sizes = [os.stat(path).st_size for path in paths]  # noqa: PTH116 -- paths are text all the way
    return _with_head({**head, "revision": revision, "paths": paths, "sizes": sizes}, packed[start:])


def write(path: Path, content: bytes) -> None:
    """Put an index in its place, whole or not at all.

    Raises:
        OSError: when the disk does not take it.
    """
    descriptor, temporary = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def paths_of(path: Path) -> list[str]:
    """The files that an index speaks of.

    Raises:
        UnusableIndex: when it is broken.
        OSError: when it is not there.
    """
    with path.open("rb") as file:
        start = file.read(_START)
        length = _LENGTH.unpack_from(start, len(MAGIC))[0] if len(start) == _START else 0
        head, _ = _head(start + file.read(min(length, MAX_HEAD_BYTES)))
    return [str(one) for one in head.get("paths", [])]


class MappedIndex:
    """An index that was written for one revision of one image, mapped into memory.

    Raises:
        UnusableIndex: when it is broken, or made for another revision.
        OSError: when it is not there.
    """

    def __init__(self, path: Path, revision: str) -> None:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size < _START:
                raise UnusableIndex
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        head, start = _head(self._map)
        tiles = int(head.get("tiles", -1))
        if str(head.get("revision")) != revision or len(self._map) != start + tiles * (_OFFSET.size + _LENGTH.size):
            raise UnusableIndex
        self.paths, self.sizes, levels = _contents(head)
        self.levels = {level.level: level for level in levels}
        self._offsets, self._lengths = start, start + tiles * _OFFSET.size
        for level in self.levels.values():
            last = level.first + level.columns * level.rows
            known_files = all(0 <= file < len(self.paths) == len(self.sizes) for file in (level.file, *level.others))
            if not (0 <= level.first <= last <= tiles and known_files):
                raise UnusableIndex

    def place(self, level: IndexedLevel, column: int, row: int) -> tuple[int, int, int]:
        """Number of the file, offset and length in bytes of a tile of the grid; the length is 0 where it is not stored."""
        number = level.first + row * level.columns + column
        offset: int = _OFFSET.unpack_from(self._map, self._offsets + number * 8)[0]
        length: int = _LENGTH.unpack_from(self._map, self._lengths + number * 4)[0]
        return _place_in_part(level, offset, length) if level.others else (level.file, offset, length)

    def lengths(self, level: IndexedLevel) -> bytes:
        """The lengths of all tiles of a level, row by row, as little-endian u32."""
        start = self._lengths + level.first * _LENGTH.size
        return self._map[start : start + level.columns * level.rows * _LENGTH.size]


def _place_in_part(level: IndexedLevel, offset: int, length: int) -> tuple[int, int, int]:
    part, files = offset >> PART_SHIFT, (level.file, *level.others)
    return (files[part], offset & ((1 << PART_SHIFT) - 1), length) if part < len(files) else (level.file, 0, 0)


def _with_head(head: dict[str, Any], tables: bytes) -> bytes:
    text = json.dumps(head, separators=(",", ":")).encode()
    text += b" " * (-(_START + len(text)) % 8)
    return MAGIC + _LENGTH.pack(len(text)) + text + tables


def _head(raw: bytes | mmap.mmap) -> tuple[dict[str, Any], int]:
    if raw[: len(MAGIC)] != MAGIC or len(raw) < _START:
        raise UnusableIndex
    length = _LENGTH.unpack_from(raw, len(MAGIC))[0]
    if length > MAX_HEAD_BYTES or _START + length > len(raw):
        raise UnusableIndex
    try:
        head = json.loads(raw[_START : _START + length])
    except ValueError as error:
        raise UnusableIndex from error
    if not isinstance(head, dict):
        raise UnusableIndex
    return head, _START + length


def _describe(level: IndexedLevel, first: int) -> dict[str, Any]:
    recipe = level.recipe
    return {
        "level": level.level,
        "file": level.file,
        "others": level.others,
        "columns": level.columns,
        "rows": level.rows,
        "first": first,
        "tile": [recipe.width, recipe.height, recipe.components],
        "prefix": base64.b64encode(recipe.prefix).decode(),
        "fragmented": recipe.fragmented,
    }


def _contents(head: dict[str, Any]) -> tuple[list[str], list[int], list[IndexedLevel]]:
    """Paths and sizes of the slide's files, and its levels."""
    try:
        return [str(path) for path in head["paths"]], [int(size) for size in head["sizes"]], [_level(said) for said in head["levels"]]
    except (KeyError, TypeError, ValueError) as error:
        raise UnusableIndex from error


def _level(said: dict[str, Any]) -> IndexedLevel:
    width, height, components = (int(value) for value in said["tile"])
    recipe = Recipe(width, height, components, base64.b64decode(said["prefix"]), said.get("fragmented") is True)
    level, file, columns, rows = (int(said[name]) for name in ("level", "file", "columns", "rows"))
    return IndexedLevel(level, file, columns, rows, recipe, int(said["first"]), tuple(int(other) for other in said.get("others", ())))
