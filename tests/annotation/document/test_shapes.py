import contextlib
import json
import math
import time
from typing import Any

import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from annotation.schema.labels import Granularity, check_granularity
from annotation.schema.problems import PROBLEM_TEXTS
from annotation.schema.shapes import GRID_PX, MAX_VERTICES, Shape, ShapeError, check_inside, normalise, parse_geometry

SQUARE = [[10, 10], [20, 10], [20, 20], [10, 20], [10, 10]]

coordinate = st.floats(min_value=0, max_value=200_000, allow_nan=False)
small = st.integers(min_value=-400, max_value=400).map(lambda eighths: eighths / 16)


def polygon(*rings: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def star_outline(centre: tuple[float, float], radii: list[float]) -> list[list[float]]:
    turn = 2 * math.pi / len(radii)
    ring = [[centre[0] + r * math.cos(i * turn), centre[1] + r * math.sin(i * turn)] for i, r in enumerate(radii)]
    return [*ring, ring[0]]


points = st.tuples(coordinate, coordinate).map(lambda xy: {"type": "Point", "coordinates": list(xy)})
rectangles = st.tuples(coordinate, coordinate, st.floats(0.5, 1e4), st.floats(0.5, 1e4)).map(
    lambda b: {"type": "Rectangle", "bbox": list(b)}
)
outlines = st.builds(star_outline, st.tuples(coordinate, coordinate), st.lists(st.floats(0.3, 500), min_size=3, max_size=40))
polygons = outlines.map(polygon)
multipolygons = st.lists(outlines, min_size=1, max_size=3).map(
    # apart from each other by construction: each part is moved into its own column
    lambda rings: {"type": "MultiPolygon", "coordinates": [[[[x / 100 + i * 4000, y] for x, y in ring]] for i, ring in enumerate(rings)]}
)
geometries = st.one_of(points, rectangles, polygons, multipolygons)


def refused(value: object) -> ShapeError:
    with pytest.raises(ShapeError) as caught:
        parse_geometry(value)
    assert caught.value.code in PROBLEM_TEXTS
    return caught.value


@given(geometries)
def test_a_normalised_shape_survives_document_and_wkb_unchanged(value: dict[str, Any]) -> None:
    try:
        shape = normalise(parse_geometry(value))
    except ShapeError:
        assume(False)
        raise
    written = json.loads(json.dumps(shape.to_document()))
    assert parse_geometry(written) == shape
    assert parse_geometry(written).to_document() == written
    assert Shape.from_wkb(shape.kind, shape.wkb()) == shape
    assert all(number / GRID_PX == int(number / GRID_PX) for number in shapely.get_coordinates(shape.geometry).ravel())


@given(geometries)
def test_normalising_twice_changes_nothing(value: dict[str, Any]) -> None:
    try:
        once = normalise(parse_geometry(value))
    except ShapeError:
        assume(False)
        raise
    assert normalise(once) == once
    assert once.kind == "Point" or once.area > 0


@given(st.lists(st.tuples(small, small), min_size=3, max_size=12))
@settings(max_examples=400)
def test_near_the_grid_the_result_is_valid_or_the_shape_is_refused(positions: list[tuple[float, float]]) -> None:
    ring = [list(p) for p in positions] + [list(positions[0])]
    try:
        shape = normalise(parse_geometry(polygon(ring)))
    except ShapeError as error:
        code = error.code
    else:
        code = ""
    assert code in {"", "geometry_self_crossing", "geometry_empty"}
    assume(not code)
    assert shape.geometry.is_valid
    assert normalise(shape) == shape


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), st.text()),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["type", "coordinates", "bbox", "x"]), inner),
    )
)
def test_any_json_value_gives_a_shape_or_a_typed_refusal(value: object) -> None:
    for candidate in (
        value,
        {"type": "Polygon", "coordinates": value},
        {"type": "Rectangle", "bbox": value},
        {"type": "MultiPolygon", "coordinates": [value]},
    ):
        with contextlib.suppress(ShapeError):
            parse_geometry(candidate)


@given(geometries)
def test_rounding_changes_no_more_than_a_grid_step_along_the_outline(value: dict[str, Any]) -> None:
    try:
        shape = parse_geometry(value)
        rounded = normalise(shape)
    except ShapeError:
        assume(False)
        raise
    if shape.kind == "Point":
        assert shape.geometry.distance(rounded.geometry) <= GRID_PX
        return
    # A spike thinner than the grid may vanish with its tip, so it is the area that is compared and not the bounds.
    changed = shape.geometry.symmetric_difference(rounded.geometry)
    assert changed.area <= GRID_PX * (shape.geometry.length + rounded.geometry.length)
    assert changed.difference(shape.geometry.boundary.buffer(2 * GRID_PX)).area <= 1e-6 * max(1.0, shape.geometry.area)


def test_vertices_keep_their_order_and_start() -> None:
    ring = [[10.06, 10], [30, 10], [30, 30.01], [10, 30], [10.06, 10]]
    assert normalise(parse_geometry(polygon(ring))).to_document()["coordinates"][0] == [
        [10.0, 10.0],
        [30.0, 10.0],
        [30.0, 30.0],
        [10.0, 30.0],
        [10.0, 10.0],
    ]


def test_a_neck_thinner_than_the_grid_parts_the_outline() -> None:
    dumbbell = [
        [0, 0],
        [10, 0],
        [10, 4.99],
        [20, 4.99],
        [20, 0],
        [30, 0],
        [30, 10],
        [20, 10],
        [20, 5.01],
        [10, 5.01],
        [10, 10],
        [0, 10],
        [0, 0],
    ]
    shape = normalise(parse_geometry(polygon(dumbbell)))
    assert shape.kind == "MultiPolygon"
    assert shape.geometry.is_valid
    assert normalise(shape) == shape


def test_repeated_vertices_go_and_a_hole_stays() -> None:
    hole = [[12, 12], [12, 14], [14, 14], [14, 12], [12, 12]]
    shape = normalise(parse_geometry(polygon([*SQUARE[:1], *SQUARE], hole)))
    assert shape.area == 100 - 4
    assert shape.vertex_count == 10


@pytest.mark.parametrize(
    ("value", "code", "pointer"),
    [
        (None, "geometry_malformed", ""),
        ([], "geometry_malformed", ""),
        ({}, "geometry_unknown_type", "/type"),
        ({"type": []}, "geometry_unknown_type", "/type"),
        ({"type": "Ellipse", "center": [1, 1], "radii": [1, 1]}, "geometry_unknown_type", "/type"),
        ({"type": "Point"}, "geometry_malformed", "/coordinates"),
        ({"type": "Point", "coordinates": [1, 2], "colour": "red"}, "geometry_malformed", ""),
        ({"type": "Point", "coordinates": [1, 2, 3]}, "geometry_malformed", "/coordinates"),
        ({"type": "Point", "coordinates": ["1", 2]}, "geometry_malformed", "/coordinates/0"),
        ({"type": "Point", "coordinates": [1, True]}, "geometry_malformed", "/coordinates/1"),
        ({"type": "Point", "coordinates": [1, None]}, "geometry_malformed", "/coordinates/1"),
        ({"type": "Point", "coordinates": [math.nan, 1]}, "geometry_not_finite", "/coordinates/0"),
        ({"type": "Point", "coordinates": [1, math.inf]}, "geometry_not_finite", "/coordinates/1"),
        ({"type": "Point", "coordinates": [1, 1e308]}, "geometry_outside_image", "/coordinates/1"),
        ({"type": "Point", "coordinates": [10**4000, 1]}, "geometry_outside_image", "/coordinates/0"),
        ({"type": "Rectangle", "bbox": [1, 1, 0, 5]}, "geometry_empty", "/bbox"),
        ({"type": "Rectangle", "bbox": [1, 1, -4, 5]}, "geometry_empty", "/bbox"),
        ({"type": "Rectangle", "bbox": [1, 1, math.nan, 5]}, "geometry_not_finite", "/bbox/2"),
        (polygon([[0, 0], [10, 10], [10, 0], [0, 10], [0, 0]]), "geometry_self_crossing", ""),
        (polygon([[0, 0], [10, 0], [10, 10], [15, 15], [10, 10], [0, 10], [0, 0]]), "geometry_self_crossing", ""),
        (polygon([[0, 0], [5, 5], [10, 10], [0, 0]]), "geometry_empty", ""),
        (polygon([[3, 3], [3, 3], [3, 3], [3, 3]]), "geometry_empty", ""),
        (polygon(SQUARE[:-1]), "geometry_not_closed", "/coordinates/0"),
        (polygon(SQUARE[:3]), "geometry_malformed", "/coordinates/0"),
        (polygon(SQUARE, [[50, 50], [51, 50], [51, 51], [50, 50]]), "geometry_invalid_rings", ""),
        (polygon(), "geometry_malformed", "/coordinates"),
        ({"type": "MultiPolygon", "coordinates": []}, "geometry_malformed", "/coordinates"),
        ({"type": "MultiPolygon", "coordinates": [[SQUARE], [SQUARE]]}, "geometry_self_crossing", ""),
        ({"type": "MultiPolygon", "coordinates": [SQUARE]}, "geometry_malformed", "/coordinates/0/0"),
    ],
)
def test_what_is_refused_and_where(value: object, code: str, pointer: str) -> None:
    error = refused(value)
    assert (error.code, error.pointer) == (code, pointer)


def test_nothing_hostile_takes_long() -> None:
    turns = [
        [5000 + 5000 * math.cos(2 * math.pi * i * 9999 / 19999), 5000 + 5000 * math.sin(2 * math.pi * i * 9999 / 19999)]
        for i in range(19_998)
    ]
    zigzag = [[i if i % 2 == 0 else 10_000 + i, 0 if i % 2 == 0 else 10_000] for i in range(19_990)]
    nested: Any = 1
    for _ in range(900):
        nested = [nested]
    squares = [[SQUARE]] * 3_999
    hostile = {
        "star": polygon([*turns, turns[0]]),
        "zigzag": polygon([*zigzag, [40_000, -10], [-5, -10], zigzag[0]]),
        "vertices": polygon([[float(i), float(i * i % 977)] for i in range(200_000)]),
        "nested": polygon(nested),
        "equal parts": {"type": "MultiPolygon", "coordinates": squares},
        "empty parts": {"type": "MultiPolygon", "coordinates": [[]] * 500_000},
    }
    for name, value in hostile.items():
        begun = time.process_time()
        refused(value)
        assert time.process_time() - begun < 2, name


def test_the_largest_shape_is_taken() -> None:
    ring = star_outline((50_000, 50_000), [40_000 + (i % 7) for i in range(MAX_VERTICES - 1)])
    assert normalise(parse_geometry(polygon(ring))).vertex_count == MAX_VERTICES
    assert refused(polygon([*ring[:-1], [90_001.0, 50_000.0], ring[0]])).code == "geometry_too_many_vertices"


@pytest.mark.parametrize(
    "name",
    [
        "star_self_crossing_quadratic",
        "coordinates_1e308",
        "one_polygon_200000_vertices",
        "self_intersecting",
        "wrong_types",
        "nan_infinity",
        "unclosed_and_short_rings",
        "hole_outside_shell",
        "multipolygon_10000_overlapping",
    ],
)
def test_hostile_files_are_answered_in_time(shared_data: Any, name: str) -> None:
    value = json.loads((shared_data / "malformed" / "annotations" / f"{name}.geojson").read_text("utf-8"))
    features = value.get("features", [value])
    refusals = 0
    for feature in features:
        begun = time.process_time()
        try:
            parse_geometry(feature["geometry"] if isinstance(feature, dict) and "geometry" in feature else feature)
        except ShapeError:
            refusals += 1
        assert time.process_time() - begun < 2
    assert refusals


def test_inside_means_edges_included() -> None:
    shape = parse_geometry({"type": "Rectangle", "bbox": [0, 0, 100, 50]})
    check_inside(shape, width=100, height=50)
    for width, height in ((99, 50), (100, 49)):
        with pytest.raises(ShapeError) as caught:
            check_inside(shape, width=width, height=height)
        assert caught.value.code == "geometry_outside_image"


def test_from_wkb_refuses_what_is_no_shape() -> None:
    line = shapely.LineString([(0, 0), (1, 1)]).wkb
    for kind, wkb in (("Polygon", line), ("Polygon", b"rubbish"), ("Ellipse", line), ("Point", b"")):
        with pytest.raises(ShapeError):
            Shape.from_wkb(kind, wkb)


def test_centre_of_each_kind() -> None:
    assert parse_geometry({"type": "Point", "coordinates": [544, 362.5]}).centre == (544, 362.5)
    assert parse_geometry({"type": "Rectangle", "bbox": [489, 312.5, 110, 100]}).centre == (544, 362.5)


def test_granularity_decides_the_kind_of_shape() -> None:
    box = parse_geometry({"type": "Rectangle", "bbox": [0, 0, 1, 1]})
    outline = parse_geometry(polygon(SQUARE))
    check_granularity("box", box)
    check_granularity("cell", outline)
    check_granularity("diagnosis", None)
    for granularity, shape, code in (
        ("box", outline, "granularity_not_allowed"),
        ("region", box, "granularity_not_allowed"),
        ("diagnosis", box, "granularity_not_allowed"),
        ("cell", None, "geometry_required"),
        ("slide", None, "granularity_not_allowed"),
    ):
        with pytest.raises(ShapeError) as caught:
            check_granularity(granularity, shape)
        assert caught.value.code == code
    assert [*Granularity][:2] == ["presence", "diagnosis"]
