"""Layers of cells on disk: what was put in comes out, the bytes do not depend on the order, and a broken file is said to be one."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from annotation.cells import layer as layer_module
from annotation.cells.chunk import CHUNK_PX, UNITS_PER_PX, Cells, gathered, middles
from annotation.cells.layer import Layer, LayerWriter, UnusableLayer

LABELS = ["tumour", "stroma", "リンパ球"]


def made_cells(count: int, seed: int = 3, first: int = 0, side_px: int = 9000) -> Cells:
    """Cells of 16 to 24 vertices anywhere on a square image."""
    dice = np.random.default_rng(seed)
    counts = dice.integers(16, 25, count)
    starts = np.concatenate(([0], np.cumsum(counts)))
    angles = np.concatenate([np.linspace(0, 2 * np.pi, number, endpoint=False) for number in counts])
    middle = np.repeat(dice.uniform(40, side_px - 40, (count, 2)), counts, axis=0)
    radius = np.repeat(dice.uniform(8, 30, count), counts)
    vertices = np.rint((middle + radius[:, None] * np.stack((np.cos(angles), np.sin(angles)), 1)) * UNITS_PER_PX).astype(np.int64)
    labels, scores = dice.integers(0, 3, count).astype(np.uint8), dice.integers(0, 256, count).astype(np.uint8)
    return Cells(np.arange(first, first + count), starts, vertices, labels, scores)


def written(path: Path, parts: list[Cells]) -> Layer:
    with LayerWriter(path, {"source": "test"}) as writer:
        for part in parts:
            writer.add(part)
        writer.finish(LABELS)
    return Layer(path)


def as_told(cells: Cells) -> list[tuple[bytes, int, int]]:
    return sorted((cells.outline(index).tobytes(), int(cells.labels[index]), int(cells.scores[index])) for index in range(len(cells)))


def test_what_was_put_in_comes_out(tmp_path: Path) -> None:
    cells = made_cells(4000)
    layer = written(tmp_path / "a.cells", [cells])
    assert (layer.count, layer.labels, layer.head["source"]) == (4000, LABELS, "test")
    assert as_told(gathered(list(layer.all_cells()))) == as_told(cells)
    for square in layer.squares:
        found = layer.cells(square.column, square.row)
        assert len(found) == square.cells
        assert set(map(tuple, (middles(found) // (CHUNK_PX * UNITS_PER_PX)).tolist())) == {(square.column, square.row)}
    assert len(layer.cells(99, 99)) == 0
    assert layer.packed(99, 99) is None


def test_order_batches_and_what_was_put_aside_change_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = made_cells(3000)
    written(tmp_path / "a.cells", [cells])
    monkeypatch.setattr(layer_module, "SPILL_CELLS", 250)
    shuffled = np.random.default_rng(9).permutation(3000)
    written(tmp_path / "b.cells", [cells.taken(part) for part in np.array_split(shuffled, 29)])
    assert (tmp_path / "a.cells").read_bytes() == (tmp_path / "b.cells").read_bytes()


def test_every_cell_is_in_the_overview(tmp_path: Path) -> None:
    layer = written(tmp_path / "a.cells", [made_cells(2000)])
    overview = np.frombuffer(gzip.decompress(layer.packed_overview()), np.uint8).reshape(-1, 4)
    assert len(overview) == 2000
    place = 0
    for square in layer.squares:
        cells = layer.cells(square.column, square.row)
        said = overview[place : place + square.cells]
        place += square.cells
        np.testing.assert_array_equal(said[:, 2], cells.labels)
        np.testing.assert_array_equal(said[:, 3], cells.scores)
        side = CHUNK_PX * UNITS_PER_PX
        near = (np.array([square.column, square.row]) + (said[:, :2] + 0.5) / 256) * side
        assert np.abs(near - middles(cells)).max() <= side / 256


def test_numbers_are_places_in_the_overview_and_neighbours_follow_each_other(tmp_path: Path) -> None:
    layer = written(tmp_path / "a.cells", [made_cells(8000, side_px=4096)])
    cells = gathered(list(layer.all_cells()))
    np.testing.assert_array_equal(cells.numbers, np.arange(8000))
    inside = np.flatnonzero((np.abs(middles(cells) / UNITS_PER_PX - 1000) < 400).all(axis=1))
    runs = 1 + np.count_nonzero(np.diff(inside) > 1)
    assert runs < len(inside) / 6


def test_the_table_of_squares_says_where_numbers_begin(tmp_path: Path) -> None:
    layer = written(tmp_path / "a.cells", [made_cells(900)])
    table = np.frombuffer(gzip.decompress(layer.packed_squares()), [("column", "<i4"), ("row", "<i4"), ("cells", "<u4")])
    assert [tuple(row) for row in table.tolist()] == [(square.column, square.row, square.cells) for square in layer.squares]
    first = 0
    for column, row, count in table.tolist():
        assert layer.cells(column, row).numbers[0] == first
        first += count


def test_a_million_steps_of_few_bytes(tmp_path: Path) -> None:
    layer = written(tmp_path / "a.cells", [made_cells(5000)])
    assert (tmp_path / "a.cells").stat().st_size / layer.count < 60
    assert len(layer.packed_overview()) / layer.count < 5


def test_an_empty_layer_is_one(tmp_path: Path) -> None:
    layer = written(tmp_path / "a.cells", [])
    assert (layer.count, layer.squares, gzip.decompress(layer.packed_overview())) == (0, [], b"")


def test_a_label_that_nobody_knows_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    cells = made_cells(3)
    cells.labels[1] = 3
    with LayerWriter(tmp_path / "a.cells") as writer:
        writer.add(cells)
        with pytest.raises(ValueError, match="label"):
            writer.finish(LABELS)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(layer_module.os, "fsync", full)
    with LayerWriter(tmp_path / "a.cells") as writer:
        writer.add(made_cells(10))
        with pytest.raises(OSError, match="space"):
            writer.finish(LABELS)
    assert list(tmp_path.iterdir()) == []


def test_a_broken_file_is_said_to_be_one(tmp_path: Path) -> None:
    path = tmp_path / "a.cells"
    written(path, [made_cells(500)])
    whole = path.read_bytes()
    dice = np.random.default_rng(5)
    for cut in [0, 5, 11, 12, 100, len(whole) // 2, len(whole) - 1]:
        path.write_bytes(whole[:cut])
        with pytest.raises(UnusableLayer):
            list(Layer(path).all_cells())
    for _ in range(300):
        spoilt = bytearray(whole)
        spoilt[dice.integers(0, len(spoilt))] = dice.integers(0, 256)
        path.write_bytes(spoilt)
        try:
            found = gathered(list(Layer(path).all_cells()))
        except UnusableLayer:
            continue
        assert len(found) == 500
