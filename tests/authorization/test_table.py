"""The authorization table against the site: every route and method, for every role, and no route without a row."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import get_resolver, path, resolve, reverse
from django.views.decorators.http import require_safe
from rest_framework.views import APIView

from tests.authorization.everybody import FIRST, SECOND, Everybody, ask, body_of, leaks, outside_of, secrets_of
from tests.authorization.routes import METHODS, Route, gaps, leftovers, methods_of, routes
from tests.authorization.table import ANONYMOUS, NOBODY, OPERATOR, OTHERS, ROLES, TABLE

CASES = [(route, method, role) for route, rows in TABLE.items() for method in rows for role in ROLES]
STRANGERS = (ANONYMOUS, NOBODY, *OTHERS)


def all_routes() -> list[Route]:
    return list(routes(get_resolver().url_patterns))


def parameters_of(name: str) -> frozenset[str]:
    return next(route.parameters for route in all_routes() if route.name == name)


def test_every_route_and_method_has_a_row() -> None:
    assert gaps(all_routes(), TABLE) == []


def test_every_row_has_its_route() -> None:
    assert leftovers(all_routes(), TABLE) == []


def test_every_row_speaks_of_every_role() -> None:
    assert [(route, method) for route, rows in TABLE.items() for method, row in rows.items() if set(row) != set(ROLES)] == []


def test_a_route_without_a_row_is_noticed() -> None:
    class Planted(APIView):
        def patch(self, request: Any) -> HttpResponse:
            return HttpResponse()

    @require_safe
    def planted_page(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    def open_to_all_methods(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    planted = [
        path("api/planted/", Planted.as_view(), name="planted"),
        path("planted/", planted_page),
        path("any/<int:number>/", open_to_all_methods, name="any"),
        path("collections/again/", planted_page, name="collections"),
    ]
    found = gaps(list(routes([*get_resolver().url_patterns, *planted])), TABLE)
    assert found == [
        "planted: PATCH /api/planted/ has no row",
        "planted/: GET /planted/ has no row",
        *(f"any: {method} /any/<int:number>/ has no row" for method in sorted(METHODS)),
        "collections is the name of two routes",
    ]


def test_a_new_method_of_a_known_route_is_noticed() -> None:
    known = next(route for route in all_routes() if route.name == "api-read")

    class WithDelete(known.view_class):  # type: ignore[misc]
        def delete(self, request: Any, read_id: Any) -> HttpResponse:
            return HttpResponse()

    assert gaps([known._replace(view=WithDelete.as_view())], TABLE) == ["api-read: DELETE /api/reads/<uuid:read_id>/ has no row"]


@pytest.mark.parametrize(("route", "method", "role"), CASES, ids=lambda value: value)
def test_answer(world: Everybody, route: str, method: str, role: str) -> None:
    parameters, asked = parameters_of(route), world.asked(role, route)
    response = ask(world.client(role), route, parameters, method, asked)
    text = body_of(response, asked)
    assert response.status_code == TABLE[route][method][role], text
    if role in STRANGERS:
        assert leaks(text, secrets_of(world.first, FIRST)) == []
    if role in {ANONYMOUS, NOBODY} or (role not in OTHERS and role != OPERATOR):
        assert leaks(text, secrets_of(world.second, SECOND)) == []
    if response.status_code == 404:
        # The own society's pages are linked in every header, also where the address names no society.
        phantom = asked.phantom() if "slug" in parameters else replace(asked.phantom(), slug=asked.slug)
        nothing = ask(world.client(role), route, parameters, method, phantom)
        assert (nothing.status_code, body_of(nothing, phantom)) == (404, text)
        assert outside_of(nothing) == outside_of(response)
        assert set(nothing.cookies) == set(response.cookies)


@pytest.mark.parametrize("route", sorted(TABLE))
def test_other_methods_are_refused(world: Everybody, route: str) -> None:
    found = next(each for each in all_routes() if each.name == route)
    # The sign-in page sends people on who are signed in, whatever they ask.
    role = ANONYMOUS if route == "login" else OPERATOR
    for method in sorted(set(METHODS) - methods_of(found)):
        assert ask(world.client(role), route, found.parameters, method, world.asked(role)).status_code == 405, method


@pytest.mark.parametrize("route", sorted(route for route, rows in TABLE.items() if "GET" in rows))
@pytest.mark.parametrize("role", [ANONYMOUS, "reader", "admin", "other_admin"])
def test_asking_for_the_head_only_tells_no_more(world: Everybody, route: str, role: str) -> None:
    parameters, asked = parameters_of(route), world.asked(role, route)
    response = ask(world.client(role), route, parameters, "HEAD", asked)
    assert response.status_code == TABLE[route]["GET"][role]
    assert response.streaming or not response.content
    response.close()


@pytest.mark.parametrize("route", sorted(TABLE))
def test_options_tell_nothing_of_objects(world: Everybody, route: str) -> None:
    parameters, asked = parameters_of(route), world.asked("other_admin", route)
    phantom = asked.phantom()
    here = ask(world.client("other_admin"), route, parameters, "OPTIONS", asked)
    nowhere = ask(world.client("other_admin"), route, parameters, "OPTIONS", phantom)
    assert (here.status_code, body_of(here, asked)) == (nowhere.status_code, body_of(nowhere, phantom))


@pytest.mark.parametrize("address", ["/admin/", "/media/", "/data/", "/api/", "/files/", "/static/../mitate.sqlite3", "/manifests/"])
def test_what_is_no_route_is_nothing(world: Everybody, address: str) -> None:
    assert world.client(OPERATOR).get(address).status_code == 404


def test_pages_ask_people_to_sign_in_and_bring_them_back(world: Everybody) -> None:
    for route, rows in TABLE.items():
        if rows.get("GET", {}).get(ANONYMOUS) == 302 and route not in {"set_language"}:
            asked = world.asked(ANONYMOUS)
            address = reverse(route, kwargs={name: getattr(asked, name) for name in parameters_of(route)})
            assert resolve(address).url_name == route
            assert world.client(ANONYMOUS).get(address).headers["Location"] == f"{reverse('login')}?next={address}"
