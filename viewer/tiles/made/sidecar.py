"""The sidecar of a slide on disk: made tiles one after the other in one file, and an index of the same form as that of stored tiles.

While it grows it is `made/<image>-<revision>.part` with a journal beside it, a line a piece of work; after a kill the work
goes on behind the last whole line. Finished, it is brought to the disk, gets its name, and only then its index is written
into `manifests/<image>.made`. An index without its file, or of another revision, counts for nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import numpy as np

from viewer.tiles.made.places import FILE_SUFFIX
from viewer.tiles.stored import index_file, jpeg
from viewer.tiles.stored.candidates import Lengths, Offsets
from viewer.tiles.stored.index_file import IndexedLevel

_EDGE_BYTES: Final = 2
_SOI, _EOI = b"\xff\xd8", b"\xff\xd9"


class Layout:
    """What is to be in a sidecar: for each level its number, columns, rows and tile size.

    Two layouts with the same `key` are the same piece of work on the same files.
    """

    def __init__(self, levels: list[dict[str, Any]], *, revision: str, sizes: list[int]) -> None:
        self.levels = {int(level["index"]): level for level in levels}
        described = json.dumps([levels, revision, sizes], sort_keys=True)
        self.key = blake2b(described.encode(), digest_size=16).hexdigest()


class GrowingSidecar:
    """A sidecar that is being made; for one process at a time.

    Args:
        folder: of all sidecars; made when missing.
        name: of this one, without suffix.
        layout: what it is to hold.

    Raises:
        OSError: when the disk does not take it.
    """

    def __init__(self, folder: Path, name: str, layout: Layout) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._layout, self._folder, self._name = layout, folder, name
        self.part, self._journal_path = folder / f"{name}.part", folder / f"{name}.journal"
        self.offsets: dict[int, Offsets] = {}
        self.lengths: dict[int, Lengths] = {}
        for number, level in layout.levels.items():
            tiles = int(level["columns"]) * int(level["rows"])
            self.offsets[number], self.lengths[number] = np.zeros(tiles, np.uint64), np.zeros(tiles, np.uint32)
        self.done: set[tuple[int, int]] = set()
        self.size_bytes = 0
        self._data = os.open(self.part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        kept = self._take_up()
        os.ftruncate(self._data, self.size_bytes)
        self._journal = self._journal_path.open("w", encoding="utf-8")
        for line in [{"key": layout.key}, *kept]:
            self._note(line)

    def add(self, level: int, cells: list[int], lengths: list[int], body: bytes) -> None:
        """Store the tiles of one piece of work.

        Args:
            level: its number.
            cells: numbers of the tiles in the level's grid, row by row; the first one names the piece of work.
            lengths: of each tile in bytes, 0 for one that could not be made.
            body: the tiles, one after the other.

        Raises:
            ValueError: when lengths and body do not go together.
            OSError: when the disk does not take it.
        """
        if len(lengths) != len(cells) or sum(lengths) != len(body) or min(lengths, default=0) < 0:
            raise ValueError("the lengths are not those of the tiles")
        view = memoryview(body)
        place = self.size_bytes
        while view:
            written = os.pwrite(self._data, view, place)
            view, place = view[written:], place + written
        self._enter(level, cells, lengths)
        self._note({"level": level, "cells": cells, "lengths": lengths})

    def finish(self, index: Path, *, revision: str) -> None:
        """Bring everything to the disk and put the index in its place, from when on it counts.

        Raises:
            OSError: when the disk does not take it.
        """
        os.fsync(self._data)
        final = self._folder / f"{self._name}{FILE_SUFFIX}"
        self.part.replace(final)
        _sync(self._folder)
        self.close()
        packed = index_file.pack([self._level(number) for number in self._layout.levels])
        index_file.write(index, index_file.bind(packed, revision=revision, paths=[str(final)]))
        self._journal_path.unlink(missing_ok=True)

    def close(self) -> None:
        """Leave it as it is, to go on another time."""
        if not self._journal.closed:
            self._journal.close()
            os.close(self._data)

    def discard(self) -> None:
        """Give it up."""
        self.close()
        self.part.unlink(missing_ok=True)
        self._journal_path.unlink(missing_ok=True)

    def _level(self, number: int) -> tuple[IndexedLevel, Offsets, Lengths]:
        level = self._layout.levels[number]
        recipe = made_recipe(int(level["tile_width"]), int(level["tile_height"]))
        indexed = IndexedLevel(number, 0, int(level["columns"]), int(level["rows"]), recipe)
        return indexed, self.offsets[number], self.lengths[number]

    def _enter(self, level: int, cells: list[int], lengths: list[int]) -> None:
        places = self.size_bytes + np.cumsum([0, *lengths[:-1]]).astype(np.uint64)
        self.offsets[level][cells] = places
        self.lengths[level][cells] = lengths
        self.size_bytes += sum(lengths)
        self.done.add((level, cells[0]))

    def _note(self, line: dict[str, Any]) -> None:
        self._journal.write(json.dumps(line, separators=(",", ":")) + "\n")
        self._journal.flush()

    def _take_up(self) -> list[dict[str, Any]]:
        """What an earlier run left that is whole."""
        there = os.fstat(self._data).st_size
        kept: list[dict[str, Any]] = []
        for line in _lines(self._journal_path, self._layout.key):
            level, cells, lengths = line["level"], line["cells"], line["lengths"]
            tiles = self.lengths.get(level)
            if tiles is None or not cells or max(cells) >= tiles.size or self.size_bytes + sum(lengths) > there:
                break
            if not all(self._is_whole(place, length) for place, length in _places(self.size_bytes, lengths)):
                break
            self._enter(level, cells, lengths)
            kept.append(line)
        return kept

    def _is_whole(self, place: int, length: int) -> bool:
        """Whether a JPEG file lies there; after a power cut a journal may tell of bytes that never arrived."""
        if length == 0:
            return True
        ends = os.pread(self._data, _EDGE_BYTES, place), os.pread(self._data, _EDGE_BYTES, place + length - _EDGE_BYTES)
        return ends == (_SOI, _EOI)


def made_recipe(width: int, height: int) -> jpeg.Recipe:
    """How a made tile is sent; each one is a whole JPEG file in YCbCr."""
    found = jpeg.recipe(width=width, height=height, components=3, transform=jpeg.YCBCR)
    assert found is not None  # noqa: S101 -- three components and no tables always have one
    return found


def _lines(path: Path, key: str) -> Iterator[dict[str, Any]]:
    """The whole lines of a journal that belongs to this work."""
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return
    for number, raw in enumerate(text.splitlines(keepends=True)):
        try:
            line = json.loads(raw) if raw.endswith("\n") else None
        except ValueError:
            return
        if not isinstance(line, dict) or (number == 0 and line != {"key": key}):
            return
        if number:
            yield line


def _places(start: int, lengths: list[int]) -> Iterator[tuple[int, int]]:
    for length in lengths:
        yield start, length
        start += length


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
