"""What readers were shown and decided, and what the model learns from it."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction

from annotation.models import Campaign, CampaignImage, Decision, Exposure, Read, Suggestion, SuggestionRun
from annotation.services.decisions import store_decision
from annotation.services.suggestion_runs import claim_run, execute_run
from annotation.services.suggestions import record_exposures, request_runs
from annotation.services.training import campaigns_that_learn, train_from_campaign, train_if_due
from tests.annotation.suggestions import objects
from viewer.api.errors import ApiError

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
CarryOut = Callable[[Campaign], list[SuggestionRun]]


@pytest.fixture
def read(hostile_url: str, photograph: Path, carried_out: CarryOut) -> Read:
    image = objects.ingested(photograph)
    endpoint = objects.endpoint(f"{hostile_url}/fine", "m", "segment", label_map={"nucleus": "CELL"})
    campaign = objects.campaign([image], "nuclei", endpoint)
    carried_out(campaign)
    return objects.read(campaign, image)


def decide(read: Read, suggestion: Suggestion, verdict: str, operation_id: uuid.UUID | None = None) -> Decision:
    return store_decision(
        read=read,
        suggestion=suggestion,
        user=read.reader,
        verdict=verdict,
        reason="",
        annotation=None,
        operation_id=operation_id or uuid.uuid4(),
        shown_at=None,
    )


def test_the_first_exposure_counts_and_foreign_ids_are_passed_over(read: Read) -> None:
    suggestion = Suggestion.objects.get()
    assert record_exposures(read=read, suggestion_ids=[suggestion.pk, uuid.uuid4()]) == 1
    first = Exposure.objects.get().shown_at
    assert record_exposures(read=read, suggestion_ids=[suggestion.pk, suggestion.pk]) == 0
    assert Exposure.objects.get().shown_at == first
    other = objects.read(read.campaign, read.image, "another")
    assert record_exposures(read=other, suggestion_ids=[suggestion.pk]) == 1


def test_the_last_decision_counts_and_undo_opens_again(read: Read) -> None:
    suggestion = Suggestion.objects.get()
    record_exposures(read=read, suggestion_ids=[suggestion.pk])
    decide(read, suggestion, "reject")
    assert objects.shown(read)[0]["decision"]["verdict"] == "reject"
    decide(read, suggestion, "undo")
    assert objects.shown(read)[0]["decision"] is None
    last = decide(read, suggestion, "ignore")
    assert objects.shown(read)[0]["decision"]["verdict"] == "ignore"
    assert last.shown_at == Exposure.objects.get().shown_at
    assert Decision.objects.count() == 3
    assert objects.shown(objects.read(read.campaign, read.image, "another"))[0]["decision"] is None


def test_a_repeated_operation_is_stored_once(read: Read) -> None:
    operation = uuid.uuid4()
    first = decide(read, Suggestion.objects.get(), "reject", operation)
    assert decide(read, Suggestion.objects.get(), "reject", operation).pk == first.pk


def test_decisions_and_exposures_cannot_be_changed(read: Read) -> None:
    suggestion = Suggestion.objects.get()
    record_exposures(read=read, suggestion_ids=[suggestion.pk])
    decide(read, suggestion, "reject")
    for rows in (Decision.objects.all(), Exposure.objects.all()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            rows.delete()


def test_a_suggestion_of_another_image_is_unknown(read: Read, shared_data: Path) -> None:
    other = objects.ingested(shared_data / "photo" / "derm" / "ISIC_0000002.jpg")
    CampaignImage.objects.create(campaign=read.campaign, image=other)
    with pytest.raises(ApiError) as caught:
        decide(objects.read(read.campaign, other), Suggestion.objects.get(), "accept")
    assert caught.value.code == "unknown_suggestion"


def test_a_newer_run_replaces_what_was_not_decided(read: Read) -> None:
    old = Suggestion.objects.get()
    for verdict, kept in (("reject", True), ("undo", False)):
        decide(read, old, verdict)
        request_runs(campaign=read.campaign, user=None)
        run = claim_run()
        assert run is not None
        execute_run(run=run)
        shown = {row["id"] for row in objects.shown(read)}
        assert (str(old.pk) in shown) is kept
        assert shown - {str(old.pk)} == {str(Suggestion.objects.get(run=run).pk)}


def test_submitted_diagnoses_teach_the_model_which_then_proposes(reference_url: str, shared_data: Path, carried_out: CarryOut) -> None:
    skin = [objects.ingested(path) for path in sorted((shared_data / "photo" / "derm").glob("ISIC_*.jpg"))]
    eyes = [objects.ingested(path) for path in sorted((shared_data / "photo" / "fundus").glob("idrid_*.jpg"))[:4]]
    head = f"h{uuid.uuid4().hex}"
    endpoint = objects.endpoint(reference_url, "photo-classifier", "classify", parameters={"train_every": 4, "head": head})
    campaign = objects.campaign([*skin, *eyes], "diagnoses", endpoint)
    assert [row.pk for row in campaigns_that_learn()] == [campaign.pk]
    carried_out(campaign)
    assert Suggestion.objects.count() == 0
    for image in skin[:2]:
        objects.submitted_diagnosis(campaign, image, "NEVUS")
    assert train_if_due(campaign=campaign) is None
    assert train_from_campaign(campaign=campaign) is None, "one label alone teaches nothing"
    for image in eyes[:3]:
        objects.submitted_diagnosis(campaign, image, "RETINA")
    training = train_if_due(campaign=campaign)
    assert training is not None
    assert (training.version, training.examples) == ("1", 5)
    assert train_if_due(campaign=campaign) is None
    while (run := claim_run()) is not None:
        assert execute_run(run=run).state == "done"
    proposed = {row.image_id: row.labels for row in Suggestion.objects.filter(run__model_version="1")}
    assert proposed == {skin[2].pk: ["NEVUS"], eyes[3].pk: ["RETINA"]}
    unread = CampaignImage.objects.get(campaign=campaign, image=skin[2])
    assert 0.0 < (unread.uncertainty or 0.0) < 1.0
    endpoint.refresh_from_db()
    assert (endpoint.last_state, endpoint.last_version) == ("ok", "1")


def test_an_endpoint_that_cannot_be_taught_is_no_accident(hostile_url: str, photograph: Path) -> None:
    endpoint = objects.endpoint(f"{hostile_url}/html", "m", "classify", parameters={"train_every": 1})
    image = objects.ingested(photograph)
    campaign = objects.campaign([image], "diagnoses", endpoint)
    objects.submitted_diagnosis(campaign, image, "NEVUS", "one")
    objects.submitted_diagnosis(campaign, image, "RETINA", "two")
    assert train_if_due(campaign=campaign) is None
    assert train_from_campaign(campaign=campaign) is None
    endpoint.refresh_from_db()
    assert (endpoint.last_state, endpoint.failures_in_a_row) == ("endpoint_bad_answer", 2)
