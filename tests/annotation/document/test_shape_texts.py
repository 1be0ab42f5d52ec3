"""The JSON of many stored shapes at once is that of each of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from annotation.schema import shape_texts
from annotation.schema.shape_texts import body_texts
from annotation.schema.shapes import Shape, ShapeError, normalise, parse_geometry
from tests.annotation.document.test_shapes import geometries


def texts_of(shapes: list[Shape]) -> list[str]:
    return body_texts([shape.kind for shape in shapes], [shape.wkb() for shape in shapes])


def one_by_one(shapes: list[Shape]) -> list[str]:
    return [json.dumps(shape.to_body(), separators=(",", ":")) for shape in shapes]


def settled(value: dict[str, Any]) -> Shape | None:
    try:
        return normalise(parse_geometry(value))
    except ShapeError:
        return None


@given(st.lists(geometries, max_size=6))
def test_shapes_on_the_grid(values: list[dict[str, Any]]) -> None:
    shapes = [shape for value in values if (shape := settled(value)) is not None]
    assume(shapes)
    assert texts_of(shapes) == one_by_one(shapes)


@given(st.lists(geometries, max_size=4))
def test_shapes_off_the_grid(values: list[dict[str, Any]]) -> None:
    shapes = []
    for value in values:
        try:
            shapes.append(parse_geometry(value))
        except ShapeError:
            assume(False)
    assert texts_of(shapes) == one_by_one(shapes)


def every_coordinate(*numbers: float) -> list[Shape]:
    return [Shape("Polygon", shapely.Polygon([(number, 0), (number, 1), (number + 1, 1), (number, 0)])) for number in numbers]


def test_every_count_of_digits_and_every_eighth() -> None:
    whole = [0, 1, 9, 10, 99, 100, 999, 1_000, 9_999, 10_000, 10_001, 10_010, 99_999, 100_000, 1_000_000, 16_777_215, 99_999_998]
    shapes = every_coordinate(*(number + eighth / 8 for number in whole for eighth in range(8)))
    assert texts_of(shapes) == one_by_one(shapes)
    assert '"coordinates":[[[10001.625,0.0],' in texts_of(every_coordinate(10_001.625))[0]


@pytest.mark.parametrize("number", [-0.0, -8.0, 1e8, 1e17, 0.1, 5e-324])
def test_what_no_table_holds(number: float) -> None:
    shapes = [*every_coordinate(3, number, 12.5), Shape("Point", shapely.Point(number, 1))]
    assert texts_of(shapes) == one_by_one(shapes)


def test_holes_and_parts_stay_where_they_are() -> None:
    ring, hole, other = ([[x, y], [x + side, y], [x, y + side], [x, y]] for x, y, side in ((0, 0, 90), (1, 1, 2), (10, 10, 3)))
    apart = [[[number + 20_000, number] for number, _ in ring[:1]] + [[20_010, 0], [20_010, 10], [20_000, 0]]]
    values: list[dict[str, Any]] = [
        {"type": "MultiPolygon", "coordinates": [[ring, hole], apart]},
        {"type": "Polygon", "coordinates": [ring, hole, other]},
        {"type": "Polygon", "coordinates": [ring]},
        {"type": "MultiPolygon", "coordinates": [apart]},
        {"type": "Rectangle", "bbox": [1.5, 2, 3, 4.125]},
    ]
    shapes = [parse_geometry(value) for value in values]
    assert [json.loads(text) for text in texts_of(shapes)] == values
    assert texts_of(shapes) == one_by_one(shapes)


def test_more_vertices_than_are_written_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shape_texts, "_VERTICES_AT_ONCE", 10)
    shapes = every_coordinate(*range(20))
    assert texts_of(shapes) == one_by_one(shapes)


@pytest.mark.parametrize("kind", ["Polygon", "MultiPolygon", "Rectangle", "Point", "Circle"])
@pytest.mark.parametrize("wkb", [b"", b"\x01\x03", shapely.to_wkb(shapely.LineString([(0, 0), (1, 1)])), shapely.to_wkb(shapely.Polygon())])
def test_what_is_no_such_shape_is_told(kind: str, wkb: bytes) -> None:
    good = every_coordinate(1)[0]
    with pytest.raises(ShapeError) as caught:
        body_texts(["Polygon", kind], [good.wkb(), wkb])
    assert caught.value.code == "geometry_malformed"
