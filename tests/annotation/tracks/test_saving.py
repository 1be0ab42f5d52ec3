"""Tracks through the save protocol: one mark with all of its keyframes."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import F, Q

from annotation.models import Annotation, Read, Revision
from annotation.services.operations import OperationsResult, apply_operations
from tests.annotation.marking.objects import delete, make_campaign, make_collection, make_image, make_read, put
from tests.annotation.tracks.test_schema import BOX, POINT, SQUARE, off, on, track

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]
Save = Callable[..., OperationsResult]


def read_of(kind: str = "frames", frames: int = 20) -> Read:
    image = make_image(make_collection(), kind=kind, width=512, height=512, frames=frames)
    return make_read(make_campaign(image=image, granularities=["region", "box", "point", "cell", "tissue", "diagnosis"]), image=image)


@pytest.fixture
def read() -> Read:
    return read_of()


@pytest.fixture
def save(read: Read) -> Save:
    return lambda *operations: apply_operations(user=read.reader, read_id=read.pk, operations=operations)


def put_track(geometry: dict[str, Any], mark_id: Any = None, base: int = 0, **changes: Any) -> dict[str, Any]:
    first = next(keyframe["frame"] for keyframe in geometry["keyframes"] if not keyframe["outside"])
    return put(mark_id, base, **({"granularity": "box", "frame": first, "geometry": geometry} | changes))


def test_a_track_is_one_mark_with_its_history(save: Save, read: Read) -> None:
    mark_id = uuid.uuid4()
    first, second = track(on(2)), track(on(2), on(9, {"type": "Rectangle", "bbox": [30.1, 10, 20, 20]}), off(12))
    operation = put_track(second, mark_id, 1)
    results = save(
        put_track(first, mark_id), operation, operation, put_track(first, mark_id, 1), delete(mark_id, 2), put_track(first, mark_id, 3)
    ).results
    assert [result.status for result in results] == ["applied", "applied", "replayed", "conflict", "applied", "applied"]
    stored = results[1].annotation
    assert stored is not None
    assert stored["frame"] == 2
    assert stored["geometry"]["keyframes"][1]["geometry"]["bbox"] == [30.125, 10, 20, 20]
    assert results[2].annotation == stored
    bodies = [revision.body["geometry"] for revision in Revision.objects.filter(annotation_id=mark_id).order_by("number")]
    assert bodies == [first, stored["geometry"], stored["geometry"], first]


def test_the_row_tells_on_which_frames_a_track_is(save: Save, read: Read) -> None:
    save(
        put_track(track(on(2), on(9, {"type": "Rectangle", "bbox": [100, 10, 20, 20]}), off(12))),
        put_track(track(on(15))),
        put(granularity="box", frame=4, geometry=BOX),
    )
    rows = Annotation.objects.order_by("sequence")
    assert [(row.frame, row.last_frame, row.geometry_kind) for row in rows] == [(2, 11, "Track"), (15, 19, "Track"), (4, None, "Rectangle")]
    assert (rows[0].min_x_px, rows[0].max_x_px) == (10, 120)

    def on_frame(frame: int) -> list[int]:
        held = Q(last_frame__gte=frame) | Q(last_frame=None, frame=frame)
        return list(rows.filter(held, frame__lte=frame).values_list(F("sequence"), flat=True))

    assert [on_frame(frame) for frame in (1, 4, 11, 12, 19)] == [[], [1, 3], [1], [], [2]]


def test_a_track_becomes_a_plain_mark_again(save: Save) -> None:
    mark_id = uuid.uuid4()
    save(put_track(track(on(2)), mark_id))
    save(put(mark_id, 1, granularity="box", frame=2, geometry=BOX))
    row = Annotation.objects.get(pk=mark_id)
    assert (row.geometry_kind, row.track, row.last_frame) == ("Rectangle", None, None)


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"geometry": track(on(2), on(1))}, "track_order", "/annotation/geometry/keyframes/1/frame"),
        ({"geometry": track(on(2), off(20))}, "frame_outside_image", "/annotation/geometry/keyframes/1/frame"),
        (
            {"geometry": track(on(2), on(3, {"type": "Rectangle", "bbox": [500, 500, 13, 2]}))},
            "geometry_outside_image",
            "/annotation/geometry/keyframes/1/geometry",
        ),
        ({"geometry": track(on(2)), "frame": None}, "frame_required", "/annotation/frame"),
        ({"geometry": track(on(2)), "frame": 3}, "track_frame", "/annotation/frame"),
        ({"geometry": track(on(2)), "granularity": "region"}, "granularity_not_allowed", "/annotation/geometry/keyframes/0/geometry/type"),
        (
            {"geometry": track(on(2, POINT)), "granularity": "box"},
            "granularity_not_allowed",
            "/annotation/geometry/keyframes/0/geometry/type",
        ),
        ({"geometry": track(on(2, SQUARE)), "granularity": "cell"}, "granularity_not_allowed", "/annotation/geometry/type"),
        (
            {"geometry": track(on(2, SQUARE)), "granularity": "diagnosis"},
            "granularity_not_allowed",
            "/annotation/geometry/keyframes/0/geometry/type",
        ),
    ],
)
def test_what_does_not_fit_the_image_is_refused_and_the_rest_is_saved(save: Save, changes: dict[str, Any], code: str, pointer: str) -> None:
    refused, kept = save(put(**({"granularity": "box", "frame": 2} | changes)), put_track(track(on(0)))).results
    assert refused.error is not None
    assert (refused.status, refused.error.code, refused.error.pointer) == ("rejected", code, pointer)
    assert kept.status == "applied"


@pytest.mark.parametrize("granularity", ["region", "tissue"])
def test_outlines_may_change_their_number_of_parts(save: Save, granularity: str) -> None:
    two = {"type": "MultiPolygon", "coordinates": [SQUARE["coordinates"], [[[20, 0], [30, 0], [30, 9], [20, 0]]]]}
    (result,) = save(put_track(track(on(0, SQUARE), on(4, two)), granularity=granularity)).results
    assert result.status == "applied"


def test_an_image_without_frames_has_no_tracks() -> None:
    read = read_of("slide", 1)
    (result,) = apply_operations(
        user=read.reader, read_id=read.pk, operations=[put(granularity="box", frame=None, geometry=track(on(0)))]
    ).results
    assert result.error is not None
    assert (result.error.code, result.error.pointer) == ("track_needs_frames", "/annotation/geometry/type")
