"""Pages: whoever they are for sees what they need, in both languages, and nobody reads an identifier."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.test.client import RequestFactory
from django.views.defaults import bad_request, page_not_found, permission_denied, server_error

from tests.factories import ADMIN, EXPORTER, READER, make_campaign, make_person, make_society

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Words(HTMLParser):
    """The text of a page that a person reads: no attributes, no data for scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.inside_script = False

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.inside_script = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self.inside_script = False

    def handle_data(self, data: str) -> None:
        if not self.inside_script:
            self.texts.append(data.strip())


def words(html: str) -> str:
    parser = Words()
    parser.feed(html)
    return " ".join(text for text in parser.texts if text)


@pytest.fixture
def world(client_of: ClientOf) -> dict[str, Any]:
    society = make_society()
    people = {role: make_person(society, role, role) for role in (ADMIN, READER, EXPORTER)}
    campaign = make_campaign(society, people[ADMIN], readers=(people[READER],))
    return {"society": society, "campaign": campaign, **{role: client_of(person) for role, person in people.items()}}


def test_every_page_is_in_the_language_that_was_chosen(world: dict[str, Any]) -> None:
    addresses = {
        "/": ("ホーム", "Home"),
        "/campaigns/new/": ("新しいキャンペーン", "New campaign"),
        f"/campaigns/{world['campaign'].pk}/": ("進行状況", "Progress"),
        f"/societies/{world['society'].slug}/members/": ("会員と役割", "People and their roles"),
        "/endpoints/": ("モデルの登録", "Register a model"),
        "/password/": ("パスワードの変更", "Change password"),
    }
    client = world[ADMIN]
    for language, at in (("ja", 0), ("en", 1)):
        moved = client.post("/i18n/setlang/", {"language": language, "next": "/endpoints/"})
        assert (moved.status_code, moved.headers["Location"]) == (302, "/endpoints/")
        for address, texts in addresses.items():
            html = client.get(address).content.decode()
            assert f'<html lang="{language}">' in html
            assert texts[at] in words(html), (address, language)
            assert not UUID.search(words(html)), address


def test_pages_load_nothing_from_elsewhere_and_run_nothing_inline(world: dict[str, Any]) -> None:
    for address in ("/", "/campaigns/new/", f"/campaigns/{world['campaign'].pk}/", "/endpoints/"):
        answer = world[ADMIN].get(address)
        html = answer.content.decode()
        assert not re.search(r"""(?:src|href|action)=["']?(?:https?:)?//""", html), address
        assert not re.search(r"\son\w+=|\sstyle=|<style", html), address
        scripts = re.findall(r"<script\b([^>]*)>", html)
        assert all("src=" in script or 'type="application/json"' in script for script in scripts), address
        assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_each_role_finds_what_it_is_there_for(world: dict[str, Any]) -> None:
    home = {role: world[role].get("/").content.decode() for role in (ADMIN, READER, EXPORTER)}
    assert '"remaining": 3' in home[READER]
    assert "New campaign" not in words(home[READER])
    assert "New campaign" in words(home[ADMIN])
    assert '"can_export": true' in home[EXPORTER]
    page = f"/campaigns/{world['campaign'].pk}/"
    for_admin, for_exporter = (world[role].get(page).content.decode() for role in (ADMIN, EXPORTER))
    assert "Suggestions by a model" in for_admin
    assert "export/?format=" not in for_admin
    for format_name in ("document", "qupath", "coco"):
        assert f"export/?format={format_name}" in for_exporter
    assert "also reads not submitted yet (drafts)" in words(for_exporter)
    assert "drafts" not in words(for_admin)
    assert "Suggestions by a model" not in for_exporter
    assert world[READER].get(page).status_code == 404


def test_empty_states_say_what_to_do(client_of: ClientOf) -> None:
    society = make_society()
    reader, admin = make_person(society, "r", READER), make_person(society, "a", ADMIN)
    assert "adds you to a campaign" in words(client_of(reader).get("/").content.decode())
    assert "Upload images to a collection" in words(client_of(admin).get("/").content.decode())
    assert "no collection yet" in words(client_of(admin).get("/campaigns/new/").content.decode())


def test_signing_in_and_out(client: Client) -> None:
    User.objects.create_user("someone", password="a-long-enough-password")
    assert client.get("/").headers["Location"] == "/login/?next=/"
    wrong = client.post("/login/", {"username": "someone", "password": "no"}, headers={"Accept-Language": "ja"})
    assert "ユーザー名またはパスワードが違います" in words(wrong.content.decode())
    right = client.post("/login/", {"username": "someone", "password": "a-long-enough-password", "next": "/password/"})
    assert right.headers["Location"] == "/password/"
    assert client.get("/login/").headers["Location"] == "/", "signed in already"
    assert client.post("/logout/").headers["Location"] == "/login/"
    outside = client.post("/login/", {"username": "someone", "password": "a-long-enough-password", "next": "https://elsewhere.test/"})
    assert outside.headers["Location"] == "/"


def test_a_password_is_changed_and_the_fields_name_their_faults(client: Client) -> None:
    user = User.objects.create_user("someone", password="a-long-enough-password")
    client.force_login(user)
    wrong = client.post("/password/", {"old_password": "no", "new_password1": "short", "new_password2": "short"}).content.decode()
    assert 'aria-describedby="old_password-error' in wrong
    assert 'id="old_password-error"' in wrong
    new = "another-long-password"
    moved = client.post("/password/", {"old_password": "a-long-enough-password", "new_password1": new, "new_password2": new}, follow=True)
    assert "パスワードを変更しました" in words(moved.content.decode())
    user.refresh_from_db()
    assert user.check_password(new)


@pytest.mark.parametrize(("view", "status"), [(bad_request, 400), (permission_denied, 403), (page_not_found, 404), (server_error, 500)])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_error_pages_say_what_to_do_next(rf: RequestFactory, view: Any, status: int, language: str) -> None:
    from django.contrib.auth.models import AnonymousUser
    from django.utils import translation

    request = rf.get("/nowhere/")
    request.user = AnonymousUser()
    with translation.override(language):
        answer = view(request) if view is server_error else view(request, ValueError("secret words"))
    text = words(answer.content.decode())
    assert answer.status_code == status
    assert ("ホームへ" if language == "ja" else "Go to the home page") in text
    assert "secret words" not in answer.content.decode()
