"""Chunks of cells: nothing is lost by packing, and no bytes that are none are taken for one."""

import contextlib
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.cells import chunk
from annotation.cells.chunk import CHUNK_PX, UNITS_PER_PX, Cells, UnusableChunk, gathered, middles, pack, unpack

SIDE = CHUNK_PX * UNITS_PER_PX


def cells_of(outlines: list[list[tuple[int, int]]], numbers: list[int] | None = None) -> Cells:
    counts = [len(outline) for outline in outlines]
    count = len(outlines)
    return Cells(
        np.array(numbers or range(count), np.int64),
        np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        np.array([vertex for outline in outlines for vertex in outline], np.int64).reshape(-1, 2),
        np.arange(count, dtype=np.uint8),
        np.arange(count, dtype=np.uint8)[::-1].copy(),
    )


def as_told(cells: Cells) -> dict[int, tuple[list[list[int]], int, int]]:
    return {
        int(number): (cells.outline(index).tolist(), int(cells.labels[index]), int(cells.scores[index]))
        for index, number in enumerate(cells.numbers)
    }


@st.composite
def squares(draw: st.DrawFn) -> tuple[Cells, int, int]:
    column, row = draw(st.integers(-3, 60)), draw(st.integers(-3, 60))
    step = st.one_of(st.integers(-127, 127), st.integers(-3000, 3000))
    outlines: list[list[tuple[int, int]]] = []
    for _ in range(draw(st.integers(0, 12))):
        x, y = column * SIDE + draw(st.integers(0, SIDE - 1)), row * SIDE + draw(st.integers(0, SIDE - 1))
        steps = draw(st.lists(st.tuples(step, step), min_size=2, max_size=6))
        outline = [(x, y)]
        for right, down in steps:
            outline.append((outline[-1][0] + right, outline[-1][1] + down))
        outlines.append(outline)
    numbers = draw(st.lists(st.integers(0, 2**32 - 1), min_size=len(outlines), max_size=len(outlines), unique=True))
    return cells_of(outlines, numbers), column, row


@given(squares())
def test_packing_loses_nothing(square: tuple[Cells, int, int]) -> None:
    cells, column, row = square
    raw = pack(cells, column, row)
    assert len(raw) % 4 == 0
    again = unpack(raw)
    assert as_told(again) == as_told(cells)
    assert pack(again, column, row) == raw, "the same bytes, whatever the order was"


@given(squares(), st.integers(0, 10_000))
def test_a_chunk_that_is_cut_or_prolonged_is_none(square: tuple[Cells, int, int], cut: int) -> None:
    raw = pack(*square)
    with pytest.raises(UnusableChunk):
        unpack(raw[: cut % len(raw)])
    with pytest.raises(UnusableChunk):
        unpack(raw + bytes(4))


@given(squares(), st.data())
def test_a_chunk_with_wrong_bytes_is_refused_or_read_and_nothing_else(square: tuple[Cells, int, int], data: st.DataObject) -> None:
    raw = bytearray(pack(*square))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(UnusableChunk):
        unpack(bytes(raw))


def test_numbers_that_cannot_be_ask_for_no_memory() -> None:
    head = struct.pack("<4sIIIIii", b"MCC1", 2**32 - 1, 0, 2**32 - 1, 0, 0, 0)
    with pytest.raises(UnusableChunk, match="cannot be"):
        unpack(head)


@pytest.mark.parametrize(
    "outline",
    [
        [(0, 0), (8, 8)],
        [(0, 0)] * 4097,
        [(0, 0), (50_000, 0), (0, 8)],
    ],
)
def test_what_does_not_fit_is_refused(outline: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="outline"):
        pack(cells_of([outline]), 0, 0)


def test_a_typical_cell_takes_less_than_eighty_bytes() -> None:
    angles = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    dice = np.random.default_rng(7)
    outlines = [
        [tuple(vertex) for vertex in np.rint(middle + 200 * np.stack((np.cos(angles), np.sin(angles)), 1)).astype(int).tolist()]
        for middle in dice.integers(200, SIDE - 200, (500, 2))
    ]
    raw = pack(cells_of(outlines), 0, 0)
    assert len(raw) / 500 < 60


def test_middles_and_gathering() -> None:
    assert middles(cells_of([[(0, 0), (10, 0), (10, 40)], [(-9, 1), (0, 1), (3, 2)]])).tolist() == [[5, 20], [-3, 1]]
    assert middles(gathered([])).shape == (0, 2)
    one, other = cells_of([[(0, 0), (9, 0), (9, 9)]]), cells_of([[(5, 5), (90, 5), (90, 90), (5, 90)]], [7])
    both = gathered([one, other])
    assert as_told(both) == {**as_told(one), **as_told(other)}
    assert len(gathered([])) == 0
    assert len(chunk.unpack(pack(gathered([]), 3, 4))) == 0
