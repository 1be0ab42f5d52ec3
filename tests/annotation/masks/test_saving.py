"""Masks through the save protocol: made, changed, repeated, refused, restored, and given out as they came."""

import json
import uuid
from typing import Any

import pytest

from annotation.models import Annotation, Read, Revision
from annotation.selectors.mark_lists import changes_since
from annotation.services.operations import apply_operations
from tests.annotation.marking.objects import body, decide, delete, make_campaign, make_image, make_read, make_suggestions, put, square
from tests.annotation.masks.pictures import mask_of_picture

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]
SMALL, LARGER = mask_of_picture(["##", "#."], 255, 10), mask_of_picture(["####", "#..#", "####"], 254, 255)


@pytest.fixture
def read() -> Read:
    return make_read()


def save(read: Read, *operations: dict[str, Any]) -> Any:
    (result,) = apply_operations(user=read.reader, read_id=read.pk, operations=list(operations)).results
    return result


def test_made_changed_deleted_restored(read: Read) -> None:
    mark_id = uuid.uuid4()
    made = save(read, put(mark_id, geometry=SMALL.to_body()))
    assert (made.status, made.annotation["geometry"]) == ("applied", SMALL.to_body())
    row = Annotation.objects.get(pk=mark_id)
    assert (row.geometry_kind, row.geometry_wkb) == ("Mask", None)
    assert (row.min_x_px, row.min_y_px, row.max_x_px, row.max_y_px) == (255, 10, 257, 12)
    assert save(read, put(mark_id, 1, geometry=LARGER.to_body())).annotation["geometry"] == LARGER.to_body()
    assert save(read, delete(mark_id, 2)).status == "applied"
    assert save(read, put(mark_id, 3, geometry=SMALL.to_body())).status == "applied"
    assert [row.body["geometry"] for row in Revision.objects.order_by("number")] == [
        each.to_body() for each in (SMALL, LARGER, LARGER, SMALL)
    ]
    assert json.loads(changes_since(read, None))["annotations"][0]["geometry"] == SMALL.to_body()


def test_an_outline_and_back(read: Read) -> None:
    mark_id = uuid.uuid4()
    for revision, geometry in enumerate([square(), SMALL.to_body(), square()]):
        assert save(read, put(mark_id, revision, geometry=geometry)).annotation["geometry"]["type"] == geometry["type"]
    row = Annotation.objects.get(pk=mark_id)
    assert (row.geometry_kind, row.mask) == ("Polygon", None)
    assert row.geometry_wkb is not None


def test_a_repeated_operation_is_answered(read: Read) -> None:
    operation = put(geometry=SMALL.to_body())
    assert save(read, operation).status == "applied"
    assert save(read, operation).status == "replayed"
    operation["annotation"]["geometry"] = LARGER.to_body()
    assert save(read, operation).error.code == "operation_id_reused"
    assert Annotation.objects.count() == 1


def test_refusals_name_the_place(read: Read) -> None:
    outside = save(read, put(geometry=mask_of_picture(["#"], 4000, 0).to_body()))
    assert (outside.error.code, outside.error.pointer) == ("geometry_outside_image", "/annotation/geometry")
    unsorted = SMALL.to_body() | {"tiles": SMALL.to_body()["tiles"][::-1]}
    wrong = save(read, put(geometry=unsorted))
    assert (wrong.error.code, wrong.error.pointer) == ("mask_malformed", "/annotation/geometry/tiles/1")
    box = save(read, put(geometry=SMALL.to_body(), granularity="box"))
    assert (box.error.code, box.error.pointer) == ("granularity_not_allowed", "/annotation/geometry/type")
    assert not Annotation.objects.exists()


def test_on_a_frame(read: Read) -> None:
    image = make_image(make_campaign().collection, kind="frames", frames=3, width=512, height=512)
    of_frames = make_read(make_campaign(image=image), image=image)
    assert save(of_frames, put(geometry=SMALL.to_body())).error.code == "frame_required"
    assert save(of_frames, put(geometry=SMALL.to_body(), frame=2)).annotation["frame"] == 2


def test_a_suggestion_edited_into_a_mask(read: Read) -> None:
    (suggestion,) = make_suggestions(read.campaign, read.image, [square()])
    said = body(geometry=SMALL.to_body(), origin="suggestion", suggestion_id=str(suggestion.pk))
    assert save(read, decide(suggestion, "relabel", uuid.uuid4(), annotation=said)).error.code == "verdict_mismatch"
    edited = save(read, decide(suggestion, "edit", uuid.uuid4(), annotation=said))
    assert (edited.status, edited.annotation["geometry"]) == ("applied", SMALL.to_body())
