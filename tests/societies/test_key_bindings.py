"""A person's own keys: kept for them alone, checked before they are kept, and on the page without a request."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.template import Context, Template
from django.test import Client, RequestFactory

from societies.models import KeyBindings
from societies.selectors.key_bindings import bindings_of
from societies.services.key_bindings import MAX_BYTES, MAX_ENTRIES, set_bindings
from viewer.api.errors import ApiError

pytestmark = pytest.mark.django_db
ADDRESS = "/api/account/key-bindings/"
GOOD = {"tool.polygon": ["g"], "marks.redo": ["Ctrl+Shift+Z", "Ctrl+Y"], "read.save": [], "image.in": ["+"], "label.核": ["F12", "Alt+å"]}


@pytest.fixture
def person() -> User:
    return User.objects.create_user("someone")


def put(client: Client, body: Any) -> Any:
    return client.put(ADDRESS, body if isinstance(body, str | bytes) else json.dumps(body), content_type="application/json")


def test_keys_are_kept_and_replaced_as_a_whole(person: User) -> None:
    assert bindings_of(user=person) == {}
    assert set_bindings(user=person, bindings=GOOD) == GOOD
    assert bindings_of(user=person) == GOOD
    set_bindings(user=person, bindings={"gone.action": ["x"]})
    assert bindings_of(user=person) == {"gone.action": ["x"]}
    set_bindings(user=person, bindings={})
    assert bindings_of(user=person) == {}
    assert KeyBindings.objects.count() == 1


def test_everybody_has_their_own(person: User, client_of: Callable[[User], Client]) -> None:
    other = User.objects.create_user("another")
    assert put(client_of(person), {"bindings": GOOD}).status_code == 200
    assert client_of(other).get(ADDRESS).json() == {"bindings": {}}
    # Whom a request names does not matter: keys are those of the person who is signed in.
    assert put(client_of(other), {"bindings": {"a": ["b"]}, "user": person.pk, "user_id": person.pk}).status_code == 200
    assert client_of(person).get(f"{ADDRESS}?user={other.pk}").json() == {"bindings": GOOD}
    assert put(Client(), {"bindings": GOOD}).status_code == 401


@pytest.mark.parametrize(
    "hostile",
    [
        None, 7, "b", [], [["tool.box", "b"]], True,
        {"a": "b"}, {"a": None}, {"a": {"b": "c"}}, {"a": [1]}, {"a": [None]}, {"a": [["b"]]},
        {"a": [""]}, {"a": [" "]}, {"a": ["bb"]}, {"a": ["Ctrl"]}, {"a": ["Ctrl+"]}, {"a": ["Shift+Ctrl+Z"]}, {"a": ["Meta+Z"]},
        {"a": ["b\n"]}, {"a": ["\u200b"]}, {"a": ["F25"]}, {"a": ["F0"]}, {"a": ["<script>"]}, {"a": ["b", "b"]}, {"a": list("bcdef")},
        {"": ["b"]}, {"a\u0007": ["b"]}, {"x" * 201: ["b"]},
    ],
)  # fmt: skip
def test_what_are_no_keys_is_refused_and_changes_nothing(person: User, client_of: Callable[[User], Client], hostile: Any) -> None:
    set_bindings(user=person, bindings=GOOD)
    answer = put(client_of(person), {"bindings": hostile})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "key_bindings_invalid")
    assert answer.json()["error"]["pointer"].startswith("/bindings")
    assert bindings_of(user=person) == GOOD


@pytest.mark.parametrize("body", ["[]", "null", "7", '"b"', "{}"])
def test_a_body_without_bindings_is_refused(person: User, client_of: Callable[[User], Client], body: str) -> None:
    assert put(client_of(person), body).status_code == 422


@pytest.mark.parametrize("body", ["", "{", '{"bindings": {"a": ["\\ud800"]}}', '{"bindings": {"a\\u0000": ["b"]}}', '{"bindings": NaN}'])
def test_what_is_no_json_is_refused(person: User, client_of: Callable[[User], Client], body: str) -> None:
    assert put(client_of(person), body).status_code in {400, 422}
    assert bindings_of(user=person) == {}


def test_there_are_bounds(person: User) -> None:
    most = {f"label.{at}": ["b"] for at in range(MAX_ENTRIES)}
    assert set_bindings(user=person, bindings=most) == most
    large = {f"{at:03}{'核' * 190}": ["b"] for at in range(MAX_ENTRIES)}
    assert len(json.dumps(large, ensure_ascii=False).encode()) > MAX_BYTES
    for too_many in (most | {"one.more": ["b"]}, large):
        with pytest.raises(ApiError) as refused:
            set_bindings(user=person, bindings=too_many)
        assert refused.value.code == "key_bindings_too_many"
    assert bindings_of(user=person) == most


def test_a_pointer_names_the_entry_and_nothing_longer(person: User) -> None:
    for action, pointer in (("a/b~c", "/bindings/a~1b~0c"), ("y" * 9999, f"/bindings/{'y' * 200}")):
        with pytest.raises(ApiError) as refused:
            set_bindings(user=person, bindings={action: "b"})
        assert refused.value.pointer == pointer


def test_pages_carry_them_and_no_name_ends_the_element(person: User) -> None:
    wild = {"</script><b>": ["<"]}
    set_bindings(user=person, bindings=wild)
    request = RequestFactory().get("/")
    request.user = person
    page = Template("{% load keys %}{% key_bindings %}").render(Context({"request": request}))
    found = re.fullmatch(r'<script id="key-bindings" type="application/json">([^<>]*)</script>', page)
    assert found is not None
    assert json.loads(found[1]) == wild
