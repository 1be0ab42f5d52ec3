"""Late confirmation: the list, the reminder, what is appended, and what documents and releases say of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone
from guardian.shortcuts import remove_perm

from annotation.errors import Conflict
from annotation.models import Annotation, Campaign, Confirmation, Read, Revision, Withdrawal
from annotation.schema.document import build_document
from annotation.selectors.documents import campaign_facts, cases_of, get_case
from annotation.selectors.pending import PAGE, pending_count, pending_of_campaign, pending_of_reader, pending_page
from annotation.services.confirmation_input import parse_confirming
from annotation.services.confirmations import confirm_diagnosis, set_confirmation_days
from tests.annotation.clinical.conftest import WAITING, submitted
from tests.annotation.marking.objects import make_image, make_read, make_user
from viewer.api.errors import ApiError

BIOPSY = "histopathology-biopsy"
RESECTION = "histopathology-resection"


def today() -> date:
    return timezone.localdate()


def confirm(
    row: Annotation, *, user: User | None = None, base: int | None = None, key: uuid.UUID | None = None, **said: Any
) -> Confirmation:
    row.refresh_from_db()
    known = {} if said.get("status") == "pending" or "known_on" in said else {"known_on": today().isoformat()}
    return confirm_diagnosis(
        user=user or row.read.reader,
        read_id=row.read_id,
        annotation_id=row.pk,
        base_revision=row.revision if base is None else base,
        operation_id=key or uuid.uuid4(),
        confirming=parse_confirming({"awaited": BIOPSY, "status": "confirmed", **known, **said}),
    )


def refused(row: Annotation, **said: Any) -> tuple[str, str]:
    with pytest.raises(ApiError) as caught:
        confirm(row, **said)
    assert not Confirmation.objects.exists()
    return caught.value.code, caught.value.pointer


def document_of(row: Annotation, **options: Any) -> dict[str, Any]:
    campaign = Campaign.objects.get(pk=row.read.campaign_id)
    case = get_case(campaign, image_id=row.read.image_id, include_drafts=False, **options)
    return build_document(case, campaign_facts(campaign))


def test_submitting_puts_a_pending_diagnosis_on_the_list(waiting: Annotation, campaign: Campaign) -> None:
    assert waiting.confirm_by == today() + timedelta(days=30)
    assert list(pending_of_reader(waiting.read.reader)) == [waiting]
    assert list(pending_of_campaign(campaign)) == [waiting]
    assert pending_count(pending_of_reader(waiting.read.reader)) == {"pending": 1, "overdue": 0}


def test_what_does_not_wait_and_what_is_not_submitted_is_not_listed(campaign: Campaign) -> None:
    submitted(campaign, basis=[{"method": "CT", "status": "confirmed"}])
    make_read(campaign, reader=make_user())
    assert not pending_of_campaign(campaign).exists()


def test_subjects_who_withdrew_wait_for_nothing(campaign: Campaign) -> None:
    named, nameless = submitted(campaign), submitted(campaign)
    subject = named.read.image.series.study
    assert pending_count(pending_of_campaign(campaign))["pending"] == 2
    withdraw = lambda key: Withdrawal.objects.create(collection=campaign.collection, subject=key, recorded_by=campaign.created_by)  # noqa: E731
    withdraw(subject.subject_pseudonym)
    assert pending_count(pending_of_campaign(campaign))["pending"] == 0, "both are of one subject"
    subject.subject_pseudonym = ""
    subject.save()
    assert pending_count(pending_of_campaign(campaign))["pending"] == 2
    withdraw(str(nameless.read.image_id))
    assert pending_count(pending_of_reader(named.read.reader))["pending"] == 0


def test_a_reader_without_the_campaign_is_not_reminded(waiting: Annotation, campaign: Campaign) -> None:
    remove_perm("annotation.read_campaign", waiting.read.reader, campaign)
    assert not pending_of_reader(User.objects.get(pk=waiting.read.reader_id)).exists()
    assert pending_of_campaign(campaign).exists()


def test_a_result_is_appended_and_the_read_stays_submitted(waiting: Annotation) -> None:
    before = Read.objects.get(pk=waiting.read_id)
    event = confirm(waiting, labels=["adenoma"], note=" 病理 ", status="contradicts")
    waiting.refresh_from_db()
    read = Read.objects.get(pk=waiting.read_id)
    assert (read.state, read.submitted_at, read.sequence) == ("submitted", before.submitted_at, before.sequence + 1)
    assert (waiting.labels, waiting.revision, waiting.confirm_by) == (["adenoma"], 2, None)
    assert waiting.basis == [{"method": "CT", "status": "supports"}, {"method": BIOPSY, "status": "contradicts"}]
    assert (event.labels_before, event.basis_before, event.note) == (["carcinoma"], WAITING, "病理")
    assert [row.verb for row in waiting.revisions.all()] == ["create", "confirm"]
    assert not pending_of_reader(waiting.read.reader).exists()


def test_another_method_may_tell(waiting: Annotation) -> None:
    confirm(waiting, method=RESECTION)
    waiting.refresh_from_db()
    assert waiting.basis == [{"method": "CT", "status": "supports"}, {"method": RESECTION, "status": "confirmed"}]


def test_a_method_never_stands_twice(waiting: Annotation) -> None:
    confirm(waiting, method="CT")
    waiting.refresh_from_db()
    assert waiting.basis == [{"method": "CT", "status": "confirmed"}]


def test_what_cannot_be_confirmed_is_said_so_without_a_day(waiting: Annotation) -> None:
    event = confirm(waiting, status="not-confirmable", known_on=None)
    waiting.refresh_from_db()
    assert (event.known_on, waiting.confirm_by) == (None, None)
    assert waiting.basis[1]["status"] == "not-confirmable"


def test_two_that_wait_are_told_one_by_one(campaign: Campaign) -> None:
    both = [{"method": BIOPSY, "status": "pending"}, {"method": RESECTION, "status": "pending"}]
    row = submitted(campaign, basis=both)
    confirm(row)
    assert pending_of_campaign(campaign).exists()
    confirm(row, awaited=RESECTION)
    assert not pending_of_campaign(campaign).exists()


def test_it_can_be_put_off_and_taken_back(waiting: Annotation) -> None:
    first = waiting.confirm_by
    later = today() + timedelta(days=60)
    confirm(waiting, status="pending", due_on=later.isoformat())
    waiting.refresh_from_db()
    assert (waiting.confirm_by, waiting.basis) == (later, WAITING)
    assert first is not None
    Annotation.objects.filter(pk=waiting.pk).update(confirm_by=today() - timedelta(days=3))
    confirm(waiting, labels=["adenoma"])
    back = confirm(waiting, status="pending", labels=["carcinoma"], due_on=(today() - timedelta(days=3)).isoformat())
    waiting.refresh_from_db()
    assert (waiting.labels, waiting.basis, waiting.confirm_by) == (["carcinoma"], WAITING, today() - timedelta(days=3))
    assert (back.labels_before, waiting.revision, waiting.confirmations.count()) == (["adenoma"], 4, 3)


def test_a_repetition_is_stored_once(waiting: Annotation) -> None:
    key = uuid.uuid4()
    once = confirm(waiting, key=key, base=1)
    assert confirm(waiting, key=key, base=1).pk == once.pk
    for other in ({"status": "supports"}, {"method": RESECTION}, {"labels": ["adenoma"]}, {"note": "x"}):
        with pytest.raises(ApiError) as caught:
            confirm(waiting, key=key, base=1, **other)
        assert caught.value.code == "operation_id_reused"
    used = Revision.objects.get(annotation=waiting, number=1).operation_id
    with pytest.raises(ApiError) as caught:
        confirm(waiting, key=used)
    assert (caught.value.code, Confirmation.objects.count()) == ("operation_id_reused", 1)


def test_the_second_of_two_people_is_shown_what_the_first_said(waiting: Annotation, campaign: Campaign) -> None:
    confirm(waiting, base=1)
    with pytest.raises(Conflict) as caught:
        confirm(waiting, user=campaign.created_by, base=1)
    assert caught.value.current["basis"][1] == {"method": BIOPSY, "status": "confirmed"}
    assert Confirmation.objects.count() == 1


def test_a_manager_enters_the_result_but_not_another_diagnosis(waiting: Annotation, campaign: Campaign) -> None:
    manager = campaign.created_by
    assert refused(waiting, user=manager, labels=["adenoma"]) == ("diagnosis_not_yours", "/labels")
    assert confirm(waiting, user=manager, labels=["carcinoma"]).author == manager


def test_strangers_find_nothing(waiting: Annotation) -> None:
    assert refused(waiting, user=make_user("stranger"))[0] == "not_found"


def test_somebody_taken_off_the_campaign_is_told(waiting: Annotation, campaign: Campaign) -> None:
    remove_perm("annotation.read_campaign", waiting.read.reader, campaign)
    assert refused(waiting, user=User.objects.get(pk=waiting.read.reader_id))[0] == "reading_not_allowed"


@pytest.mark.parametrize(
    ("said", "code", "pointer"),
    [
        ({"awaited": RESECTION}, "basis_not_there", "/awaited"),
        ({"awaited": "guess"}, "unknown_basis", "/awaited"),
        ({"awaited": 1}, "confirmation_malformed", "/awaited"),
        ({"method": "PET"}, "unknown_basis", "/method"),
        ({"status": "perhaps"}, "unknown_basis", "/status"),
        ({"status": None}, "confirmation_malformed", "/status"),
        ({"known_on": None}, "confirmation_date", "/known_on"),
        ({"known_on": "2026-02-30"}, "confirmation_date", "/known_on"),
        ({"known_on": "20260201"}, "confirmation_date", "/known_on"),
        ({"known_on": "2999-01-01"}, "confirmation_date", "/known_on"),
        ({"known_on": "1899-12-31"}, "confirmation_date", "/known_on"),
        ({"known_on": 20260101}, "confirmation_malformed", "/known_on"),
        ({"due_on": "2999-01-01"}, "confirmation_date", "/due_on"),
        ({"status": "pending", "due_on": "2020-01-01"}, "confirmation_date", "/due_on"),
        ({"status": "pending", "due_on": "2999-01-01"}, "confirmation_date", "/due_on"),
        ({"status": "pending", "known_on": "2020-01-01"}, "confirmation_date", "/known_on"),
        ({"labels": ["nothing"]}, "unknown_label", "/labels/0"),
        ({"labels": []}, "confirmation_malformed", "/labels"),
        ({"labels": ["adenoma", "adenoma"]}, "confirmation_malformed", "/labels"),
        ({"labels": "adenoma"}, "confirmation_malformed", "/labels"),
        ({"note": "x" * 501}, "confirmation_malformed", "/note"),
        ({"more": 1}, "confirmation_malformed", "/more"),
    ],
)
def test_what_makes_no_sense_is_refused(waiting: Annotation, said: dict[str, Any], code: str, pointer: str) -> None:
    assert refused(waiting, **said) == (code, pointer)


def test_an_open_read_is_changed_in_itself(campaign: Campaign) -> None:
    row = submitted(campaign)
    Read.objects.filter(pk=row.read_id).update(state="open")
    assert refused(row)[0] == "read_not_submitted"


def test_the_database_keeps_every_confirmation(waiting: Annotation) -> None:
    event = confirm(waiting)
    for change in (lambda: Confirmation.objects.filter(pk=event.pk).update(note="other"), event.delete):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


def test_the_days_of_a_campaign_move_what_waits(campaign: Campaign) -> None:
    rows = [submitted(campaign) for _ in range(3)]
    Annotation.objects.filter(pk=rows[1].pk).update(confirm_by=today() + timedelta(days=45))
    confirm(rows[2], status="pending", due_on=(today() + timedelta(days=7)).isoformat())
    for days, expected in ((45, [45, 60, 7]), (5, [5, 20, 7])):
        set_confirmation_days(campaign=campaign, days=days)
        found = [Annotation.objects.get(pk=row.pk).confirm_by for row in rows]
        assert found == [today() + timedelta(days=more) for more in expected]
    for wrong in (0, 3651, True, "30", None, 1.5):
        with pytest.raises(ApiError):
            set_confirmation_days(campaign=campaign, days=wrong)  # type: ignore[arg-type]


def test_pages_follow_one_another_and_take_few_queries(campaign: Campaign, django_assert_num_queries: Any) -> None:
    reader = make_user()
    keys = set()
    for _number in range(PAGE + 3):
        image = make_image(campaign.collection)
        campaign.campaign_images.create(image=image)
        read = make_read(campaign, reader=reader, image=image)
        Read.objects.filter(pk=read.pk).update(state="submitted", submitted_at=timezone.now())
        row = Annotation.objects.create(
            id=uuid.uuid4(),
            read=read,
            sequence=1,
            granularity="diagnosis",
            labels=["carcinoma"],
            basis=WAITING,
            confirm_by=today() - timedelta(days=_number % 3),
            created_at=timezone.now(),
            updated_at=timezone.now(),
        )
        keys.add(str(row.pk))
    with django_assert_num_queries(4):
        first = pending_page(pending_of_campaign(campaign), with_readers=True)
    second = pending_page(pending_of_campaign(campaign), after=first["next"], with_readers=True)
    shown = [row["annotation_id"] for row in (*first["rows"], *second["rows"])]
    assert (len(first["rows"]), second["next"], set(shown), len(shown)) == (PAGE, None, keys, PAGE + 3)
    days = [row["due_on"] for row in (*first["rows"], *second["rows"])]
    assert days == sorted(days)
    assert (first["pending"], first["overdue"]) == (PAGE + 3, sum(day < today().isoformat() for day in days))
    for wrong in ("x", "2026-13-01~" + str(uuid.uuid4()), "2026-01-01~x"):
        with pytest.raises(ApiError):
            pending_page(pending_of_campaign(campaign), after=wrong, with_readers=False)


def test_documents_say_what_it_is_now_and_what_it_was(waiting: Annotation) -> None:
    before = document_of(waiting)
    assert "confirmations" not in before["annotations"][0]
    confirm(waiting, labels=["adenoma"], status="contradicts", note="腺腫でした", user=waiting.read.reader)
    document = document_of(waiting)
    (said,) = document["annotations"]
    (event,) = said["confirmations"]
    assert said["labels"][0]["coding"][0]["code"] == "adenoma"
    assert said["basis"][1] == {"method": BIOPSY, "status": "contradicts"}
    assert (event["status"], event["knownOn"], event["note"]) == ("contradicts", today().isoformat(), {"ja": "腺腫でした"})
    assert event["before"]["labels"] == before["annotations"][0]["labels"]
    assert event["before"]["basis"] == before["annotations"][0]["basis"]
    assert event["by"] == said["createdBy"]
    assert (said["revision"], document["revision"]) == (2, before["revision"] + 1)
    assert said["review"] == before["annotations"][0]["review"]


def test_who_enters_a_result_for_a_reader_is_a_curator(waiting: Annotation, campaign: Campaign) -> None:
    confirm(waiting, user=campaign.created_by)
    document = document_of(waiting)
    roles = {agent["id"]: agent.get("role") for agent in document["agents"]}
    (said,) = document["annotations"]
    assert (roles[said["createdBy"]], roles[said["confirmations"][0]["by"]]) == ("reader", "curator")


def test_what_was_agreed_before_a_result_does_not_hold_it(waiting: Annotation, campaign: Campaign) -> None:
    confirm(waiting, status="pending")
    facts, until = campaign_facts(campaign), timezone.now()

    def documents() -> list[dict[str, Any]]:
        return [build_document(case, facts) for case in cases_of(campaign, include_drafts=False, until=until)]

    agreed = documents()
    confirm(waiting, labels=["adenoma"])
    confirm(waiting, awaited=BIOPSY, status="supports")
    assert documents() == agreed
    assert len(agreed[0]["annotations"][0]["confirmations"]) == 1
    assert document_of(waiting)["annotations"][0]["labels"] != agreed[0]["annotations"][0]["labels"]


def test_the_api_appends_answers_and_tells_of_conflicts(
    waiting: Annotation, campaign: Campaign, client_of: Callable[[User], Client]
) -> None:
    client = client_of(waiting.read.reader)
    (row,) = client.get("/api/pending/").json()["rows"]
    assert (row["annotation_id"], row["reader"]) == (str(waiting.pk), None)
    url = f"/api/reads/{row['read_id']}/annotations/{row['annotation_id']}/confirmations/"
    headers = {"If-Match": f'"{row["revision"]}"', "Idempotency-Key": str(uuid.uuid4())}
    said = {"awaited": BIOPSY, "status": "confirmed", "known_on": today().isoformat()}
    answers = [client.post(url, said, content_type="application/json", headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert answers[0].headers["ETag"] == '"2"'
    late = client.post(url, said, content_type="application/json", headers=headers | {"Idempotency-Key": str(uuid.uuid4())})
    assert (late.status_code, late.json()["error"]["annotation"]["revision"]) == (412, 2)
    (told,) = client.get(url).json()["confirmations"]
    assert (told["before"]["basis"], told["after"]["basis"][1]["status"]) == (WAITING, "confirmed")
    assert client.get("/api/pending/").json()["rows"] == []
    manager = client_of(campaign.created_by)
    assert manager.get(f"/api/campaigns/{campaign.pk}/pending/").status_code == 200
    assert client.get(f"/api/campaigns/{campaign.pk}/pending/").status_code == 404
    bare = client.post(url, said, content_type="application/json")
    assert bare.json()["error"]["code"] == "precondition_required"
