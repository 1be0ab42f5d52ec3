"""Lists of marks say of each mark, byte for byte, what its revisions say of it; and they are found without reading rows elsewhere."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import shapely
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.renderers import JSONRenderer

from annotation.models import Annotation, Read, Report
from annotation.schema.masks import Mask
from annotation.schema.shapes import Shape, normalise, parse_geometry
from annotation.schema.tracks import Track, parse_track
from annotation.selectors import mark_lists
from annotation.selectors.annotations import annotation_json
from annotation.selectors.mark_lists import Box, changes_since, marks_in_view
from annotation.services.mark_checks import shape_columns
from tests.annotation.marking.objects import make_suggestions, square
from tests.annotation.masks.pictures import mask_of_picture
from tests.annotation.tracks.test_schema import POINT, off, on, track

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]

EVERYWHERE = Box(-1e9, -1e9, 1e9, 1e9)
HOLED = {"type": "Polygon", "coordinates": [square(side=90)["coordinates"][0], square(120, 120, 9.125)["coordinates"][0]]}
TWO = {"type": "MultiPolygon", "coordinates": [HOLED["coordinates"], square(12_345.5, 0.25)["coordinates"]]}
BOX = {"type": "Rectangle", "bbox": [10.125, 20, 30, 0.5]}
# What would be taken for the place of a geometry, if it were one, and what JavaScript takes for the end of a line.
WORDS = 'a "geometry":NaN \\ \u2028\u2029 \n 胃生検 😀'


def shaped(value: dict[str, Any]) -> dict[str, Any]:
    return shape_columns(normalise(parse_geometry(value)))


def masked(mask: Mask) -> dict[str, Any]:
    return shape_columns(mask) | {"mask": mask.to_bytes()}


def tracked(value: Track, last_frame: int) -> dict[str, Any]:
    return shape_columns(value) | {"track": value.plan(), "frame": value.first_frame, "last_frame": last_frame}


def every_kind(read: Read) -> list[dict[str, Any]]:
    """Columns of marks of all kinds, in all ways in which their members differ."""
    (suggestion,) = make_suggestions(read.campaign, read.image, [square()])
    report = Report.objects.create(study=read.image.series.study, kind="pathology", created_by=read.reader)
    span = {"digest": "0" * 64, "start": 3, "end": 9, "polarity": "affirmed", "coding": None}
    layer = {"number": 7, "layer_id": str(uuid.uuid4())}
    form = {"geometry": WORDS, WORDS: [1, 2.5, None, True, {"b": 1, "a": 0.1, "z": 10**30}]}
    return [
        shaped(POINT),
        shaped(BOX) | {"granularity": "box", "text": WORDS, "labels": []},
        shaped(square()) | {"labels": ["tumour", "stroma", "腫瘍"], "form_data": form},
        shaped(HOLED) | {"certainty": "probable", "basis": [{"method": "CT", "status": "pending"}]},
        shaped(TWO) | {"origin": "suggestion", "suggestion": suggestion, "active_seconds": 12.0625},
        shape_columns(Shape("Polygon", shapely.box(0.1, 0.2, 5, 6))) | {"origin": "import"},  # off the grid
        masked(mask_of_picture(["##", "#."], 255, 10)),
        masked(mask_of_picture(["####", "#..#", "####"], 254, 255)) | {"deleted": True},
        tracked(parse_track(track(on(2), on(9, BOX), off(12))), 11),
        tracked(parse_track(track(on(0, square()), off(3), on(5, TWO), interpolation="none")), 19) | {"deleted": True},
        {"granularity": "diagnosis", "frame": 3, "sop_instance_uid": "1.2.3"},
        {"granularity": "exam", "cites": [{"image_id": str(uuid.uuid4()), "frame": None, "annotation_id": None}]},
        {"granularity": "report", "report": report, "span": span},
        shaped(square()) | {"cell": layer, "granularity": "cell"},
        shaped(square()) | {"deleted": True, "frame": 4},
    ]


@pytest.fixture
def marks(read: Read) -> list[Annotation]:
    at = datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)
    made = []
    for number, columns in enumerate(every_kind(read), 1):
        plain = {"granularity": "region", "labels": ["tumour"], "revision": number, "sequence": number}
        instants = {"created_at": at, "updated_at": at + timedelta(microseconds=number * 1_000)}
        made.append(Annotation.objects.create(id=uuid.uuid4(), read=read, **plain | instants | columns))
    read.sequence = len(made)
    read.save(update_fields=["sequence"])
    return [Annotation.objects.get(pk=mark.pk) for mark in made]


def as_before(read: Read, marks: list[Annotation], **more: Any) -> str:
    """What the answer is, made mark by mark."""
    said = {"sequence": read.sequence, "annotations": [annotation_json(mark, reader_id=read.reader_id) for mark in marks], **more}
    return bytes(JSONRenderer().render(said)).decode()


@pytest.mark.parametrize("at_once", [1, 4, 500])
def test_marks_of_every_kind(read: Read, marks: list[Annotation], monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(mark_lists, "_ROWS_AT_ONCE", at_once)
    live = [mark for mark in marks if not mark.deleted]
    assert changes_since(read, None) == as_before(read, live)
    assert changes_since(read, 0) == as_before(read, marks)
    assert changes_since(read, 6) == as_before(read, marks[6:])
    assert changes_since(read, len(marks)) == as_before(read, [])
    on_image = [mark for mark in live if mark.min_x_px is not None]
    assert len(on_image) == 9
    assert marks_in_view(read, box_px=EVERYWHERE) == as_before(read, on_image, next=None)
    assert marks_in_view(read, box_px=Box(-9, -9, -8, -8)) == as_before(read, [], next=None)


def test_marks_on_a_frame(read: Read, marks: list[Annotation]) -> None:
    crossing = [mark for mark in marks if mark.last_frame == 11]
    for frame, expected in ((1, []), (2, crossing), (7, crossing), (11, crossing), (12, []), (4, crossing)):
        assert marks_in_view(read, box_px=EVERYWHERE, frame=frame) == as_before(read, expected, next=None)


def test_the_bytes_of_the_api(read: Read, marks: list[Annotation], client_of: Any) -> None:
    answer = client_of(read.reader).get(f"/api/reads/{read.pk}/annotations/?since=0")
    assert (answer["Content-Type"], answer.content.decode()) == ("application/json", as_before(read, marks))
    assert [mark["id"] for mark in answer.json()["annotations"]] == [str(mark.pk) for mark in marks]
    refused = client_of(read.reader).get(f"/api/reads/{read.pk}/annotations/", headers={"Accept": "text/csv"})
    assert refused.status_code == 406


def test_marks_of_another_read_are_not_in_it(read: Read, marks: list[Annotation]) -> None:
    other = Read.objects.create(campaign=read.campaign, image=read.image, reader=read.campaign.created_by, sequence=1)
    columns = shaped(square()) | {"granularity": "region", "created_at": marks[0].created_at, "updated_at": marks[0].updated_at}
    mark = Annotation.objects.create(id=uuid.uuid4(), read=other, sequence=1, **columns)
    assert json.loads(marks_in_view(other, box_px=EVERYWHERE))["annotations"] == [annotation_json(mark, reader_id=other.reader_id)]
    assert str(mark.pk) not in marks_in_view(read, box_px=EVERYWHERE)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a plan of PostgreSQL on a small table says nothing")
@pytest.mark.parametrize("frame", [None, 3])
@pytest.mark.parametrize("analysed", [False, True])
def test_places_are_found_in_the_index_alone(read: Read, marks: list[Annotation], frame: int | None, analysed: bool) -> None:
    with CaptureQueriesContext(connection) as queries:
        marks_in_view(read, box_px=EVERYWHERE, frame=frame)
    assert len(queries) == 2
    with connection.cursor() as cursor:
        if analysed:
            cursor.execute("ANALYZE")
        cursor.execute(f"EXPLAIN QUERY PLAN {queries[-1]['sql']}")
        plan = " / ".join(row[-1] for row in cursor.fetchall())
    assert "USING COVERING INDEX annotation_in_order (read_id=? AND sequence>?)" in plan, plan
