"""Cells out of GeoJSON: what QuPath writes is read to the eighth of a pixel, and what is no cell is told with its place."""

import io
import itertools
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.cells import geojson
from annotation.cells.chunk import UNITS_PER_PX, Cells, gathered
from annotation.cells.geojson import CellReader, NotCells, Refused
from annotation.cells.json_depth import MAX_DEPTH, DepthGuard, TooDeep

TOOLS = Path(__file__).parents[4] / "shared" / "tools"
SQUARE = [[10, 10], [20, 10], [20, 20.06], [10, 20], [10, 10]]


def read(raw: bytes, *, width_px: int = 40_000, height_px: int = 30_000) -> tuple[Cells, list[Refused], list[str]]:
    reader = CellReader(width_px=width_px, height_px=height_px)
    batches = list(reader.batches(io.BytesIO(raw)))
    return gathered([batch.cells for batch in batches]), [one for batch in batches for one in batch.refused], reader.labels


def feature(ring: Any = SQUARE, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": properties}


def collection(*features: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


@pytest.mark.parametrize("form", ["geojson", "ndjson"])
def test_what_qupath_writes(tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geojson, "BATCH", 300)
    path = tmp_path / "cells.json"
    command = [sys.executable, TOOLS / "make_cells.py", "--n", "1000", "--format", form, "--check", "0", path]
    subprocess.run(command, check=True, capture_output=True)
    cells, refused, labels = read(path.read_bytes())
    assert (len(cells), refused) == (1000, [])
    text = path.read_text()
    said = json.loads(text)["features"] if form == "geojson" else [json.loads(line) for line in text.splitlines()]
    for index, one in enumerate(said):
        ring = np.rint(np.array(one["geometry"]["coordinates"][0][:-1]) * UNITS_PER_PX)
        np.testing.assert_array_equal(cells.outline(index), ring)
        properties = one["properties"]
        assert labels[cells.labels[index]] == properties["classification"]["name"]
        assert cells.scores[index] == round(properties["measurements"]["Detection probability"] * 255)
        assert cells.numbers[index] == index


def test_forms_around_the_features() -> None:
    one = feature(classification="a")
    expected = [10 * 8, 10 * 8]
    for raw in (
        collection(one),
        json.dumps([one]).encode(),
        json.dumps(one).encode() + b"\n" + json.dumps(one).encode() + b"\n",
        b"\xef\xbb\xbf" + collection(one),
        b"\n\n  " + collection(one),
        json.dumps({"features": [one], "type": "FeatureCollection"}, indent=3).encode(),
    ):
        cells, refused, labels = read(raw)
        assert (cells.outline(0)[0].tolist(), refused, labels) == (expected, [], ["a"])


def test_classes_and_scores_as_old_and_new_versions_write_them() -> None:
    cells, _, labels = read(
        collection(
            feature(classification={"name": "Tumor: Positive", "color": [1, 2, 3]}),
            feature(classification={"names": ["Tumor", "Positive"]}, measurements={"Detection probability": 0.5}),
            feature(measurements=[{"name": "Detection probability", "value": 0.25}]),
            feature(classification=None, measurements={"Detection probability": 7}),
        )
    )
    assert [labels[label] for label in cells.labels] == ["Tumor: Positive", "Tumor: Positive", "", ""]
    assert cells.scores.tolist() == [255, 128, 64, 255]


@pytest.mark.parametrize(
    ("ring", "code"),
    [
        ([[0, 0], [10, 10], [10, 0], [0, 10], [0, 0]], "geometry_self_crossing"),
        ([[0, 0], [10, 0], [10, 10]], "geometry_not_closed"),
        ([[0, 0], [10, 0], [10, 10], [0, 1]], "geometry_not_closed"),
        ([[5, 5]] * 5, "geometry_empty"),
        ([[0, 0], [0.01, 0], [0, 0.01], [0, 0]], "geometry_empty"),
        ([[0, 0], [10, 0], [20, 0], [0, 0]], "geometry_self_crossing"),
        ([[-1, 0], [10, 0], [10, 10], [-1, 0]], "geometry_outside_image"),
        ([[0, 0], [1e308, 0], [10, 10], [0, 0]], "geometry_outside_image"),
        ([[0, 0], [2100, 0], [10, 10], [0, 0]], "cell_too_large"),
        ([[0, 0], [True, 0], [10, 10], [0, 0]], "geometry_malformed"),
        ([[0, 0], ["10", 0], [10, 10], [0, 0]], "geometry_malformed"),
        ([[0, 0, 5], [10, 0, 5], [10, 10, 5], [0, 0, 5]], "geometry_malformed"),
        ([[0, 0], [10], [10, 10], [0, 0]], "geometry_malformed"),
        ([], "geometry_malformed"),
        ([1, 2, 3], "geometry_malformed"),
    ],
)
def test_what_is_no_cell_is_told_and_stops_no_other(ring: Any, code: str) -> None:
    cells, refused, _ = read(collection(feature(), feature(ring), feature()))
    assert cells.numbers.tolist() == [0, 2]
    assert refused == [Refused(1, code)]


def test_many_vertices_and_holes() -> None:
    angles = np.linspace(0, 2 * np.pi, 5001)
    circle = (1000 + 900 * np.stack((np.cos(angles), np.sin(angles)), 1)).tolist()
    holed = feature()
    holed["geometry"]["coordinates"].append(SQUARE)
    _, refused, _ = read(collection(feature([*circle[:-1], circle[0]]), holed, {"type": "Feature", "geometry": None}, 7))
    codes = ["geometry_too_many_vertices", "cell_with_holes", "geometry_malformed", "geometry_malformed"]
    assert refused == [Refused(number, code) for number, code in enumerate(codes)]


# What each malformed file of the test set comes to: cells read, and why the others, or the whole file, are none.
EXPECTED: dict[str, tuple[int, dict[str, int]] | str] = {
    "coco_bad_references.json": "no_features",
    "coordinates_1e308.geojson": (0, {"geometry_outside_image": 1}),
    "deep_nesting_100000.json": "json_too_deep",
    "empty_collection.geojson": "no_features",
    "geometry_collection_nested.geojson": "json_too_deep",
    "hole_outside_shell.geojson": (0, {"cell_with_holes": 2}),
    "huge_number_4000_digits.geojson": "bad_json",
    "multipolygon_10000_overlapping.geojson": (0, {"geometry_unknown_type": 1}),
    "nan_infinity.geojson": "bad_json",
    "not_a_collection.geojson": "no_features",
    "nul_and_lone_surrogate.geojson": "bad_json",
    "null_geometry.geojson": (0, {"geometry_malformed": 1}),
    "one_polygon_200000_vertices.geojson": (0, {"geometry_too_many_vertices": 1}),
    "outside_the_slide.geojson": (0, {"geometry_outside_image": 2}),
    "self_intersecting.geojson": (1, {"geometry_self_crossing": 1}),
    "shift_jis.geojson": "bad_json",
    "star_self_crossing_quadratic.geojson": (0, {"geometry_self_crossing": 1}),
    "top_level_array.geojson": (2, {}),
    "trailing_garbage.geojson": "bad_json",
    "truncated.geojson": "bad_json",
    "unclosed_and_short_rings.geojson": (0, {"geometry_not_closed": 3, "geometry_malformed": 2}),
    "utf16_bom.geojson": "bad_json",
    "utf8_bom.geojson": (1, {}),
    "zero_area.geojson": (0, {"geometry_empty": 1, "geometry_self_crossing": 1}),
}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_malformed_files(shared_data: Path, name: str) -> None:
    raw = (shared_data / "malformed" / "annotations" / name).read_bytes()
    expected = EXPECTED[name]
    if isinstance(expected, str):
        with pytest.raises(NotCells) as caught:
            read(raw)
        assert caught.value.code == expected
    else:
        cells, refused, _ = read(raw)
        assert (len(cells), Counter(one.code for one in refused)) == expected


def test_every_other_malformed_file_ends_too(shared_data: Path) -> None:
    for path in (shared_data / "malformed" / "annotations").iterdir():
        assert _ending(path.read_bytes()) in {"read", "bad_json", "no_features", "json_too_deep"}, path


def _ending(raw: bytes) -> str:
    try:
        read(raw)
    except NotCells as error:
        return error.code
    return "read"


def test_too_many_classes_are_told() -> None:
    with pytest.raises(NotCells, match="too_many_classes after feature 255"):
        read(collection(*(feature(classification=str(number)) for number in range(300))))


def test_what_came_before_the_fault_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geojson, "BATCH", 2)
    whole = collection(*[feature()] * 7)
    batches = CellReader(width_px=100, height_px=100).batches(io.BytesIO(whole[: len(whole) * 5 // 7]))
    assert [len(next(batches).cells) for _ in range(2)] == [2, 2]
    with pytest.raises(NotCells) as caught:
        next(batches)
    assert caught.value.feature == 4


nested = st.recursive(
    st.one_of(st.none(), st.integers(), st.text('ab"\\[]{}é')),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text('x"\\[{'), inner, max_size=3)),
)


@given(nested, st.integers(0, MAX_DEPTH + 3), st.lists(st.integers(1, 9), min_size=1, max_size=60))
def test_depth_is_seen_however_the_text_is_cut(value: Any, more: int, cuts: list[int]) -> None:
    for _ in range(more):
        value = [value]
    text = json.dumps(value, ensure_ascii=False).encode()
    guard = DepthGuard()
    place, sizes = 0, itertools.cycle(cuts)
    too_deep = False
    try:
        while place < len(text):
            size = next(sizes)
            guard.feed(text[place : place + size])
            place += size
    except TooDeep:
        too_deep = True
    assert too_deep == (_depth(value) > MAX_DEPTH)


def _depth(value: Any) -> int:
    inner = list(value) if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else None
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)
