"""The HTTP side: who may what, and that answers say what happened in both languages."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from guardian.shortcuts import assign_perm

from annotation.models import Campaign, ModelEndpoint, SuggestionRun
from annotation.services import endpoints
from tests.annotation.suggestions import objects

pytestmark = pytest.mark.django_db
JSON = "application/json"
CarryOut = Callable[[Campaign], list[SuggestionRun]]


class Owners:
    """A rule as the layer above gives it: the admin of JSP registers for JSP."""

    def may_register(self, *, user: User, owner: str) -> bool:
        return (user.username, owner) == ("admin", "jsp")

    def adopt(self, *, endpoint: ModelEndpoint, owner: str) -> None:
        for permission in ("use_modelendpoint", "manage_modelendpoint"):
            assign_perm(f"annotation.{permission}", objects.user(), endpoint)


@pytest.fixture
def owners(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "_owners", Owners())


def signed_in(name: str, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(objects.user(name))
    return client


def description(url: str, **values: Any) -> dict[str, Any]:
    return {"society": "jsp", "name": "Nuclei", "url": url, "model_name": "he-nuclei", "task": "segment"} | values


@pytest.mark.usefixtures("owners")
def test_an_admin_registers_and_checks(reference_url: str) -> None:
    client = signed_in("admin")
    answer = client.post("/api/endpoints/", description(reference_url, label_map={"nucleus": "CELL"}, parameters={"mpp": 0.5}), JSON)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["last_state"], made["can_manage"]) == ("", True)
    checked = client.post(f"/api/endpoints/{made['id']}/check/").json()
    assert (checked["last_state"], checked["last_version"], checked["message"]) == ("ok", "1", "The endpoint answers.")
    assert [row["id"] for row in client.get("/api/endpoints/").json()["endpoints"]] == [made["id"]]
    assert signed_in("stranger").get("/api/endpoints/").json() == {"endpoints": []}
    assert signed_in("stranger").post(f"/api/endpoints/{made['id']}/check/").status_code == 404


@pytest.mark.usefixtures("owners")
def test_a_check_says_what_is_wrong_without_the_other_side_s_words(hostile_url: str) -> None:
    client = signed_in("admin")
    made = client.post("/api/endpoints/", description(f"{hostile_url}/server-error"), JSON).json()
    answer = client.post(f"/api/endpoints/{made['id']}/check/")
    assert answer.json()["last_state"] == "endpoint_refused"
    assert answer.json()["hint"]
    assert b"secret" not in answer.content


@pytest.mark.usefixtures("owners")
@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"url": "http://10.0.0.1:8500"}, 422, "endpoint_not_allowed"),
        ({"url": "http://127.0.0.1:22"}, 422, "endpoint_not_allowed"),
        ({"url": "file:///etc/passwd"}, 422, "endpoint_bad_url"),
        ({"society": "jges"}, 403, "registration_forbidden"),
        ({"task": "guess"}, 400, "invalid"),
        ({"name": ""}, 400, "invalid"),
        ({"model_name": ".."}, 422, "endpoint_invalid"),
        ({"parameters": {"mpp": -1}}, 422, "endpoint_invalid"),
        ({"parameters": {"mpp": True}}, 422, "endpoint_invalid"),
        ({"parameters": {"surprise": 1}}, 422, "endpoint_invalid"),
        ({"parameters": {"model": {"a": {}}}}, 422, "endpoint_invalid"),
        ({"parameters": {"granularity": "thing"}}, 422, "endpoint_invalid"),
        ({"parameters": {"frames": []}}, 422, "endpoint_invalid"),
    ],
)
def test_what_cannot_be_registered(reference_url: str, change: dict[str, Any], status: int, code: str) -> None:
    answer = signed_in("admin").post("/api/endpoints/", description(reference_url) | change, JSON)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert ModelEndpoint.objects.count() == 0


def test_without_societies_only_the_superuser_registers(reference_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "_owners", endpoints._SiteOwner())
    assert signed_in("admin").post("/api/endpoints/", description(reference_url), JSON).status_code == 403
    User.objects.filter(username="admin").update(is_superuser=True)
    assert signed_in("admin").post("/api/endpoints/", description(reference_url), JSON).status_code == 201


@pytest.fixture
def campaign(hostile_url: str, photograph: Path) -> Campaign:
    endpoint = objects.endpoint(f"{hostile_url}/fine", "m", "segment", label_map={"nucleus": "CELL"})
    made = objects.campaign([objects.ingested(photograph)], "nuclei", endpoint)
    assign_perm("annotation.manage_campaign", objects.user(), made)
    assign_perm("annotation.use_modelendpoint", objects.user(), endpoint)
    assign_perm("annotation.read_campaign", objects.user("reader"), made)
    return made


def test_runs_are_asked_for_and_seen_by_those_who_manage(campaign: Campaign) -> None:
    address = f"/api/campaigns/{campaign.pk}/suggestion-runs/"
    for name in ("stranger", "reader"):
        assert signed_in(name).get(address).status_code == 404
        assert signed_in(name).post(address, {}, JSON).status_code == 404
    assert Client().get(address).status_code in {401, 403}
    client = signed_in("admin")
    queued = client.post(address, {}, JSON)
    assert (queued.status_code, queued.json()["queued"]) == (201, 1)
    assert client.post(address, {}, JSON).json()["queued"] == 0
    listed = client.get(address).json()
    assert listed["counts"] == {"queued": 1, "running": 0, "done": 0, "failed": 0}
    assert (listed["runs"][0]["state"], listed["runs"][0]["error"]) == ("queued", None)


def test_a_region_of_one_image(campaign: Campaign) -> None:
    address = f"/api/campaigns/{campaign.pk}/suggestion-runs/"
    image = campaign.campaign_images.get().image
    region = {"x": 10, "y": 10, "width": 50, "height": 50}
    client = signed_in("admin")
    assert client.post(address, {"image_id": str(image.pk), "region": region}, JSON).json()["queued"] == 1
    for wrong in ({"x": image.width_px}, {"width": image.width_px}, {"frame": 0}):
        refused = client.post(address, {"image_id": str(image.pk), "region": region | wrong}, JSON)
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "region_invalid")
    assert client.post(address, {"image_id": str(image.pk), "region": region | {"x": -1}}, JSON).status_code == 400
    foreign = client.post(address, {"image_ids": [str(uuid.uuid4())]}, JSON)
    assert foreign.json()["error"]["code"] == "image_not_in_campaign"


def test_an_endpoint_of_another_society_is_not_asked(campaign: Campaign) -> None:
    assign_perm("annotation.manage_campaign", objects.user("other"), campaign)
    refused = signed_in("other").post(f"/api/campaigns/{campaign.pk}/suggestion-runs/", {}, JSON)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "endpoint_not_yours")


def test_a_reader_sees_suggestions_and_an_admin_sees_why_there_are_none(
    campaign: Campaign, carried_out: CarryOut, django_assert_max_num_queries: Any
) -> None:
    carried_out(campaign)
    read = objects.read(campaign, campaign.campaign_images.get().image)
    client = signed_in("reader")
    with django_assert_max_num_queries(12):
        answer = client.get(f"/api/reads/{read.pk}/suggestions/")
    (suggestion,) = answer.json()["suggestions"]
    ring = [[10.0, 10.0], [30.0, 10.0], [30.0, 30.0], [10.0, 30.0], [10.0, 10.0]]
    assert suggestion["geometry"] == {"type": "Polygon", "coordinates": [ring]}
    assert (suggestion["labels"], suggestion["score"], suggestion["decision"]) == (["CELL"], 0.9, None)
    assert signed_in("stranger").get(f"/api/reads/{read.pk}/suggestions/").status_code == 404
    SuggestionRun.objects.update(state="failed", error_code="endpoint_timeout", error_detail="no whole answer within 30 s")
    assert signed_in("reader").get(f"/api/reads/{read.pk}/suggestions/").json() == {"suggestions": [], "is_run_waiting": False}
    error = signed_in("admin").get(f"/api/campaigns/{campaign.pk}/suggestion-runs/").json()["runs"][0]["error"]
    assert (error["code"], error["message"]) == ("endpoint_timeout", "The endpoint does not answer in time.")


def test_suggestions_are_sent_again_only_when_something_changed(campaign: Campaign, carried_out: CarryOut) -> None:
    image = campaign.campaign_images.get().image
    read = objects.read(campaign, image)
    client, address = signed_in("reader"), f"/api/reads/{read.pk}/suggestions/"
    empty = client.get(address)
    assert client.get(address, headers={"if-none-match": empty["ETag"]}).status_code == 304

    queued = signed_in("admin").post(f"/api/campaigns/{campaign.pk}/suggestion-runs/", {}, JSON)
    assert queued.status_code == 201
    waiting = client.get(address, headers={"if-none-match": empty["ETag"]})
    assert (waiting.status_code, waiting.json()) == (200, {"suggestions": [], "is_run_waiting": True})

    carried_out(campaign)
    done = client.get(address, headers={"if-none-match": waiting["ETag"]})
    assert (len(done.json()["suggestions"]), done.json()["is_run_waiting"]) == (1, False)
    read.sequence += 1
    read.save()
    assert client.get(address, headers={"if-none-match": done["ETag"]}).status_code == 200, "a decision was taken"
