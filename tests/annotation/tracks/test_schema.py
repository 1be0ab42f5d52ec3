"""Tracks as values: what is refused, where they are, and that what lies between keyframes is always a shape."""

from __future__ import annotations

import json
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.schema.between import Between
from annotation.schema.problems import ShapeError
from annotation.schema.shapes import Shape, normalise, parse_geometry
from annotation.schema.tracks import MAX_KEYFRAMES, Track, parse_track
from tests.annotation.tracks.make_vectors import VECTORS, vectors

BOX = {"type": "Rectangle", "bbox": [10, 10, 20, 20]}
POINT = {"type": "Point", "coordinates": [5, 5]}
SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]]}
BOWTIE = {"type": "Polygon", "coordinates": [[[0, 0], [10, 10], [10, 0], [0, 10], [0, 0]]]}


def on(frame: Any, geometry: Any = BOX) -> dict[str, Any]:
    return {"frame": frame, "outside": False, "geometry": geometry}


def off(frame: int) -> dict[str, Any]:
    return {"frame": frame, "outside": True}


def track(*keyframes: Any, interpolation: Any = "linear") -> dict[str, Any]:
    return {"type": "Track", "interpolation": interpolation, "keyframes": list(keyframes)}


def code_of(value: object) -> tuple[str, str]:
    with pytest.raises(ShapeError) as caught:
        parse_track(value)
    return caught.value.code, caught.value.pointer


@pytest.mark.parametrize(
    ("value", "code", "pointer"),
    [
        (None, "geometry_malformed", ""),
        ({"type": "Track", "keyframes": [on(0)]}, "geometry_malformed", ""),
        (track(on(0)) | {"speed": 1}, "geometry_malformed", ""),
        (track(on(0), interpolation="cubic"), "geometry_malformed", "/interpolation"),
        (track(on(0), interpolation=[]), "geometry_malformed", "/interpolation"),
        (track(), "geometry_malformed", "/keyframes"),
        (track() | {"keyframes": {"0": on(0)}}, "geometry_malformed", "/keyframes"),
        (track("0"), "geometry_malformed", "/keyframes/0"),
        (track(on(0) | {"z": 1}), "geometry_malformed", "/keyframes/0"),
        (track(on(True)), "geometry_malformed", "/keyframes/0/frame"),
        (track(on(-1)), "geometry_malformed", "/keyframes/0/frame"),
        (track(on(1.0)), "geometry_malformed", "/keyframes/0/frame"),
        (track({"geometry": BOX}), "geometry_malformed", "/keyframes/0/frame"),
        (track(on(0) | {"outside": 1}), "geometry_malformed", "/keyframes/0/outside"),
        (track(on(0) | {"outside": True}), "geometry_malformed", "/keyframes/0/geometry"),
        (track({"frame": 0}), "geometry_malformed", "/keyframes/0/geometry"),
        (track(on(0, None)), "geometry_malformed", "/keyframes/0/geometry"),
        (track(on(0), on(4, BOWTIE)), "geometry_self_crossing", "/keyframes/1/geometry"),
        (track(on(0, track(on(0)))), "geometry_unknown_type", "/keyframes/0/geometry/type"),
        (track(on(3), on(3)), "track_order", "/keyframes/1/frame"),
        (track(on(3), off(2)), "track_order", "/keyframes/1/frame"),
        (track(off(0), off(5)), "track_empty", "/keyframes"),
        (track(on(0), on(1, POINT)), "track_mixed_shapes", "/keyframes/1/geometry/type"),
        (track(on(0), off(1), on(2, SQUARE)), "track_mixed_shapes", "/keyframes/2/geometry/type"),
        (track(*(off(frame) for frame in range(MAX_KEYFRAMES + 1))), "track_too_long", "/keyframes"),
    ],
)
def test_what_is_no_track_is_refused_with_its_place(value: object, code: str, pointer: str) -> None:
    assert code_of(value) == (code, pointer)


def test_the_vertices_of_all_keyframes_count_together() -> None:
    ring = [[float(x), float(x % 2)] for x in range(6000)]
    shape = {"type": "Polygon", "coordinates": [[*ring, [3000, 9000], ring[0]]]}
    assert code_of(track(*(on(frame, shape) for frame in range(4)))) == ("geometry_too_many_vertices", "/keyframes/3/geometry")


def test_a_track_is_written_as_it_came_and_stored_without_loss() -> None:
    two = {"type": "MultiPolygon", "coordinates": [SQUARE["coordinates"], [[[20, 0], [30, 0], [30, 9], [20, 0]]]]}
    value = track(on(2, SQUARE), off(5), on(7, two), off(9))
    made = parse_track(value)
    assert made.to_document() == value
    assert Track.from_storage(json.loads(json.dumps(made.plan())), made.wkb()) == made
    assert made.bounds == (0, 0, 30, 10)
    assert list(made.spans(20)) == [(2, 4), (7, 8)]
    assert (made.first_frame, made.last_frame(20)) == (2, 8)
    assert [(frame, shape.kind, is_key) for frame, shape, is_key in made.frames(20)] == [
        (2, "Polygon", True), (3, "Polygon", False), (4, "Polygon", False), (7, "MultiPolygon", True), (8, "MultiPolygon", False),
    ]  # fmt: skip


@pytest.mark.parametrize("change", [{"kind": None}, {"kind": "Polygon"}])
def test_a_plan_that_does_not_fit_its_shapes_is_refused(change: dict[str, Any]) -> None:
    made = parse_track(track(on(0), off(3)))
    plan = made.plan()
    plan["keyframes"][0 if change["kind"] is None else 1] |= change
    with pytest.raises(ShapeError):
        Track.from_storage(plan, made.wkb())


def test_without_an_end_a_track_goes_on_to_the_last_frame() -> None:
    open_end = parse_track(track(on(1), on(3, {"type": "Rectangle", "bbox": [20, 10, 30, 20]})))
    lefts = [(frame, shape.bounds[0], shape.bounds[2], is_key) for frame, shape, is_key in open_end.frames(6)]
    assert lefts == [(1, 10, 30, True), (2, 15, 40, False), (3, 20, 50, True), (4, 20, 50, False), (5, 20, 50, False)]
    held = parse_track(track(on(1), on(3, {"type": "Rectangle", "bbox": [20, 10, 30, 20]}), interpolation="none"))
    assert [shape.bounds[0] for _, shape, _ in held.frames(4)] == [10, 10, 20]


def test_the_vectors_are_what_the_method_gives() -> None:
    assert json.loads(VECTORS.read_text("utf-8")) == json.loads(json.dumps(vectors()))


POSITIONS = st.tuples(st.integers(0, 400), st.integers(0, 400))


@st.composite
def outlines(draw: st.DrawFn) -> Shape:
    """Hulls, stars, rings and several parts: what is drawn by hand, and worse."""
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        hull = shapely.MultiPoint(draw(st.lists(POSITIONS, min_size=3, max_size=12, unique=True))).convex_hull
        parts.append(hull.buffer(draw(st.sampled_from([0.125, 1, 7]))))
    whole = shapely.unary_union(parts)
    hole = shapely.Point(*draw(POSITIONS)).buffer(draw(st.integers(1, 60)))
    left = shapely.set_precision(shapely.difference(whole, hole), 0.125)
    polygons = [one for one in shapely.get_parts(left if left.area > 0 else whole) if one.geom_type == "Polygon" and one.area > 1]
    if not polygons:
        return parse_geometry(SQUARE)
    return normalise(Shape("MultiPolygon", shapely.MultiPolygon(polygons)))


@settings(max_examples=60, deadline=None)
@given(outlines(), outlines(), st.floats(0.01, 0.99))
def test_what_lies_between_two_outlines_never_crosses_itself(start: Shape, end: Shape, share: float) -> None:
    between = Between(start, end).at(share)
    assert parse_geometry(between.to_document()).geometry.is_valid
    assert normalise(between).to_document() == between.to_document()  # it is on the grid
    assert between.area <= 1.5 * shapely.unary_union([start.geometry, end.geometry]).convex_hull.area + 200


def test_the_area_between_two_discs_is_that_of_the_disc_between() -> None:
    small, large = (normalise(Shape("Polygon", shapely.Point(at, 200).buffer(radius, 64))) for at, radius in ((100, 40), (300, 80)))
    middle = Between(small, large).at(0.5)
    assert middle.area == pytest.approx(3.14159 * 60**2, rel=0.01)
    assert middle.centre == pytest.approx((200, 200), abs=0.5)
