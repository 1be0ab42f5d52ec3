"""The API of societies: shapes of answers, refusals with a next step, and nothing of other societies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation.models import Campaign, Read
from annotation.services.endpoints import register_endpoint
from societies.models import Society
from tests.factories import ADMIN, EXPORTER, READER, finish, make_campaign, make_person, make_society

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


class Staff:
    """One society with a campaign of three images and people in every role."""

    def __init__(self) -> None:
        self.society: Society = make_society()
        self.admin = make_person(self.society, "admin", ADMIN)
        self.reader = make_person(self.society, "reader", READER)
        self.spare = make_person(self.society, "spare", READER)
        self.exporter = make_person(self.society, "exporter", EXPORTER)
        self.campaign: Campaign = make_campaign(self.society, self.admin, readers=(self.reader,))
        self.base = f"/api/campaigns/{self.campaign.pk}/"


@pytest.fixture
def staff() -> Staff:
    return Staff()


def post(client: Client, url: str, body: Any = None) -> Any:
    return client.post(url, {} if body is None else body, content_type="application/json")


def test_a_reader_takes_renews_and_submits(staff: Staff, client_of: ClientOf) -> None:
    client = client_of(staff.reader)
    taken = post(client, f"{staff.base}next/")
    assert taken.status_code == 200
    answer = taken.json()
    assert answer["url"] == f"/reads/{answer['read_id']}/"
    assert set(answer) == {"read_id", "url", "image_id", "lease_expires_at"}
    assert post(client, f"/api/reads/{answer['read_id']}/lease/").json()["lease_expires_at"] >= answer["lease_expires_at"]
    early = post(client, f"/api/reads/{answer['read_id']}/submit/", {"sequence": 0, "active_seconds": 1})
    assert (early.status_code, early.json()["error"]["code"]) == (422, "diagnosis_missing")
    sequence = finish(Read.objects.get(pk=answer["read_id"]))
    submitted = post(client, f"/api/reads/{answer['read_id']}/submit/", {"sequence": sequence, "active_seconds": 12.5})
    assert submitted.status_code == 200
    assert (submitted.json()["state"], submitted.json()["sequence"]) == ("submitted", sequence)
    assert Read.objects.get(pk=answer["read_id"]).active_seconds == 12.5
    again = post(client, f"/api/reads/{answer['read_id']}/submit/", {"sequence": sequence, "active_seconds": 1})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "already_submitted")
    for _each in range(2):
        read_id = post(client, f"{staff.base}next/").json()["read_id"]
        body = {"sequence": finish(Read.objects.get(pk=read_id)), "active_seconds": 1}
        assert post(client, f"/api/reads/{read_id}/submit/", body).status_code == 200
    assert post(client, f"{staff.base}next/").status_code == 204


@pytest.mark.parametrize("body", [{}, {"sequence": -1}, {"sequence": "x"}, {"sequence": 1, "active_seconds": -2}, []])
def test_a_submission_that_says_nothing_useful_is_refused(staff: Staff, client_of: ClientOf, body: Any) -> None:
    client = client_of(staff.reader)
    read_id = post(client, f"{staff.base}next/").json()["read_id"]
    refused = post(client, f"/api/reads/{read_id}/submit/", body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid")


def test_an_admin_makes_a_campaign(staff: Staff, client_of: ClientOf) -> None:
    client = client_of(staff.admin)
    body = {"collection_id": str(staff.campaign.collection_id), "pack": "jos", "name": {"en": "Again"}, "reads_per_image": 2}
    made = post(client, "/api/campaigns/", body)
    assert made.status_code == 201
    assert (made.json()["images"], made.json()["wanted"], made.json()["state"]) == (3, 6, "open")
    assert Campaign.objects.get(pk=made.json()["campaign_id"]).owner.society == staff.society
    names = {row["name"] for row in client.get("/api/campaigns/").json()["overview"]}
    assert names == {"Again", staff.campaign.name_en}
    for change, code, pointer in [
        ({"pack": "nobody"}, "pack_unknown", "/pack"),
        ({"name": {}}, "name_missing", "/name"),
        ({"reads_per_image": 99}, "invalid", None),
    ]:
        refused = post(client, "/api/campaigns/", body | change)
        assert (refused.json()["error"]["code"], refused.json()["error"].get("pointer")) == (code, pointer)
        assert refused.json()["error"]["hint"]


def test_a_campaign_over_a_foreign_collection_or_model_is_not_found(staff: Staff, client_of: ClientOf) -> None:
    theirs = Staff()
    endpoint = register_endpoint(
        user=theirs.admin, owner=theirs.society.slug, name="m", url="http://127.0.0.1:8500", model_name="m", task="detect"
    )
    client = client_of(staff.admin)
    body = {"collection_id": str(theirs.campaign.collection_id), "pack": "jos", "name": {"en": "Mine?"}}
    assert post(client, "/api/campaigns/", body).status_code == 404
    own = body | {"collection_id": str(staff.campaign.collection_id), "endpoint_id": str(endpoint.pk)}
    assert post(client, "/api/campaigns/", own).status_code == 404
    assert post(client, f"{staff.base}endpoint/", {"endpoint_id": str(endpoint.pk)}).status_code == 404
    assert not Campaign.objects.filter(name_en="Mine?").exists()


def test_an_admin_staffs_a_campaign(staff: Staff, client_of: ClientOf) -> None:
    client = client_of(staff.admin)
    added = post(client, f"{staff.base}readers/", {"user_id": staff.spare.pk})
    assert {row["username"] for row in added.json()["readers"]} == {staff.reader.username, staff.spare.username}
    assert post(client_of(staff.spare), f"{staff.base}next/").status_code == 200
    assert client.delete(f"{staff.base}readers/{staff.spare.pk}/").status_code == 204
    assert post(client_of(staff.spare), f"{staff.base}next/").status_code == 404
    rows = client.get(f"{staff.base}progress/").json()["readers"]
    assert {row["username"]: row["active"] for row in rows} == {staff.reader.username: True, staff.spare.username: False}
    refused = post(client, f"{staff.base}readers/", {"user_id": staff.exporter.pk})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "not_a_reader")
    for person in (Staff().reader.pk, 999_999_999):
        assert post(client, f"{staff.base}readers/", {"user_id": person}).status_code == 404


def test_an_admin_closes_opens_and_chooses_the_model(staff: Staff, client_of: ClientOf) -> None:
    client = client_of(staff.admin)
    assert post(client, f"{staff.base}state/", {"state": "closed"}).json()["state"] == "closed"
    refused = post(client_of(staff.reader), f"{staff.base}next/")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "campaign_closed")
    assert post(client, f"{staff.base}state/", {"state": "open"}).json()["state"] == "open"
    assert post(client, f"{staff.base}state/", {"state": "lost"}).status_code == 400
    endpoint = register_endpoint(
        user=staff.admin, owner=staff.society.slug, name="m", url="http://127.0.0.1:8500", model_name="m", task="detect"
    )
    assert post(client, f"{staff.base}endpoint/", {"endpoint_id": str(endpoint.pk)}).json() == {"endpoint_id": str(endpoint.pk)}
    assert post(client, f"{staff.base}endpoint/", {"endpoint_id": None}).json() == {"endpoint_id": None}


def test_readers_of_an_image_are_kept_apart(staff: Staff, client_of: ClientOf) -> None:
    url = f"{staff.base}blind/"
    assert client_of(staff.admin).get(f"{staff.base}progress/").json()["is_blind"] is False, "there is one reader for each image"
    made = post(client_of(staff.admin), url, {"is_blind": True})
    assert made.status_code == 200
    assert made.json()["is_blind"] is True
    assert Campaign.objects.get(pk=staff.campaign.pk).is_blind
    assert post(client_of(staff.admin), url, {"is_blind": "perhaps"}).status_code == 400
    assert post(client_of(staff.admin), url).status_code == 400
    assert post(client_of(staff.reader), url, {"is_blind": False}).status_code == 404
    assert Campaign.objects.get(pk=staff.campaign.pk).is_blind
    several = make_campaign(staff.society, staff.admin, reads_per_image=2)
    assert several.is_blind, "several who read an image do it independently unless the admin says otherwise"
    assert not make_campaign(staff.society, staff.admin, reads_per_image=2, is_blind=False).is_blind


def test_progress_names_reads_to_the_admin_only(staff: Staff, client_of: ClientOf) -> None:
    read_id = post(client_of(staff.reader), f"{staff.base}next/").json()["read_id"]
    for_admin = client_of(staff.admin).get(f"{staff.base}progress/").json()
    assert [read["id"] for row in for_admin["rows"] for read in row["reads"]] == [read_id]
    assert client_of(staff.exporter).get(f"{staff.base}progress/").json()["being_read"] == 1
    assert all(not row["reads"] for row in client_of(staff.exporter).get(f"{staff.base}progress/").json()["rows"])
    assert client_of(staff.admin).get(f"{staff.base}progress/?offset=-1").status_code == 400
    assert client_of(staff.admin).get(f"{staff.base}progress/?offset=2").json()["rows"][0]["name"] == for_admin["rows"][2]["name"]


def test_progress_takes_few_queries_whatever_the_number_of_images(
    staff: Staff, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    large = make_campaign(staff.society, staff.admin, images=60, readers=(staff.reader, staff.spare))
    client = client_of(staff.admin)
    with django_assert_max_num_queries(22):
        assert len(client.get(f"/api/campaigns/{large.pk}/progress/").json()["rows"]) == 60


def test_members_are_added_and_roles_taken(staff: Staff, client_of: ClientOf) -> None:
    client = client_of(staff.admin)
    url = f"/api/societies/{staff.society.slug}/members/"
    added = post(client, url, {"username": "suzuki", "name": "鈴木", "role": "reader"})
    assert added.status_code == 201
    person = User.objects.get(username="suzuki")
    assert person.check_password(added.json()["first_password"])
    more = post(client, url, {"username": "suzuki", "role": "exporter"}).json()
    assert more["first_password"] == ""
    assert {tuple(row["roles"]) for row in more["members"] if row["username"] == "suzuki"} == {("exporter", "reader")}
    left = client.delete(f"{url}{person.pk}/reader/").json()["members"]
    assert [row["roles"] for row in left if row["username"] == "suzuki"] == [["exporter"]]
    refused = client.delete(f"{url}{staff.admin.pk}/admin/")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "last_admin")
    stranger = Staff().reader
    assert client.delete(f"{url}{stranger.pk}/reader/").status_code == 404
    assert client.delete(f"{url}{person.pk}/owner/").status_code == 404
    taken = post(client, url, {"username": stranger.username, "role": "reader"})
    assert (taken.status_code, taken.json()["error"]["code"]) == (409, "username_taken")


def test_refusals_speak_the_readers_language(staff: Staff) -> None:
    client = Client(headers={"Accept-Language": "ja"})
    client.force_login(staff.admin)
    refused = client.delete(f"/api/societies/{staff.society.slug}/members/{staff.admin.pk}/admin/")
    assert refused.json()["error"]["message"] == "学会には管理者が少なくとも1人必要です。"
