"""Saving marks: create, change, delete, restore, repeat, conflict; and that a refusal leaves nothing behind."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction

from annotation.events import AnnotationsChanged, subscribe
from annotation.models import Annotation, Read, Revision
from annotation.services.operations import OperationsResult, apply_operations
from tests.annotation.marking.objects import (
    body,
    delete,
    diagnosis,
    make_campaign,
    make_collection,
    make_image,
    make_read,
    make_user,
    operation,
    put,
    square,
)
from viewer.api.errors import ApiError

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]
Save = Callable[..., OperationsResult]


def one(outcome: OperationsResult) -> tuple[str, str]:
    (result,) = outcome.results
    return result.status, result.error.code if result.error else ""


def test_a_mark_is_made_changed_deleted_and_restored(save: Save, read: Read) -> None:
    mark_id = uuid.uuid4()
    made = save(put(mark_id))
    changed = save(put(mark_id, 1, labels=["stroma"]))
    deleted = save(delete(mark_id, 2))
    restored = save(put(mark_id, 3, labels=["stroma"]))
    assert [one(outcome) for outcome in (made, changed, deleted, restored)] == [("applied", "")] * 4
    assert [outcome.sequence for outcome in (made, changed, deleted, restored)] == [1, 2, 3, 4]
    history = Revision.objects.filter(annotation_id=mark_id).order_by("number")
    assert [(row.number, row.sequence, row.verb, row.body["deleted"]) for row in history] == [
        (1, 1, "create", False),
        (2, 2, "update", False),
        (3, 3, "delete", True),
        (4, 4, "restore", False),
    ]
    row = Annotation.objects.get(pk=mark_id)
    assert (row.revision, row.sequence, row.deleted, row.labels) == (4, 4, False, ["stroma"])
    assert (row.min_x_px, row.min_y_px, row.max_x_px, row.max_y_px) == (100, 100, 150, 150)
    read.refresh_from_db()
    assert read.sequence == 4


def test_the_answer_is_the_canonical_form(save: Save) -> None:
    geometry = square(10.03, 10.03, 20.04)
    (result,) = save(put(geometry=geometry, text="辺縁不整")).results
    assert result.annotation is not None
    assert result.annotation["geometry"]["coordinates"][0][0] == [10.0, 10.0]
    assert result.annotation["geometry"]["coordinates"][0][2] == [30.125, 30.125]
    assert result.annotation["text"] == "辺縁不整"
    assert result.annotation["revision"] == 1
    assert result.annotation == Revision.objects.get().body


def test_a_repetition_is_answered_and_not_applied_again(save: Save) -> None:
    mark_id = uuid.uuid4()
    create, change, remove = put(mark_id), put(mark_id, 1, labels=["stroma"]), delete(mark_id, 2)
    first = [save(each) for each in (create, change, remove)]
    again = [save(each) for each in (create, change, remove)]
    for before, after in zip(first, again, strict=True):
        assert one(after) == ("replayed", "")
        assert after.results[0].annotation == before.results[0].annotation
    assert Revision.objects.count() == 3
    assert again[-1].sequence == 3


def test_a_repetition_within_one_request(save: Save) -> None:
    create = put()
    outcome = save(create, create)
    assert [result.status for result in outcome.results] == ["applied", "replayed"]
    assert outcome.sequence == 1


@pytest.mark.parametrize(
    "change",
    [
        {"labels": ["stroma"]},
        {"text": "another"},
        {"geometry": square(200)},
        {"active_seconds": 3},
        {"labels": ["nothing-known"]},
        {"certainty": "probable"},
    ],
)
def test_an_operation_id_is_used_once(save: Save, change: dict[str, object]) -> None:
    create = put()
    save(create)
    other = create | {"annotation": body(**change)}
    assert one(save(other)) == ("rejected", "operation_id_reused")
    assert one(save(create | {"annotation_id": str(uuid.uuid4())})) == ("rejected", "operation_id_reused")
    assert one(save(create | {"verb": "delete", "annotation": None, "base_revision": 1})) == ("rejected", "operation_id_reused")
    assert Revision.objects.count() == 1


def test_an_operation_id_of_another_read_tells_nothing(save: Save) -> None:
    other = make_read()
    theirs = put()
    apply_operations(user=other.reader, read_id=other.pk, operations=[theirs])
    (result,) = save(theirs).results
    assert (result.status, result.annotation) == ("rejected", None)
    assert result.error is not None
    assert result.error.code == "operation_id_reused"


def test_a_stale_revision_conflicts_and_shows_what_is_there(save: Save) -> None:
    mark_id = uuid.uuid4()
    save(put(mark_id))
    save(put(mark_id, 1, text="first window"))
    (result,) = save(put(mark_id, 1, text="second window")).results
    assert result.status == "conflict"
    assert result.annotation is not None
    assert (result.annotation["revision"], result.annotation["text"]) == (2, "first window")
    assert result.error is not None
    assert result.error.code == "stale_revision"
    assert one(save(put(mark_id, 0))) == ("conflict", "stale_revision")
    assert one(save(put(mark_id, 7))) == ("conflict", "stale_revision")
    assert one(save(delete(mark_id, 1))) == ("conflict", "stale_revision")


def test_a_deleted_mark_stays_deleted_unless_it_is_restored_knowingly(save: Save) -> None:
    mark_id = uuid.uuid4()
    save(put(mark_id), delete(mark_id, 1))
    assert one(save(put(mark_id, 1))) == ("conflict", "stale_revision")
    assert one(save(put(mark_id, 0))) == ("conflict", "stale_revision")
    assert one(save(delete(mark_id, 2))) == ("conflict", "already_deleted")
    assert Annotation.objects.get(pk=mark_id).deleted
    assert one(save(put(mark_id, 2))) == ("applied", "")


def test_a_mark_of_another_read_does_not_exist_here(save: Save, read: Read) -> None:
    other = make_read(read.campaign)
    mark_id = uuid.uuid4()
    apply_operations(user=other.reader, read_id=other.pk, operations=[put(mark_id)])
    for attempt in (put(mark_id), put(mark_id, 1), delete(mark_id, 1)):
        (result,) = save(attempt).results
        assert (result.status, result.annotation) == ("rejected", None)
        assert result.error is not None
        assert result.error.code == "not_found"
    assert one(save(put(uuid.uuid4(), 1))) == ("rejected", "not_found")
    assert one(save(delete(uuid.uuid4(), 1))) == ("rejected", "not_found")


BOW_TIE = {"type": "Polygon", "coordinates": [[[0, 0], [10, 10], [10, 0], [0, 10], [0, 0]]]}
NAN = {"type": "Point", "coordinates": [float("nan"), 1]}
INFINITE = {"type": "Rectangle", "bbox": [0, 0, float("inf"), 1]}
HUGE = {"type": "Polygon", "coordinates": [[[x % 3000, x // 3000] for x in range(20_001)] + [[0, 0]]]}


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"geometry": BOW_TIE}, "geometry_self_crossing", "/annotation/geometry"),
        ({"geometry": NAN, "granularity": "point"}, "geometry_not_finite", "/annotation/geometry/coordinates/0"),
        ({"geometry": INFINITE, "granularity": "box"}, "geometry_not_finite", "/annotation/geometry/bbox/2"),
        ({"geometry": square(3990)}, "geometry_outside_image", "/annotation/geometry"),
        ({"geometry": square(-0.05)}, "geometry_outside_image", "/annotation/geometry"),
        ({"geometry": HUGE}, "geometry_too_many_vertices", "/annotation/geometry/coordinates/0"),
        ({"geometry": None}, "geometry_required", "/annotation/geometry"),
        ({"geometry": {"type": "Circle"}}, "geometry_unknown_type", "/annotation/geometry/type"),
        ({"geometry": {"type": "Rectangle", "bbox": [1, 1, 5, 5]}}, "granularity_not_allowed", "/annotation/geometry/type"),
        ({"granularity": "tissue"}, "granularity_not_allowed", "/annotation/granularity"),
        ({"granularity": "galaxy"}, "granularity_not_allowed", "/annotation/granularity"),
        ({"labels": ["unknown"]}, "unknown_label", "/annotation/labels/0"),
        ({"labels": ["tumour", "carcinoma"]}, "label_not_allowed", "/annotation/labels/1"),
        ({"labels": []}, "label_missing", "/annotation/labels"),
        ({"labels": ["tumour", "tumour"]}, "operation_malformed", "/annotation/labels"),
        ({"labels": "tumour"}, "operation_malformed", "/annotation/labels"),
        ({"frame": 0}, "frame_outside_image", "/annotation/frame"),
        ({"frame": -1}, "operation_malformed", "/annotation/frame"),
        ({"frame": True}, "operation_malformed", "/annotation/frame"),
        ({"certainty": "sure"}, "unknown_certainty", "/annotation/certainty"),
        ({"basis": [{"method": "gut", "status": "confirmed"}]}, "unknown_basis", "/annotation/basis/0/method"),
        ({"basis": [{"method": "CT", "status": "maybe"}]}, "unknown_basis", "/annotation/basis/0/status"),
        ({"basis": [{"method": "CT"}]}, "operation_malformed", "/annotation/basis/0"),
        ({"text": "x" * 10_001}, "text_too_long", "/annotation/text"),
        ({"form": {"eye": "R"}}, "form_not_asked", "/annotation/form"),
        ({"form": []}, "operation_malformed", "/annotation/form"),
        ({"origin": "suggestion"}, "decision_required", "/annotation/origin"),
        ({"origin": "oracle"}, "operation_malformed", "/annotation/origin"),
        ({"active_seconds": float("inf")}, "operation_malformed", "/annotation/active_seconds"),
        ({"active_seconds": -1}, "operation_malformed", "/annotation/active_seconds"),
        ({"colour": "red"}, "operation_malformed", "/annotation/colour"),
    ],
)
def test_what_a_mark_may_not_say(save: Save, changes: dict[str, object], code: str, pointer: str) -> None:
    (result,) = save(put(**changes)).results
    assert result.status == "rejected"
    assert result.error is not None
    assert (result.error.code, result.error.pointer) == (code, pointer)
    assert str(result.error.text)
    assert str(result.error.hint)
    assert not Annotation.objects.exists()
    assert not Revision.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"operation_id": "1"}, "/operation_id"),
        ({"operation_id": None}, "/operation_id"),
        ({"verb": "merge"}, "/verb"),
        ({"verb": ["put"]}, "/verb"),
        ({"annotation_id": None}, "/annotation_id"),
        ({"annotation_id": 5}, "/annotation_id"),
        ({"base_revision": "1"}, "/base_revision"),
        ({"base_revision": 2**40}, "/base_revision"),
        ({"annotation": None}, "/annotation"),
        ({"annotation": []}, "/annotation"),
        ({"verdict": "accept"}, "/verdict"),
        ({"suggestion_id": str(uuid.uuid4())}, "/suggestion_id"),
        ({"reason": "x" * 501}, "/reason"),
        ({"priority": 1}, "/priority"),
    ],
)
def test_what_is_no_operation(save: Save, wrong: dict[str, object], pointer: str) -> None:
    (result,) = save(put() | wrong).results
    assert result.error is not None
    assert (result.status, result.error.code, result.error.pointer) == ("rejected", "operation_malformed", pointer)


@pytest.mark.parametrize("value", [None, 1, "put", [], {}, {"verb": "put"}])
def test_what_is_nothing_at_all(save: Save, value: object) -> None:
    assert one(save(value)) == ("rejected", "operation_malformed")


def test_a_delete_needs_a_revision_and_no_mark(save: Save) -> None:
    mark_id = uuid.uuid4()
    save(put(mark_id))
    assert one(save(delete(mark_id, 0))) == ("rejected", "operation_malformed")
    assert one(save(delete(mark_id, 1) | {"annotation": body()})) == ("rejected", "operation_malformed")


def test_three_bad_ones_do_not_hold_up_two_hundred(save: Save, read: Read) -> None:
    operations = [put(geometry=square(10 + number * 10, 10, 5)) for number in range(200)]
    operations[10]["annotation"]["geometry"] = BOW_TIE
    operations[77]["annotation"]["labels"] = ["unknown"]
    operations[199]["base_revision"] = 4
    outcome = save(*operations)
    refused = {index: result.error.code for index, result in enumerate(outcome.results) if result.error}
    assert refused == {10: "geometry_self_crossing", 77: "unknown_label", 199: "not_found"}
    assert outcome.sequence == 197
    assert list(Revision.objects.order_by("sequence").values_list("sequence", flat=True)) == list(range(1, 198))
    assert [result.operation_id for result in outcome.results] == [each["operation_id"] for each in operations]


def test_more_than_two_hundred_are_refused_as_a_whole(save: Save) -> None:
    with pytest.raises(ApiError) as refused:
        save(*[put() for _number in range(201)])
    assert (refused.value.code, refused.value.status_code) == ("too_many_operations", 413)
    assert not Annotation.objects.exists()


def test_one_diagnosis_of_the_image(save: Save) -> None:
    first = uuid.uuid4()
    save(put(first, said=diagnosis()))
    assert one(save(put(said=diagnosis(text="second")))) == ("rejected", "diagnosis_exists")
    assert one(save(put(first, 1, said=diagnosis(text="changed")))) == ("applied", "")
    second = uuid.uuid4()
    save(delete(first, 2), put(second, said=diagnosis()))
    assert one(save(put(first, 3, said=diagnosis()))) == ("rejected", "diagnosis_exists")
    mark = uuid.uuid4()
    save(put(mark))
    assert one(save(put(mark, 1, said=diagnosis()))) == ("rejected", "diagnosis_exists")


def test_a_diagnosis_may_be_saved_before_its_label_is_chosen(save: Save) -> None:
    unfinished = diagnosis(certainty="probable") | {"labels": []}
    assert one(save(put(said=unfinished))) == ("applied", "")


def test_frames_count_from_zero_and_name_their_instance() -> None:
    image = make_image(make_collection(), kind="frames", frames=3, instances=3)
    read = make_read(make_campaign(image=image))

    def save(**changes: object) -> OperationsResult:
        return apply_operations(user=read.reader, read_id=read.pk, operations=[put(**changes)])

    assert one(save(frame=2)) == ("applied", "")
    assert one(save(frame=3)) == ("rejected", "frame_outside_image")
    assert one(save(frame=None)) == ("rejected", "frame_required")
    assert one(save(said=diagnosis())) == ("applied", "")
    last = image.instances.get(instance_number=3)
    assert Annotation.objects.get(frame=2).sop_instance_uid == last.sop_instance_uid


def test_a_mark_on_a_slide_with_planes_of_focus_lies_on_one_of_them_or_on_all() -> None:
    image = make_image(make_collection(), kind="slide", frames=3)
    read = make_read(make_campaign(image=image))
    for frame, said in ((2, ("applied", "")), (None, ("applied", "")), (3, ("rejected", "frame_outside_image"))):
        assert one(apply_operations(user=read.reader, read_id=read.pk, operations=[put(frame=frame)])) == said
    assert set(Annotation.objects.values_list("frame", "sop_instance_uid")) == {(2, ""), (None, "")}


def test_a_mark_on_a_video_names_its_frame() -> None:
    read = make_read(make_campaign(image=make_image(make_collection(), kind="video", frames=3)))

    def save(**changes: object) -> OperationsResult:
        return apply_operations(user=read.reader, read_id=read.pk, operations=[put(**changes)])

    assert one(save(frame=2)) == ("applied", "")
    assert one(save(frame=3)) == ("rejected", "frame_outside_image")
    assert one(save(frame=None)) == ("rejected", "frame_required")


def test_a_submitted_read_takes_nothing_and_still_answers_repetitions(save: Save, read: Read) -> None:
    create = put()
    save(create)
    Read.objects.filter(pk=read.pk).update(state="submitted")
    assert one(save(create)) == ("replayed", "")
    assert one(save(put())) == ("rejected", "read_submitted")
    assert one(save(delete(create["annotation_id"], 1))) == ("rejected", "read_submitted")


def test_only_the_reader_writes(read: Read) -> None:
    stranger, colleague = make_user("stranger"), make_read(read.campaign).reader
    manager = read.campaign.created_by
    for user, code in ((stranger, "not_found"), (colleague, "not_found"), (manager, "not_your_read")):
        with pytest.raises(ApiError) as refused:
            apply_operations(user=user, read_id=read.pk, operations=[put()])
        assert refused.value.code == code
    with pytest.raises(ApiError) as refused:
        apply_operations(user=read.reader, read_id=uuid.uuid4(), operations=[put()])
    assert refused.value.code == "not_found"


def test_a_reader_who_was_removed_writes_no_more(read: Read) -> None:
    from guardian.shortcuts import remove_perm

    remove_perm("annotation.read_campaign", read.reader, read.campaign)
    reader = User.objects.get(pk=read.reader_id)
    with pytest.raises(ApiError) as refused:
        apply_operations(user=reader, read_id=read.pk, operations=[put()])
    assert refused.value.code == "reading_not_allowed"


def test_two_readers_on_one_image_do_not_meet(read: Read) -> None:
    other = make_read(read.campaign)
    for each in (read, other):
        outcome = apply_operations(user=each.reader, read_id=each.pk, operations=[put(), put(said=diagnosis())])
        assert [result.status for result in outcome.results] == ["applied", "applied"]
    assert read.annotations.count() == other.annotations.count() == 2
    assert Revision.objects.filter(read=read).count() == 2


def test_what_is_applied_is_told_once_after_the_commit(
    save: Save, read: Read, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    told: list[AnnotationsChanged] = []
    subscribe(AnnotationsChanged, told.append)
    with django_capture_on_commit_callbacks(execute=True):
        save(put(), put(), put(labels=["unknown"]))
        assert told == []
    mine = [event for event in told if event.read_id == read.pk]
    assert mine == [AnnotationsChanged(read_id=read.pk, campaign_id=read.campaign_id, sequence=2)]
    with django_capture_on_commit_callbacks(execute=True):
        save(put(labels=["unknown"]))
    assert len([event for event in told if event.read_id == read.pk]) == 1


@pytest.mark.parametrize("statement", ["UPDATE annotation_revision SET verb = 'update'", "DELETE FROM annotation_revision"])
def test_history_refuses_raw_sql(save: Save, statement: str) -> None:
    save(put())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Revision.objects.get().verb == "create"


def test_unknown_verbs_of_an_operation_are_not_guessed(save: Save) -> None:
    assert one(save(operation("restore", uuid.uuid4(), 1))) == ("rejected", "operation_malformed")
