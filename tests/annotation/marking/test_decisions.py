"""Deciding on suggestions: the decision and the mark are one; what the verdict says is what happened."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction

from annotation.models import Annotation, Decision, Exposure, Read, Revision, Suggestion
from annotation.services.operations import OperationsResult
from tests.annotation.marking.objects import body, decide, delete, make_campaign, make_suggestions, now, put, square

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]
Save = Callable[..., OperationsResult]


@pytest.fixture
def suggestion(read: Read) -> Suggestion:
    return make_suggestions(read.campaign, read.image, [square()])[0]


def code_of(outcome: OperationsResult) -> str:
    (result,) = outcome.results
    return result.error.code if result.error else result.status


def test_accepting_stores_the_decision_and_the_mark(save: Save, read: Read, suggestion: Suggestion) -> None:
    shown_at = now()
    Exposure.objects.create(read=read, suggestion=suggestion, shown_at=shown_at)
    mark_id = uuid.uuid4()
    accept = decide(suggestion, "accept", mark_id, annotation=body(origin="suggestion", suggestion_id=str(suggestion.pk)))
    assert code_of(save(accept)) == "applied"
    mark = Annotation.objects.get(pk=mark_id)
    assert (mark.origin, mark.suggestion_id, mark.revision, mark.sequence) == ("suggestion", suggestion.pk, 1, 1)
    decision = Decision.objects.get()
    assert (decision.verdict, decision.annotation_id, decision.shown_at, decision.author) == ("accept", mark_id, shown_at, read.reader)
    assert str(decision.operation_id) == str(Revision.objects.get().operation_id) == accept["operation_id"]
    assert code_of(save(accept)) == "replayed"
    assert Decision.objects.count() == Revision.objects.count() == 1


def test_accepting_without_a_mark_takes_the_suggestion_as_it_is(save: Save, suggestion: Suggestion) -> None:
    accept = decide(suggestion, "accept", uuid.uuid4())
    (result,) = save(accept).results
    assert result.annotation is not None
    assert (result.annotation["geometry"], result.annotation["labels"]) == (square(), ["tumour"])
    assert code_of(save(accept)) == "replayed"
    assert code_of(save(accept | {"verdict": "edit", "annotation": body()})) == "operation_id_reused"


def test_rejecting_stores_a_decision_only(save: Save, read: Read, suggestion: Suggestion) -> None:
    reject = decide(suggestion, "reject", reason="artefact")
    outcome = save(reject)
    assert (code_of(outcome), outcome.sequence, outcome.results[0].annotation) == ("applied", 1, None)
    assert code_of(save(reject)) == "replayed"
    assert code_of(save(reject | {"reason": "other"})) == "operation_id_reused"
    assert Decision.objects.get().reason == "artefact"
    assert not Annotation.objects.exists()
    read.refresh_from_db()
    assert read.sequence == 1


@pytest.mark.parametrize(
    ("verdict", "changes", "code"),
    [
        ("accept", {"geometry": square(101)}, "verdict_mismatch"),
        ("accept", {"labels": ["stroma"]}, "verdict_mismatch"),
        ("relabel", {"labels": ["stroma"]}, "applied"),
        ("relabel", {"geometry": square(101)}, "verdict_mismatch"),
        ("edit", {"geometry": square(101), "labels": ["stroma"]}, "applied"),
        ("edit", {"labels": ["unknown"]}, "unknown_label"),
    ],
)
def test_the_verdict_says_what_changed(save: Save, suggestion: Suggestion, verdict: str, changes: dict[str, object], code: str) -> None:
    outcome = save(decide(suggestion, verdict, uuid.uuid4(), annotation=body(**changes)))
    assert code_of(outcome) == code
    applied = code == "applied"
    assert (Decision.objects.count(), Annotation.objects.count(), outcome.sequence) == ((1, 1, 1) if applied else (0, 0, 0))


def test_a_suggestion_becomes_one_mark(save: Save, suggestion: Suggestion) -> None:
    mark_id = uuid.uuid4()
    save(decide(suggestion, "accept", mark_id))
    assert code_of(save(decide(suggestion, "accept", uuid.uuid4()))) == "already_decided"
    assert code_of(save(decide(suggestion, "reject"))) == "already_decided"
    assert code_of(save(decide(suggestion, "edit", mark_id, 1, annotation=body(geometry=square(90))))) == "applied"
    assert [row.verdict for row in Decision.objects.order_by("id")] == ["accept", "edit"]


def test_undoing_takes_the_mark_back_in_one_step(save: Save, suggestion: Suggestion) -> None:
    mark_id = uuid.uuid4()
    save(decide(suggestion, "accept", mark_id))
    undo = decide(suggestion, "undo", mark_id, 1)
    (result,) = save(undo).results
    assert result.annotation is not None
    assert (result.status, result.annotation["deleted"]) == ("applied", True)
    assert code_of(save(undo)) == "replayed"
    assert Annotation.objects.get(pk=mark_id).deleted
    assert code_of(save(decide(suggestion, "accept", mark_id, 2))) == "applied"
    assert Revision.objects.filter(annotation_id=mark_id).last().verb == "restore"  # type: ignore[union-attr]


def test_undoing_after_the_mark_was_deleted(save: Save, suggestion: Suggestion) -> None:
    mark_id = uuid.uuid4()
    save(decide(suggestion, "accept", mark_id), delete(mark_id, 1))
    undo = decide(suggestion, "undo", mark_id, 2)
    assert code_of(save(undo)) == "applied"
    assert code_of(save(undo)) == "replayed"
    assert code_of(save(decide(suggestion, "undo"))) == "applied"


def test_undo_does_not_delete_another_mark(save: Save, suggestion: Suggestion) -> None:
    mine = uuid.uuid4()
    save(put(mine))
    assert code_of(save(decide(suggestion, "undo", mine, 1))) == "not_found"
    assert not Annotation.objects.get(pk=mine).deleted


def test_a_stale_decision_conflicts(save: Save, suggestion: Suggestion) -> None:
    mark_id = uuid.uuid4()
    save(decide(suggestion, "accept", mark_id), put(mark_id, 1, text="seen"))
    assert code_of(save(decide(suggestion, "undo", mark_id, 1))) == "stale_revision"
    assert Decision.objects.count() == 1


def test_a_changed_mark_keeps_its_origin(save: Save, suggestion: Suggestion) -> None:
    mark_id = uuid.uuid4()
    save(decide(suggestion, "accept", mark_id), put(mark_id, 1, text="looked again"))
    mark = Annotation.objects.get(pk=mark_id)
    assert (mark.origin, mark.suggestion_id, mark.text) == ("suggestion", suggestion.pk, "looked again")


def test_a_suggestion_of_another_image_does_not_exist_here(save: Save) -> None:
    other = make_campaign()
    foreign = make_suggestions(other, other.campaign_images.get().image, [square()])[0]
    assert code_of(save(decide(foreign, "accept", uuid.uuid4()))) == "unknown_suggestion"
    assert code_of(save(decide(foreign, "reject"))) == "unknown_suggestion"


@pytest.mark.parametrize(
    "wrong",
    [
        {"suggestion_id": None},
        {"verdict": None},
        {"verdict": "perhaps"},
        {"verdict": "edit", "annotation": None, "annotation_id": str(uuid.uuid4())},
        {"verdict": "accept", "annotation_id": None},
        {"verdict": "undo", "annotation": body()},
    ],
)
def test_what_is_no_decision(save: Save, suggestion: Suggestion, wrong: dict[str, object]) -> None:
    assert code_of(save(decide(suggestion, "reject") | wrong)) == "operation_malformed"


def test_a_suggested_diagnosis_is_the_diagnosis(save: Save, read: Read) -> None:
    suggested = make_suggestions(read.campaign, read.image, [None])[0]
    mine = uuid.uuid4()
    said = body(granularity="diagnosis", geometry=None, labels=["adenoma"])
    save(put(mine, said=said))
    assert code_of(save(decide(suggested, "accept", uuid.uuid4()))) == "diagnosis_exists"
    assert not Decision.objects.exists()
    assert code_of(save(decide(suggested, "accept", mine, 1))) == "applied"
    mark = Annotation.objects.get(pk=mine)
    assert (mark.labels, mark.origin, mark.suggestion_id) == (["carcinoma"], "suggestion", suggested.pk)


@pytest.mark.parametrize("table", ["annotation_decision", "annotation_exposure"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET read_id = read_id", "DELETE FROM {}"])
def test_decisions_and_exposures_refuse_raw_sql(save: Save, read: Read, suggestion: Suggestion, table: str, verb: str) -> None:
    Exposure.objects.create(read=read, suggestion=suggestion, shown_at=now())
    save(decide(suggestion, "ignore"))
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(verb.format(table))
