"""A cell layer on disk: one file that is written once, mapped, and never changed. What people change lies elsewhere.

Layout, little endian: 8 bytes magic, u32 length of the head, head (JSON, padded with blanks to a multiple of 8), the table of
chunks (column, row, offset, bytes, cells; see `_ROW`), the overview, the chunks. Offsets count from the beginning of the file.
Chunks and overview are gzip streams, so that they are sent as they lie there. Chunks follow each other row by row.

The overview has four bytes a cell, in the order of the chunks and of the cells within: where its middle lies within its square
(x, y, in 256ths of the side), label, score. With it every cell of the image counts at low power, and filters stay exact.

A cell's number in the file is its place in the overview. Within a square they go along a Z-order curve, so that cells which lie
together have numbers that follow each other: what a lasso holds is said in few runs.
"""

from __future__ import annotations

import gzip
import json
import mmap
import os
import struct
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from annotation.cells.chunk import CHUNK_PX, UNITS_PER_PX, Cells, Integers, UnusableChunk, are_wide, gathered, middles, pack, unpack

MAGIC: Final = b"MITCELL1"
MAX_CHUNKS: Final = 1 << 20
# What waits in memory before it is put aside; a chunk of a dense slide takes half a megabyte.
SPILL_CELLS: Final = 200_000
_START: Final = struct.Struct("<8sI")
_ROW: Final = np.dtype([("column", "<i4"), ("row", "<i4"), ("offset", "<u8"), ("bytes", "<u4"), ("cells", "<u4")])
_SQUARE: Final = np.dtype([("column", "<i4"), ("row", "<i4"), ("cells", "<u4")])
_MAX_HEAD_BYTES: Final = 1 << 20
_SIDE: Final = CHUNK_PX * UNITS_PER_PX
_FINENESS: Final = 256
_OVERVIEW_BYTES: Final = 4
_CURVE_PX: Final = 32  # cells nearer than this follow each other in any order
_LEVEL: Final = 6


class UnusableLayer(Exception):
    """The file is no cell layer, or a broken one."""


@dataclass(frozen=True, slots=True)
class Square:
    """One chunk of a layer: where it lies on the grid of squares, and how many cells it has."""

    column: int
    row: int
    cells: int


class LayerWriter:
    """Takes cells in any order and any number, and writes them as a layer when it is told to; bounded in memory.

    Args:
        path: of the layer; it appears whole or not at all.
        about: what is to be kept in the head besides labels and numbers, as JSON values.
    """

    def __init__(self, path: Path, about: dict[str, Any] | None = None) -> None:
        self._path, self._about = path, about or {}
        self._aside = tempfile.TemporaryFile(dir=path.parent)  # noqa: SIM115 -- closed with the writer
        self._put_aside: dict[tuple[int, int], list[tuple[int, int]]] = {}
        self._waiting: list[Cells] = []
        self._waiting_count = 0
        self._highest_label = 0
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._aside.close()

    def add(self, cells: Cells) -> None:
        """Take cells; their numbers are the caller's, and only tell cells on one spot apart: the file numbers them anew."""
        self._highest_label = max(self._highest_label, int(cells.labels.max(initial=0)))
        self._waiting.append(cells)
        self._waiting_count += len(cells)
        self.count += len(cells)
        if self._waiting_count >= SPILL_CELLS:
            self._spill()

    def finish(self, labels: list[str]) -> None:
        """Write the layer.

        Args:
            labels: names, as the cells number them.

        Raises:
            OSError: when the disk does not take it; then there is no layer.
            ValueError: for a label that is not in the list; for outlines that fit in no chunk, see `annotation.cells.chunk.pack`.
        """
        if self.count and self._highest_label >= len(labels):
            raise ValueError("a cell has a label that the layer has not")
        self._spill()
        descriptor, temporary = tempfile.mkstemp(prefix=".", dir=self._path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                self._write(file, labels)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self._path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def _spill(self) -> None:
        """Put what waits aside, square by square."""
        cells = gathered(self._waiting)
        self._waiting, self._waiting_count = [], 0
        if not len(cells):
            return
        squares = middles(cells) // _SIDE
        order = np.lexsort((squares[:, 0], squares[:, 1]))
        sorted_squares = squares[order]
        edges = np.flatnonzero(np.any(np.diff(sorted_squares, axis=0), axis=1)) + 1
        for chosen in np.split(order, edges):
            column, row = (int(number) for number in squares[chosen[0]])
            raw = pack(cells.taken(chosen), column, row)
            self._put_aside.setdefault((row, column), []).append((self._aside.seek(0, os.SEEK_END), len(raw)))
            self._aside.write(raw)

    def _write(self, file: Any, labels: list[str]) -> None:
        table = np.zeros(len(self._put_aside), _ROW)
        overview = bytearray()
        about = {**self._about, "labels": labels, "cells": self.count, "chunks": len(table), "chunk_px": CHUNK_PX}
        # The overview's length is not known yet: numbers of a fixed width leave room for it.
        room = len(_head({**about, "overview": [_wide(0), _wide(0)]}))
        file.seek(room + table.nbytes)
        for index, (row, column) in enumerate(sorted(self._put_aside)):
            cells = gathered([unpack(self._read_aside(*place)) for place in self._put_aside[row, column]])
            raw = pack(_numbered(cells, len(overview) // _OVERVIEW_BYTES), column, row)
            packed = gzip.compress(raw, _LEVEL, mtime=0)
            table[index] = (column, row, file.tell(), len(packed), len(cells))
            file.write(packed)
            overview += _overview(unpack(raw), column, row)
        packed = gzip.compress(bytes(overview), _LEVEL, mtime=0)
        head = _head({**about, "overview": [_wide(file.tell()), _wide(len(packed))]})
        file.write(packed)
        file.seek(0)
        file.write(head + table.tobytes())

    def _read_aside(self, offset: int, length: int) -> bytes:
        self._aside.seek(offset)
        return self._aside.read(length)


class Layer:
    """A layer that was written, mapped into memory.

    Attributes:
        head: what its head says.
        labels: codes, as the cells number them.
        count: cells.

    Raises:
        UnusableLayer: when the file is no layer, is cut short, or contradicts itself.
        OSError: when it is not there.
    """

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size < _START.size:
                raise UnusableLayer("cut short")
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        magic, length = _START.unpack_from(self._map)
        if magic != MAGIC or length > _MAX_HEAD_BYTES or _START.size + length > len(self._map):
            raise UnusableLayer("no cell layer")
        try:
            self.head: dict[str, Any] = json.loads(self._map[_START.size : _START.size + length])
            self.labels = [str(label) for label in self.head["labels"]]
            self.count, chunks = int(self.head["cells"]), int(self.head["chunks"])
            self._overview = tuple(int(number) for number in self.head["overview"])
        except (ValueError, KeyError, TypeError) as error:
            raise UnusableLayer("a head that says nothing") from error
        if not 0 <= chunks <= MAX_CHUNKS or _START.size + length + chunks * _ROW.itemsize > len(self._map):
            raise UnusableLayer("a table that does not fit")
        self._table: NDArray[Any] = np.frombuffer(self._map, _ROW, chunks, _START.size + length).copy()
        self._check()
        self._places = {(int(row["column"]), int(row["row"])): index for index, row in enumerate(self._table)}

    @property
    def squares(self) -> list[Square]:
        """Its chunks, in the order of the file and of the overview."""
        return [Square(int(row["column"]), int(row["row"]), int(row["cells"])) for row in self._table]

    def packed(self, column: int, row: int) -> bytes | None:
        """The chunk of a square as a gzip stream; None where the square is empty."""
        index = self._places.get((column, row))
        if index is None:
            return None
        offset, length = int(self._table[index]["offset"]), int(self._table[index]["bytes"])
        return self._map[offset : offset + length]

    def packed_squares(self) -> bytes:
        """Where the chunks lie, as a gzip stream: for each, in the order of the overview, column and row (i32) and cells (u32)."""
        table = np.empty(len(self._table), _SQUARE)
        for name in ("column", "row", "cells"):
            table[name] = self._table[name]
        return gzip.compress(table.tobytes(), _LEVEL, mtime=0)

    def packed_overview(self) -> bytes:
        """The overview as a gzip stream."""
        offset, length = self._overview
        return self._map[offset : offset + length]

    def cells(self, column: int, row: int) -> Cells:
        """The cells of one square.

        Raises:
            UnusableLayer: when the chunk is broken.
        """
        packed = self.packed(column, row)
        if packed is None:
            return gathered([])
        try:
            cells = unpack(gzip.decompress(packed))
        except (UnusableChunk, OSError, EOFError, zlib.error) as error:
            raise UnusableLayer(f"the chunk at {column}, {row}") from error
        if len(cells) != int(self._table[self._places[column, row]]["cells"]):
            raise UnusableLayer(f"the number of cells at {column}, {row}")
        return cells

    def all_cells(self) -> Iterator[Cells]:
        """The cells of every square, one square after the other.

        Raises:
            UnusableLayer: when a chunk is broken.
        """
        for square in self.squares:
            yield self.cells(square.column, square.row)

    def _check(self) -> None:
        ends = self._table["offset"].astype(np.uint64) + self._table["bytes"]
        offset, length = self._overview if len(self._overview) == 2 else (-1, 0)
        within = 0 <= offset <= offset + length <= len(self._map) and (not len(ends) or int(ends.max()) <= len(self._map))
        if not within or int(self._table["cells"].sum(dtype=np.uint64)) != self.count:
            raise UnusableLayer("places that lie outside")


def _numbered(cells: Cells, first: int) -> Cells:
    """The cells of a square in the order in which `pack` puts them, numbered from `first`."""
    near = middles(cells) % _SIDE // (_CURVE_PX * UNITS_PER_PX)
    order = np.lexsort((cells.numbers, _interleaved(near[:, 0], near[:, 1]), are_wide(cells)))
    cells = cells.taken(order)
    return replace(cells, numbers=np.arange(first, first + len(cells)))


def _interleaved(columns: Integers, rows: Integers) -> Integers:
    """Places along a Z-order curve, of whole numbers below 256."""
    curve = np.zeros_like(columns)
    for bit in range(8):
        curve |= ((columns >> bit) & 1) << (2 * bit) | ((rows >> bit) & 1) << (2 * bit + 1)
    return curve


def _overview(cells: Cells, column: int, row: int) -> bytes:
    within = (middles(cells) - np.array([column, row]) * _SIDE) * _FINENESS // _SIDE
    return np.column_stack((within.astype(np.uint8), cells.labels, cells.scores)).tobytes()


def _head(said: dict[str, Any]) -> bytes:
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    text += b" " * (-(_START.size + len(text)) % 8)
    return _START.pack(MAGIC, len(text)) + text


def _wide(number: int) -> str:
    return f"{number:020d}"
