"""A chunk: the cells of one square of the level-0 grid, packed so that a browser can draw them without parsing.

Layout, little endian, every array padded to a multiple of 4 bytes:

    4 bytes  magic "MCC1"
    u32      number of cells, n
    u32      how many of them are narrow, m
    u32      deltas of the narrow cells, u32 of the others (pairs of x and y)
    i32 x 2  the middle of the square, in eighths of a level-0 pixel, x then y
    u32[n]   number of each cell, one of its layer; the narrow ones first, each part in ascending order
    i16[2n]  first vertex of each outline, from the middle of the square, in eighths of a pixel
    u16[n]   vertices of each outline
    u8[n]    label, as its layer numbers them
    u8[n]    score, 0 to 255 for 0 to 1
    i8[]     narrow cells: steps from vertex to vertex (x, y), cell after cell; n vertices make n - 1 steps
    i16[]    the other cells: likewise

An outline is closed without its first vertex coming again. Coordinates are level-0 continuous pixels on the 1/8 px grid that all
marks lie on, so nothing is lost by packing. A cell belongs to the square that the middle of its bounding box lies in.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

MAGIC: Final = b"MCC1"
UNITS_PER_PX: Final = 8
CHUNK_PX: Final = 2048
MAX_CELLS: Final = 1 << 20
MIN_VERTICES: Final = 3
MAX_VERTICES: Final = 4096
_HEAD: Final = struct.Struct("<4sIIIIii")
_NARROW: Final = 127
_REACH: Final = 32_767

Integers = NDArray[np.int64]


class UnusableChunk(ValueError):
    """The bytes are no chunk."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Outlines with what is known of them, one entry a cell.

    Attributes:
        numbers: of each cell within its layer, shape (n,).
        starts: first vertex of each outline in `vertices`, and the end of the last one; shape (n + 1,).
        vertices: of all outlines, in eighths of a level-0 pixel, shape (v, 2), x then y.
        labels: 0 to 255, shape (n,).
        scores: 0 to 255, shape (n,).
    """

    numbers: Integers
    starts: Integers
    vertices: Integers
    labels: NDArray[np.uint8]
    scores: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def counts(self) -> Integers:
        """Vertices of each outline, shape (n,)."""
        return np.diff(self.starts)

    def outline(self, index: int) -> Integers:
        """Vertices of one outline, shape (k, 2)."""
        return self.vertices[self.starts[index] : self.starts[index + 1]]

    def taken(self, order: Integers) -> Cells:
        """These cells, in this order."""
        counts = self.counts[order]
        starts = np.concatenate(([0], np.cumsum(counts)))
        within = np.arange(starts[-1]) - np.repeat(starts[:-1], counts)
        vertices = self.vertices[np.repeat(self.starts[:-1][order], counts) + within]
        return Cells(self.numbers[order], starts, vertices, self.labels[order], self.scores[order])


def gathered(parts: list[Cells]) -> Cells:
    """All cells of some parts, one part after the other."""
    if not parts:
        nothing = np.zeros(0, np.int64)
        return Cells(nothing, np.zeros(1, np.int64), nothing.reshape(0, 2), nothing.astype(np.uint8), nothing.astype(np.uint8))
    counts = np.concatenate([part.counts for part in parts])
    return Cells(
        np.concatenate([part.numbers for part in parts]),
        np.concatenate(([0], np.cumsum(counts))),
        np.concatenate([part.vertices for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.scores for part in parts]),
    )


def middles(cells: Cells) -> Integers:
    """The middle of each outline's bounding box, in eighths of a pixel, shape (n, 2)."""
    if not len(cells):
        return np.zeros((0, 2), np.int64)
    low = np.minimum.reduceat(cells.vertices, cells.starts[:-1])
    return (low + np.maximum.reduceat(cells.vertices, cells.starts[:-1])) // 2


def pack(cells: Cells, column: int, row: int) -> bytes:
    """The chunk of one square; the order of the cells given does not matter.

    Raises:
        ValueError: for an outline with too few or too many vertices, or one that reaches more than 4,095 px from the middle.
    """
    if len(cells) > MAX_CELLS:
        raise ValueError(f"{len(cells)} cells in one chunk")
    if len(cells) and not (cells.counts.min() >= MIN_VERTICES and cells.counts.max() <= MAX_VERTICES):
        raise ValueError("an outline has too few or too many vertices")
    middle = np.array([2 * column + 1, 2 * row + 1], np.int64) * (CHUNK_PX * UNITS_PER_PX // 2)
    wide = are_wide(cells)
    cells = cells.taken(np.lexsort((cells.numbers, wide)))
    narrow = int((~wide).sum())
    near = cells.vertices - middle
    if near.size and max(abs(int(near.min())), abs(int(near.max()))) > _REACH:
        raise ValueError("an outline reaches too far from its square")
    split = int(cells.starts[narrow])
    # Steps within outlines only: the one from the last vertex of a cell to the first of the next is left out.
    inner = np.ones(len(cells.vertices), bool)
    inner[cells.starts[:-1]] = False
    steps = np.diff(cells.vertices, axis=0, prepend=cells.vertices[:1])
    slim, broad = steps[:split][inner[:split]].astype("<i1"), steps[split:][inner[split:]].astype("<i2")
    arrays = (
        cells.numbers.astype("<u4"),
        near[cells.starts[:-1]].astype("<i2"),
        cells.counts.astype("<u2"),
        cells.labels,
        cells.scores,
        slim,
        broad,
    )
    head = _HEAD.pack(MAGIC, len(cells), narrow, len(slim), len(broad), int(middle[0]), int(middle[1]))
    return head + b"".join(_padded(array.tobytes()) for array in arrays)


def unpack(raw: bytes) -> Cells:
    """The cells of a chunk, in the order that they are packed in.

    Raises:
        UnusableChunk: when it is none, is cut short, or contradicts itself.
    """
    if len(raw) < _HEAD.size or raw[:4] != MAGIC:
        raise UnusableChunk("no chunk")
    _, count, narrow, slim_steps, wide_steps, middle_x, middle_y = _HEAD.unpack_from(raw)
    if count > MAX_CELLS or narrow > count or slim_steps + wide_steps > count * MAX_VERTICES:
        raise UnusableChunk("numbers that cannot be")
    plain = ((count, "<u4"), (2 * count, "<i2"), (count, "<u2"), (count, "u1"), (count, "u1"))
    shapes = (*plain, (2 * slim_steps, "<i1"), (2 * wide_steps, "<i2"))
    arrays: list[NDArray[np.int64]] = []
    place = _HEAD.size
    for length, kind in shapes:
        size = length * np.dtype(kind).itemsize
        if place + size > len(raw):
            raise UnusableChunk("cut short")
        arrays.append(np.frombuffer(raw, kind, length, place).astype(np.int64))
        place += size + -size % 4
    numbers, firsts, counts, labels, scores, slim, wide = arrays
    starts = np.concatenate(([0], np.cumsum(counts)))
    if place != len(raw) or (count and counts.min() < 1) or not _adds_up(counts, narrow, slim_steps, wide_steps):
        raise UnusableChunk("steps that do not add up")
    vertices = np.empty((int(starts[-1]), 2), np.int64)
    inner = np.ones(len(vertices), bool)
    inner[starts[:-1]] = False
    vertices[inner] = np.concatenate((slim, wide)).reshape(-1, 2)
    vertices[starts[:-1]] = firsts.reshape(-1, 2) + np.array([middle_x, middle_y])
    return Cells(numbers, starts, _summed(vertices, starts), labels.astype(np.uint8), scores.astype(np.uint8))


def are_wide(cells: Cells) -> NDArray[np.bool_]:
    """Which outlines have a step that takes two bytes an axis; the one that closes an outline is none. Shape (n,)."""
    if not len(cells):
        return np.zeros(0, bool)
    steps = np.abs(np.diff(cells.vertices, axis=0, prepend=cells.vertices[:1])).max(axis=1)
    steps[cells.starts[:-1]] = 0
    return np.asarray(np.maximum.reduceat(steps, cells.starts[:-1]) > _NARROW, bool)


def _summed(steps: Integers, starts: Integers) -> Integers:
    """Vertices from the first one and the steps of each outline."""
    if not len(steps):
        return steps
    running = np.cumsum(steps, axis=0)
    before = np.concatenate((np.zeros((1, 2), np.int64), running))[starts[:-1]]
    return running - np.repeat(before, np.diff(starts), axis=0)


def _adds_up(counts: Integers, narrow: int, slim_steps: int, wide_steps: int) -> bool:
    return int(counts[:narrow].sum()) - narrow == slim_steps and int(counts[narrow:].sum()) - (len(counts) - narrow) == wide_steps


def _padded(raw: bytes) -> bytes:
    return raw + bytes(-len(raw) % 4)
