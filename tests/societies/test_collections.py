"""A society admin makes collections; refusals name the field, and nobody learns of another society's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from societies.models import Society
from tests.factories import ADMIN, EXPORTER, READER, make_person, make_society
from viewer.models import Collection

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


@pytest.fixture
def society() -> Society:
    return make_society("amber")


@pytest.fixture
def admin(society: Society, client_of: ClientOf) -> Client:
    return client_of(make_person(society, "admin", ADMIN))


def make(client: Client, society: Society, **body: Any) -> Any:
    return client.post(f"/api/societies/{society.slug}/collections/", body, content_type="application/json")


def test_an_admin_makes_a_collection_and_goes_on_to_its_images(society: Society, admin: Client, client_of: ClientOf) -> None:
    made = make(admin, society, name=" 大腸内視鏡 2026 ", slug="colon-2026")
    assert made.status_code == 201
    collection = Collection.objects.get(pk=made.json()["id"])
    assert (collection.slug, collection.name, collection.owner.society) == ("amber-colon-2026", "大腸内視鏡 2026", society)
    assert made.json()["upload_url"] == f"/collections/{collection.pk}/upload/"
    assert admin.get(made.json()["upload_url"]).status_code == 200
    exporter, reader = (client_of(make_person(society, role, role)) for role in (EXPORTER, READER))
    assert exporter.get(f"/collections/{collection.pk}/").status_code == 200
    assert exporter.get(made.json()["upload_url"]).status_code == 404
    assert reader.get(f"/collections/{collection.pk}/").status_code == 404


def test_without_a_short_name_the_next_free_number_is_given(society: Society, admin: Client) -> None:
    assert make(admin, society, name="皮膚").json()["slug"] == "amber-1"
    assert make(admin, society, name="Third", slug="3").json()["slug"] == "amber-3"
    assert make(admin, society, name="皮膚", slug="").json()["slug"] == "amber-4"


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"name": "  ", "slug": "a"}, "collection_name_missing", "/name"),
        ({"name": "A", "slug": "Upper"}, "slug_invalid", "/slug"),
        ({"name": "A", "slug": "-a"}, "slug_invalid", "/slug"),
        ({"name": "A", "slug": "a/../b"}, "slug_invalid", "/slug"),
        ({"name": "A", "slug": "大腸"}, "slug_invalid", "/slug"),
        ({"name": "A", "slug": "a" * 32}, "slug_invalid", "/slug"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(society: Society, admin: Client, body: dict[str, str], code: str, pointer: str) -> None:
    refused = make(admin, society, **body)
    assert (refused.status_code, refused.json()["error"]["code"], refused.json()["error"]["pointer"]) == (422, code, pointer)
    assert refused.json()["error"]["hint"]
    assert not Collection.objects.exists()


@pytest.mark.parametrize("body", [{}, {"slug": "a"}, {"name": "x" * 201}, {"name": ["x"]}, {"name": "x", "slug": "a" * 65}])
def test_what_is_no_collection_at_all_is_refused(society: Society, admin: Client, body: dict[str, Any]) -> None:
    refused = make(admin, society, **body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid")


def test_a_short_name_is_taken_in_its_own_society_only(society: Society, admin: Client, client_of: ClientOf) -> None:
    other = make_society("birch")
    theirs = client_of(make_person(other, "admin", ADMIN))
    assert make(admin, society, name="Colon", slug="colon").status_code == 201
    again = make(admin, society, name="Colon", slug="colon")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "slug_taken")
    assert make(theirs, other, name="Colon", slug="colon").json()["slug"] == "birch-colon"
    assert make(theirs, society, name="Colon", slug="mine").status_code == 404


def test_refusals_are_said_in_japanese_too(society: Society) -> None:
    client = Client(headers={"Accept-Language": "ja"})
    client.force_login(make_person(society, "admin", ADMIN))
    assert make(client, society, name="").json()["error"]["message"] == "コレクションに名前が必要です。"


def test_the_way_to_a_new_collection_is_shown_to_admins_only(society: Society, admin: Client, client_of: ClientOf) -> None:
    reader = client_of(make_person(society, "reader", READER))
    assert 'href="/collections/new/"' in admin.get("/collections/").content.decode()
    assert 'href="/collections/new/"' in admin.get("/campaigns/new/").content.decode(), "nothing to make a campaign from yet"
    assert "/collections/new/" not in reader.get("/collections/").content.decode()
    assert reader.get("/collections/new/").status_code == 404
    page = admin.get("/collections/new/").content.decode()
    assert f"/api/societies/{society.slug}/collections/" in page
