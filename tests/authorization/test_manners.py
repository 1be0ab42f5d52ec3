"""What holds for every address: sign-in by default, the CSRF token for every write, JSON only, one shape of error in two languages."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.test import Client
from django.urls import get_resolver, reverse
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.settings import api_settings

from tests.authorization.everybody import BODIES, Everybody, ask
from tests.authorization.routes import METHODS, methods_of, routes
from tests.authorization.table import ANONYMOUS, OPERATOR, PUBLIC, ROLES, TABLE

ROUTES = {route.name: route for route in routes(get_resolver().url_patterns)}
API = sorted(name for name, route in ROUTES.items() if route.is_api and name not in PUBLIC)
WRITES = [(name, method) for name, route in sorted(ROUTES.items()) for method in METHODS[1:] if method in methods_of(route)]
CALLS = [(name, method) for name in API for method in METHODS if method in methods_of(ROUTES[name])]
JAPANESE = re.compile(r"[぀-ヿ一-鿿]")


def call(world: Everybody, client: Client, name: str, method: str, role: str, **headers: str) -> Any:
    return ask(client, name, ROUTES[name].parameters, method, world.asked(role, name), **headers)


def counted() -> dict[str, int]:
    """Return how many rows there are of everything."""
    return {model.__name__: model._default_manager.count() for model in apps.get_models()}


def error_of(response: Any) -> dict[str, str]:
    """Return the error of an answer, whose shape is checked."""
    assert response.headers["Content-Type"] == "application/json", response.content
    answer = json.loads(response.content)
    assert set(answer) == {"error"}
    error: dict[str, str] = answer["error"]
    assert {"code", "message", "hint"} <= set(error), error
    assert all(isinstance(error[name], str) for name in ("code", "message", "hint"))
    assert re.fullmatch(r"[a-z][a-z0-9_]*", error["code"]), error
    return error


def said_in_both_languages(
    world: Everybody, name: str, method: str, role: str, **headers: str
) -> tuple[int, dict[str, str], dict[str, str]]:
    """Return the status of a refused request and its error in Japanese and in English."""
    answers = {language: call(world, world.client(role, language=language), name, method, role) for language in ("ja", "en")}
    assert answers["ja"].status_code == answers["en"].status_code >= 400, (name, method, answers["en"].status_code)
    return answers["en"].status_code, error_of(answers["ja"]), error_of(answers["en"])


def assert_said(japanese: dict[str, str], english: dict[str, str]) -> None:
    assert japanese["code"] == english["code"]
    for part in ("message", "hint"):
        assert english[part], english
        assert not JAPANESE.search(english[part]), english
        assert JAPANESE.search(japanese[part]), japanese


def test_public_routes_are_those_that_the_table_opens_to_all() -> None:
    opened = {route for route, rows in TABLE.items() for row in rows.values() if row[ANONYMOUS] == 200}
    assert opened <= PUBLIC
    assert [name for name, route in ROUTES.items() if route.is_api and name in PUBLIC] == ["api-schema"]


def test_nothing_is_let_in_by_default() -> None:
    assert [IsAuthenticated] == api_settings.DEFAULT_PERMISSION_CLASSES


def is_let_in(status: int) -> bool:
    """Tell whether somebody may do it; 409: who may, but it cannot be done with what these tests have."""
    return status < 300 or status == 409


@pytest.mark.parametrize("name", API)
def test_every_api_view_requires_a_session(name: str) -> None:
    view = ROUTES[name].view_class
    assert IsAuthenticated in view.permission_classes
    assert view.authentication_classes


@pytest.mark.parametrize("name", API)
def test_no_api_view_is_browsable(name: str) -> None:
    renderers = ROUTES[name].view_class.renderer_classes
    assert not any(issubclass(renderer, BrowsableAPIRenderer) for renderer in renderers)


@pytest.mark.parametrize(("name", "method"), CALLS)
def test_whoever_asks_for_a_page_gets_json(world: Everybody, name: str, method: str) -> None:
    role = next(role for role in ROLES if is_let_in(TABLE[name][method][role]))
    answer = call(world, world.client(role), name, method, role, Accept="text/html,application/xhtml+xml;q=0.9")
    assert answer.status_code in {200, 201, 204, 406, 409}
    assert "html" not in answer.headers.get("Content-Type", "")
    if answer.status_code == 406:
        error_of(answer)
    answer.close()


@pytest.mark.parametrize("accept", ["text/html,application/xhtml+xml,*/*;q=0.8", "*/*"])
@pytest.mark.parametrize("name", [name for name in API if "GET" in TABLE[name]])
def test_a_browser_sees_json_when_it_looks_at_the_api(world: Everybody, name: str, accept: str) -> None:
    answer = call(world, world.client("other_reader"), name, "GET", "other_reader", Accept=accept)
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(("name", "method"), WRITES)
def test_a_write_needs_the_csrf_token(world: Everybody, name: str, method: str) -> None:
    allowed = [role for role in ROLES if is_let_in(TABLE[name][method][role]) and role != ANONYMOUS]
    role = allowed[0] if allowed else ANONYMOUS if name == "login" else "reader"
    client = world.client(role, enforce_csrf_checks=True)
    answer = call(world, client, name, method, role)
    assert answer.status_code == 403
    assert error_of(answer)["code"] == "csrf_failed"
    if not ROUTES[name].is_api:
        return
    # The same request of the same browser with the token goes through.
    client.get(reverse("collections"))
    token = "t" * 32
    client.cookies[settings.CSRF_COOKIE_NAME] = token
    assert call(world, client, name, method, role, **{"X-CSRFToken": token}).status_code == TABLE[name][method][role]
    other_site = {"X-CSRFToken": token, "Origin": "https://elsewhere.example"}
    assert call(world, client, name, method, role, **other_site).status_code == 403


@pytest.mark.parametrize("name", [name for name, rows in TABLE.items() if "GET" in rows and name != "set_language"])
def test_reading_writes_nothing(world: Everybody, name: str) -> None:
    """A link on another site can do nothing; only what was exported or released is noted, and how far the ledger was found whole."""
    role = next(role for role in ROLES if TABLE[name]["GET"][role] == 200)
    client, before = world.client(role), counted()
    answer = call(world, client, name, "GET", role)
    answer.close()
    after = counted()
    assert {model for model in after if after[model] != before[model]} <= {"ExportRun", "DatasetExport", "LedgerEntry", "LedgerCheck"}


@pytest.mark.parametrize(("name", "method"), CALLS)
def test_no_session_is_said_in_both_languages(world: Everybody, name: str, method: str) -> None:
    status, japanese, english = said_in_both_languages(world, name, method, ANONYMOUS)
    assert (status, english["code"]) == (401, "not_signed_in")
    assert_said(japanese, english)


@pytest.mark.parametrize(("name", "method"), [call for call in CALLS if TABLE[call[0]][call[1]]["nobody"] >= 400])
def test_a_refusal_is_said_in_both_languages(world: Everybody, name: str, method: str) -> None:
    status, japanese, english = said_in_both_languages(world, name, method, "nobody")
    assert status in {403, 404}
    assert_said(japanese, english)


@pytest.mark.parametrize("name", API)
def test_a_wrong_method_is_said_in_both_languages(world: Everybody, name: str) -> None:
    method = min(set(METHODS) - methods_of(ROUTES[name]))
    status, japanese, english = said_in_both_languages(world, name, method, OPERATOR)
    assert (status, english["code"]) == (405, "method_not_allowed")
    assert_said(japanese, english)


BAD_BODIES = {
    "no JSON": ("application/json", b"{"),
    "another type": ("text/plain", b"hello"),
    "a list": ("application/json", b"[1, 2]"),
    "NaN": ("application/json", b'{"sequence": NaN}'),
    "unknown members": ("application/json", b'{"surprise": 1}'),
}


# Everything is optional in a request for runs: it is for all images.
BAD_REQUESTS = [(*call, bad) for call in sorted(BODIES) for bad in BAD_BODIES if (call[0], bad) != ("suggestion-runs", "unknown members")]


@pytest.mark.parametrize(("name", "method", "bad"), BAD_REQUESTS)
def test_a_bad_body_is_said_in_both_languages(world: Everybody, name: str, method: str, bad: str) -> None:
    role = next(role for role in ("reader", "admin", "exporter") if is_let_in(TABLE[name][method][role]))
    asked, (content_type, content) = world.asked(role, name), BAD_BODIES[bad]
    address = reverse(name, kwargs={part: getattr(asked, part) for part in ROUTES[name].parameters})
    said = []
    for language in ("ja", "en"):
        headers = {"If-Match": '"1"', "Idempotency-Key": str(uuid.uuid4())}
        answer = world.client(role, language=language).generic(method, address, content, content_type=content_type, headers=headers)
        assert answer.status_code in {400, 415, 422}, (answer.status_code, answer.content)
        said.append(error_of(answer))
    assert_said(*said)
