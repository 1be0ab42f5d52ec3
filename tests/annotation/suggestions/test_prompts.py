"""A reader points at something and the campaign's model outlines it: against the real reference endpoint and the hostile one."""

import threading
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from guardian.shortcuts import assign_perm

from annotation.models import Exposure, ModelEndpoint, Read, Suggestion, SuggestionRun
from annotation.schema.shapes import Shape
from annotation.selectors.suggestions import list_runs
from annotation.services import prompts
from annotation.suggestions.limits import Limits
from tests.annotation.suggestions import objects

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
PROMPTS = {"mpp": 0.5, "prompts": True, "granularity": "cell"}


def a_read(endpoint: ModelEndpoint | None, slide: Path, reader: str = "reader", known: Read | None = None) -> Read:
    if known is not None:
        campaign, image = known.campaign, known.image
    else:
        image = objects.ingested(slide)
        campaign = objects.campaign([image], "nuclei", endpoint)
    made = objects.read(campaign, image, reader)
    for permission in ("annotation.read_campaign", "annotation.view_campaign"):
        assign_perm(permission, made.reader, campaign)
    return made


def nuclei(url: str, **values: Any) -> ModelEndpoint:
    parameters = PROMPTS | values.pop("parameters", {})
    return objects.endpoint(url, "he-nuclei", "segment", label_map={"nucleus": "CELL"}, parameters=parameters, **values)


def ask(read: Read, user: str = "reader", **values: Any) -> HttpResponse:
    client = Client(headers={"accept-language": "en"})
    client.force_login(objects.user(user))
    body = {"id": str(uuid.uuid4()), "x": 1000, "y": 1000, "label": "CELL", "granularity": "cell"} | values
    answer: HttpResponse = client.post(f"/api/reads/{read.pk}/prompts/", body, "application/json")
    return answer


def a_nucleus(read: Read) -> tuple[float, float]:
    """Return the middle of the surest nucleus that the model outlines in a box."""
    found = ask(read, x=900, y=900, width=300, height=300).json()["suggestions"]
    assert len(found) > 3, "the slide has nuclei here"
    row = Suggestion.objects.get(pk=found[0]["id"])
    x_min, y_min, x_max, y_max = Shape.from_wkb(row.geometry_kind, bytes(row.geometry_wkb or b"")).bounds
    return (x_min + x_max) / 2, (y_min + y_max) / 2


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the model on a busy test machine the time that it needs."""
    monkeypatch.setattr(prompts, "PROMPT_LIMITS", Limits(connect_s=10, total_s=60))


def test_what_is_pointed_at_is_outlined_where_it_lies(reference_url: str, slide: Path) -> None:
    read = a_read(nuclei(reference_url), slide)
    x, y = a_nucleus(read)
    answer = ask(read, x=x, y=y)
    (found,) = answer.json()["suggestions"]
    row = Suggestion.objects.select_related("run").get(pk=found["id"])
    bounds = Shape.from_wkb(row.geometry_kind, bytes(row.geometry_wkb or b"")).bounds
    assert bounds[0] <= x <= bounds[2]
    assert bounds[1] <= y <= bounds[3]
    assert (found["labels"], found["granularity"], found["decision"], found["model"]["name"]) == (["CELL"], "cell", None, "he-nuclei")
    run = row.run
    assert (run.state, run.read_id, run.requested_by_id, run.model_version) == ("done", read.pk, read.reader_id, "1")
    assert run.prompt == {"x": x, "y": y, "width": 0.0, "height": 0.0, "label": "CELL", "granularity": "cell"}
    assert Exposure.objects.filter(suggestion=row, read=read).exists(), "who points looks"


def test_all_of_a_box_the_surest_first(reference_url: str, slide: Path) -> None:
    read = a_read(nuclei(reference_url), slide)
    found = ask(read, x=900, y=900, width=400, height=400).json()["suggestions"]
    scores = [row["score"] for row in found]
    assert len(found) > 5
    assert scores == sorted(scores, reverse=True)
    for row in Suggestion.objects.filter(pk__in=[row["id"] for row in found]):
        assert row.min_x_px is not None
        assert row.max_x_px is not None
        assert row.max_x_px >= 900
        assert row.min_x_px <= 1300


def test_a_word_that_the_campaign_lacks_becomes_the_label_in_hand(reference_url: str, slide: Path) -> None:
    endpoint = nuclei(reference_url)
    ModelEndpoint.objects.filter(pk=endpoint.pk).update(label_map={"nucleus": "NO-SUCH-LABEL"})
    read = a_read(endpoint, slide)
    found = ask(read, x=900, y=900, width=300, height=300).json()["suggestions"]
    assert {code for row in found for code in row["labels"]} == {"CELL"}


def test_the_same_prompt_twice_asks_and_stores_once(reference_url: str, slide: Path) -> None:
    read = a_read(nuclei(reference_url), slide)
    again = {"id": str(uuid.uuid4()), "x": 900, "y": 900, "width": 300, "height": 300}
    first, second = ask(read, **again).json(), ask(read, **again).json()
    assert first == second
    assert SuggestionRun.objects.count() == 1
    ModelEndpoint.objects.update(enabled=False)
    assert ask(read, **again).json() == first, "what is stored is given without asking"


def test_nobody_else_sees_what_a_reader_pointed_at(reference_url: str, slide: Path) -> None:
    read = a_read(nuclei(reference_url), slide)
    other = a_read(None, slide, "other", known=read)
    found = ask(read, x=900, y=900, width=300, height=300).json()["suggestions"]
    assert {row["id"] for row in objects.shown(read)} == {row["id"] for row in found}
    assert objects.shown(other) == []
    assert list_runs(read.campaign) == {"runs": [], "counts": {"queued": 0, "running": 0, "done": 0, "failed": 0}}
    client = Client()
    client.force_login(other.reader)
    client.post(f"/api/reads/{other.pk}/exposures/", {"suggestion_ids": [found[0]["id"]]}, "application/json")
    assert not Exposure.objects.filter(read=other).exists()
    decided = {
        "operation_id": str(uuid.uuid4()),
        "verb": "decide",
        "annotation_id": None,
        "base_revision": 0,
        "annotation": None,
        "suggestion_id": found[0]["id"],
        "verdict": "reject",
    }
    answer = client.post(f"/api/reads/{other.pk}/operations/", {"operations": [decided]}, "application/json")
    assert "unknown_suggestion" in answer.content.decode()
    assert ask(read, "other").status_code in {403, 404}
    assert ask(read, "stranger").status_code == 404


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"x": 9_999_999}, "/x"),
        ({"x": 2000, "width": 1000}, "/x"),
        ({"label": "NONE"}, "/label"),
        ({"granularity": "box"}, "/granularity"),
        ({"granularity": "region"}, "/granularity"),
    ],
)
def test_a_place_that_is_none_is_refused(reference_url: str, slide: Path, change: dict[str, Any], pointer: str) -> None:
    read = a_read(nuclei(reference_url), slide)
    answer = ask(read, **change)
    assert answer.status_code == 422, answer.content
    error = answer.json()["error"]
    assert (error["code"], error["pointer"]) == ("prompt_invalid", pointer)
    assert SuggestionRun.objects.count() == 0


@pytest.mark.parametrize("change", [{"x": -1}, {"x": "a"}, {"id": "1"}, {"x": 1e308}, {"label": ""}])
def test_a_malformed_prompt_is_refused(reference_url: str, slide: Path, change: dict[str, Any]) -> None:
    read = a_read(nuclei(reference_url), slide)
    assert ask(read, **change).status_code == 400


def test_who_has_no_such_model_is_told(reference_url: str, slide: Path) -> None:
    endpoint = nuclei(reference_url, parameters={"prompts": False})
    answer = ask(a_read(endpoint, slide))
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "prompts_not_offered")


def test_a_submitted_read_points_at_nothing(reference_url: str, slide: Path) -> None:
    read = a_read(nuclei(reference_url), slide)
    Read.objects.filter(pk=read.pk).update(state=Read.State.SUBMITTED, submitted_at=timezone.now())
    assert ask(read).json()["error"]["code"] == "read_submitted"


@pytest.mark.parametrize(
    ("way", "code"),
    [("server-error", "endpoint_refused"), ("html", "endpoint_bad_answer"), ("never", "endpoint_timeout")],
)
def test_a_model_that_fails_is_told_soon(hostile_url: str, slide: Path, monkeypatch: pytest.MonkeyPatch, way: str, code: str) -> None:
    monkeypatch.setattr(prompts, "PROMPT_LIMITS", Limits(connect_s=0.5, total_s=0.8))
    endpoint = nuclei(f"{hostile_url}/{way}")
    read = a_read(endpoint, slide)
    answer = ask(read)
    assert (answer.status_code, answer.json()["error"]["code"]) == (424, code), answer.content
    assert SuggestionRun.objects.count() == 0
    endpoint.refresh_from_db()
    assert endpoint.failures_in_a_row == (0 if code == "endpoint_timeout" else 1)


def test_a_model_that_is_left_alone_is_not_asked(reference_url: str, slide: Path) -> None:
    endpoint = nuclei(reference_url)
    ModelEndpoint.objects.filter(pk=endpoint.pk).update(blocked_until=timezone.now() + timedelta(minutes=1))
    assert ask(a_read(endpoint, slide)).json()["error"]["code"] == "endpoint_blocked"


def test_a_slow_model_takes_few_threads(reference_url: str, slide: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = a_read(nuclei(reference_url), slide)
    places = threading.BoundedSemaphore(1)
    monkeypatch.setattr(prompts, "_places", places)
    with places:
        answer = ask(read)
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "prompts_busy")
    assert ask(read).status_code == 200, "the place is free again"
