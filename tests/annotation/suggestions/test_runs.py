"""Runs from the request to stored suggestions, against the real reference endpoint and against the hostile one."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from annotation.models import Campaign, CampaignImage, ModelEndpoint, Suggestion, SuggestionRun
from annotation.schema.shapes import Shape, check_inside
from annotation.services import suggestion_runs
from annotation.services.suggestion_runs import POSITIONS_PER_STEP, claim_run, execute_run, release_run, renew_lease
from annotation.services.suggestions import request_runs
from annotation.suggestions.limits import Limits
from tests.annotation.suggestions import objects
from viewer.api.errors import ApiError

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
CarryOut = Callable[[Campaign], list[SuggestionRun]]
FAST = Limits(connect_s=0.5, total_s=0.8)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less than a second for an endpoint."""
    monkeypatch.setattr(suggestion_runs, "client_of", lambda endpoint: _client_of(endpoint, FAST))


_client_of = suggestion_runs.client_of


def test_nuclei_of_a_slide_become_suggestions_in_its_own_pixels(reference_url: str, slide: Path, carried_out: CarryOut) -> None:
    image = objects.ingested(slide)
    endpoint = objects.endpoint(
        reference_url, "he-nuclei", "segment", label_map={"nucleus": "CELL"}, parameters={"mpp": 1.0, "max_crops": 2}
    )
    campaign = objects.campaign([image], "nuclei", endpoint)
    (run,) = carried_out(campaign)
    assert (run.state, run.error_code, run.model_name, run.model_version) == ("done", "", "he-nuclei", "1")
    rows = list(Suggestion.objects.filter(run=run))
    assert len(rows) == run.suggestion_count > 100
    assert run.dropped_count == 0
    for row in rows:
        assert row.geometry_wkb is not None
        shape = Shape.from_wkb(row.geometry_kind, bytes(row.geometry_wkb))
        check_inside(shape, width=image.width_px, height=image.height_px)
        assert shape.bounds == (row.min_x_px, row.min_y_px, row.max_x_px, row.max_y_px)
        # Sent at half the slide's resolution: nuclei still have their size in level-0 px, 0.499 um each.
        assert 5 < 2 * (shape.area / 3.1416) ** 0.5 < 50
        assert (row.granularity, row.labels, row.frame) == ("cell", ["CELL"], None)
    assert max(row.max_y_px or 0 for row in rows) > 1024
    queued = CampaignImage.objects.get(campaign=campaign)
    assert queued.strategy == "score"
    assert 0 < (queued.uncertainty or 0) < 1
    endpoint.refresh_from_db()
    assert (endpoint.last_state, endpoint.last_version, endpoint.failures_in_a_row) == ("ok", "1", 0)
    shown = objects.shown(objects.read(campaign, image))
    assert len(shown) == len(rows)
    assert shown[0]["model"] == {"name": "he-nuclei", "version": "1"}
    assert shown[0]["geometry"]["type"] == "Polygon"
    assert shown[0]["decision"] is None


def test_a_region_adds_to_what_is_there(reference_url: str, slide: Path, carried_out: CarryOut) -> None:
    image = objects.ingested(slide)
    endpoint = objects.endpoint(
        reference_url, "he-nuclei", "segment", label_map={"nucleus": "CELL"}, parameters={"max_crops": 1, "threshold": 0.8}
    )
    campaign = objects.campaign([image], "nuclei", endpoint)
    (whole,) = carried_out(campaign)
    region = {"x": 1000, "y": 2200, "width": 400, "height": 300, "frame": None}
    (asked,) = request_runs(campaign=campaign, user=objects.user(), images=[image], region=region)  # type: ignore[arg-type]
    run = claim_run()
    assert run is not None
    assert run.pk == asked.pk
    execute_run(run=run)
    inside = list(Suggestion.objects.filter(run=run))
    assert inside
    assert all((row.score or 0) >= 0.8 for row in inside)
    assert all((row.min_x_px or 0) >= 1000 and (row.max_x_px or 0) <= 1400 and (row.min_y_px or 0) >= 2200 for row in inside)
    shown = {row["run_id"] for row in objects.shown(objects.read(campaign, image))}
    assert shown == {str(whole.pk), str(run.pk)}


def test_boxes_on_the_middle_frame(reference_url: str, shared_data: Path, carried_out: CarryOut) -> None:
    image = objects.ingested(shared_data / "dicom" / "us" / "stress_echo" / "I_000007.dcm")
    endpoint = objects.endpoint(reference_url, "saliency-box", "detect", label_map={"salient": "LESION"})
    campaign = objects.campaign([image], "boxes", endpoint)
    (run,) = carried_out(campaign)
    assert (run.state, run.error_code) == ("done", "")
    rows = list(Suggestion.objects.filter(run=run))
    assert rows
    assert {row.frame for row in rows} == {image.frame_count // 2}
    assert {row.geometry_kind for row in rows} == {"Rectangle"}


def test_an_untaught_classifier_makes_a_queue_but_proposes_nothing(reference_url: str, photograph: Path, carried_out: CarryOut) -> None:
    image = objects.ingested(photograph)
    endpoint = objects.endpoint(reference_url, "photo-classifier", "classify", parameters={"head": f"h{uuid.uuid4().hex}"})
    campaign = objects.campaign([image], "diagnoses", endpoint)
    (run,) = carried_out(campaign)
    assert (run.state, run.model_version, run.suggestion_count) == ("done", "0", 0)
    queued = CampaignImage.objects.get(campaign=campaign)
    assert (queued.uncertainty, queued.strategy) == (pytest.approx(1.0), "entropy")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("how", "code", "state"),
    [
        ("never", "endpoint_timeout", "queued"),
        ("slow-body", "endpoint_timeout", "queued"),
        ("busy", "endpoint_not_ready", "queued"),
        ("hundred-megabytes", "endpoint_too_large", "failed"),
        ("redirect", "endpoint_redirect", "failed"),
        ("html", "endpoint_bad_answer", "failed"),
        ("nan", "endpoint_bad_answer", "failed"),
        ("missing", "endpoint_refused", "failed"),
    ],
)
def test_rubbish_is_noted_for_the_admin_and_readers_see_nothing(
    hostile_url: str, photograph: Path, how: str, code: str, state: str
) -> None:
    image = objects.ingested(photograph)
    endpoint = objects.endpoint(f"{hostile_url}/{how}", "m", "segment", label_map={"nucleus": "CELL"})
    campaign = objects.campaign([image], "nuclei", endpoint)
    request_runs(campaign=campaign, user=None)
    run = claim_run()
    assert run is not None
    execute_run(run=run)
    assert (run.state, run.error_code) == (state, code)
    assert run.error_detail
    endpoint.refresh_from_db()
    assert (endpoint.last_state, endpoint.failures_in_a_row) == (code, 1)
    assert objects.shown(objects.read(campaign, image)) == []
    assert CampaignImage.objects.get(campaign=campaign).uncertainty is None


def test_bad_shapes_are_counted(hostile_url: str, photograph: Path, carried_out: CarryOut) -> None:
    endpoint = objects.endpoint(f"{hostile_url}/bad-shapes", "m", "segment", label_map={"nucleus": "CELL"})
    campaign = objects.campaign([objects.ingested(photograph)], "nuclei", endpoint)
    (run,) = carried_out(campaign)
    assert (run.state, run.suggestion_count, run.dropped_count) == ("done", 1, 6)


@pytest.mark.usefixtures("impatient")
def test_a_passing_failure_is_tried_three_times_with_growing_pauses(hostile_url: str, photograph: Path) -> None:
    endpoint = objects.endpoint(f"{hostile_url}/busy", "m", "segment", label_map={"nucleus": "CELL"})
    campaign = objects.campaign([objects.ingested(photograph)], "nuclei", endpoint)
    request_runs(campaign=campaign, user=None)
    pauses = []
    for _ in range(3):
        run = claim_run()
        assert run is not None
        execute_run(run=run)
        assert claim_run() is None
        pauses.append(run.lease_until - timezone.now() if run.lease_until else None)
        SuggestionRun.objects.update(lease_until=None)
    assert run.state == "failed"
    assert pauses[2] is None
    assert pauses[0] is not None
    assert pauses[1] is not None
    assert timedelta(seconds=3) < pauses[0] < pauses[1]


@pytest.mark.usefixtures("impatient")
def test_after_five_failures_the_endpoint_is_left_alone_and_runs_wait(hostile_url: str, shared_data: Path) -> None:
    images = [objects.ingested(path) for path in sorted((shared_data / "photo" / "exif").glob("orientation_*.jpg"))]
    endpoint = objects.endpoint(f"{hostile_url}/html", "m", "segment", label_map={"nucleus": "CELL"})
    campaign = objects.campaign(images, "nuclei", endpoint)
    request_runs(campaign=campaign, user=None)
    while (run := claim_run()) is not None:
        execute_run(run=run)
    assert list(SuggestionRun.objects.order_by("state").values_list("state", flat=True)) == ["failed"] * 5 + ["queued"] * (len(images) - 5)
    endpoint.refresh_from_db()
    assert endpoint.blocked_until is not None
    assert timedelta(seconds=50) < endpoint.blocked_until - timezone.now() <= timedelta(seconds=60)
    ModelEndpoint.objects.update(blocked_until=timezone.now())
    assert claim_run() is not None


def test_a_site_without_the_host_on_its_list_says_so(photograph: Path, carried_out: CarryOut) -> None:
    endpoint = objects.endpoint("http://169.254.169.254/latest", "m", "segment", label_map={"nucleus": "CELL"})
    campaign = objects.campaign([objects.ingested(photograph)], "nuclei", endpoint)
    (run,) = carried_out(campaign)
    assert (run.state, run.error_code) == ("failed", "endpoint_not_allowed")


def test_a_file_that_is_gone_fails_the_run_and_not_the_endpoint(hostile_url: str, photograph: Path, carried_out: CarryOut) -> None:
    from viewer.services.manifests import manifest_path

    image = objects.ingested(photograph)
    manifest_path(image.pk).unlink()
    endpoint = objects.endpoint(f"{hostile_url}/fine", "m", "segment", label_map={"nucleus": "CELL"})
    (run,) = carried_out(objects.campaign([image], "nuclei", endpoint))
    assert (run.state, run.error_code) == ("failed", "unreadable")
    endpoint.refresh_from_db()
    assert endpoint.failures_in_a_row == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"endpoint": None}, "campaign_without_endpoint"),
        ({"granularities": ["point"]}, "nothing_to_ask"),
        ({"granularities": []}, "nothing_to_ask"),
    ],
)
def test_what_cannot_be_asked(hostile_url: str, photograph: Path, carried_out: CarryOut, change: dict[str, Any], code: str) -> None:
    endpoint = objects.endpoint(f"{hostile_url}/fine", "m", "segment", label_map={"nucleus": "CELL"})
    campaign = objects.campaign([objects.ingested(photograph)], "nuclei", endpoint)
    Campaign.objects.filter(pk=campaign.pk).update(**change)
    if code == "campaign_without_endpoint":
        with pytest.raises(ApiError) as caught:
            request_runs(campaign=campaign, user=None)
        assert caught.value.code == code
        return
    (run,) = carried_out(campaign)
    assert (run.state, run.error_code) == ("failed", code)


def _queued(hostile_url: str, photograph: Path) -> Campaign:
    endpoint = objects.endpoint(f"{hostile_url}/fine", "m", "segment", label_map={"nucleus": "CELL"})
    campaign = objects.campaign([objects.ingested(photograph)], "nuclei", endpoint)
    request_runs(campaign=campaign, user=None)
    return campaign


def test_an_image_that_waits_is_not_queued_twice(hostile_url: str, photograph: Path) -> None:
    campaign = _queued(hostile_url, photograph)
    assert request_runs(campaign=campaign, user=None) == []
    assert SuggestionRun.objects.count() == 1


def test_a_run_is_claimed_once_and_again_only_when_its_lease_is_over(hostile_url: str, photograph: Path) -> None:
    _queued(hostile_url, photograph)
    first = claim_run()
    assert first is not None
    assert claim_run() is None
    assert renew_lease(run_id=first.pk, attempt=first.attempt)
    SuggestionRun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    second = claim_run()
    assert second is not None
    assert (second.pk, second.attempt) == (first.pk, 2)
    assert not renew_lease(run_id=first.pk, attempt=first.attempt)
    # The first worker wakes up: it changes nothing, and the second one's work counts once.
    execute_run(run=first)
    assert Suggestion.objects.count() == 0
    execute_run(run=second)
    assert (second.state, Suggestion.objects.count(), second.suggestion_count) == ("done", 1, 1)


def test_a_run_that_brings_workers_down_is_given_up_after_three_times(hostile_url: str, photograph: Path) -> None:
    _queued(hostile_url, photograph)
    for _ in range(3):
        assert claim_run() is not None
        SuggestionRun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert claim_run() is None
    run = SuggestionRun.objects.get()
    assert (run.state, run.error_code, run.attempt) == ("failed", "run_interrupted", 3)


def test_a_worker_that_is_told_to_stop_gives_its_run_back(hostile_url: str, photograph: Path) -> None:
    _queued(hostile_url, photograph)
    run = claim_run()
    assert run is not None
    release_run(run=run)
    again = claim_run()
    assert again is not None
    assert again.attempt == 1


def test_steps_that_are_stored_are_not_repeated(hostile_url: str, slide: Path) -> None:
    endpoint = objects.endpoint(
        f"{hostile_url}/fine", "m", "segment", label_map={"nucleus": "CELL"}, parameters={"mpp": 0.5, "max_crops": 3}
    )
    campaign = objects.campaign([objects.ingested(slide)], "nuclei", endpoint)
    request_runs(campaign=campaign, user=None)
    run = claim_run()
    assert run is not None
    kept = Suggestion.objects.create(
        run=run, campaign=campaign, image=run.image, position=POSITIONS_PER_STEP, granularity="cell", labels=["CELL"], score=0.7
    )
    execute_run(run=run)
    assert run.state == "done"
    assert list(Suggestion.objects.order_by("position").values_list("position", flat=True)) == [
        0,
        POSITIONS_PER_STEP,
        2 * POSITIONS_PER_STEP,
    ]
    assert Suggestion.objects.get(position=POSITIONS_PER_STEP).pk == kept.pk
