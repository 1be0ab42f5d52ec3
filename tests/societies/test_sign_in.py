"""Guessing passwords is slow, for the guesser alone; a session begins under a new key."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache, caches
from django.test import Client

from societies.services import sign_in
from societies.services.sign_in import FAILURES, WINDOW_S, admit_attempt, forget_failures

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-enough-password"
HERE, ELSEWHERE = "192.0.2.7", "192.0.2.8"


@pytest.fixture(autouse=True)
def _nothing_counted(settings: Any) -> Iterator[None]:
    # The real hash takes half a second, on purpose; here a hundred passwords are tried.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def person() -> User:
    return User.objects.create_user("someone", password=PASSWORD)


def attempt(password: str, *, username: str = "someone", address: str = HERE, language: str = "en") -> Any:
    client = Client(headers={"Accept-Language": language}, REMOTE_ADDR=address)
    return client.post("/login/", {"username": username, "password": password})


def fail(times: int = FAILURES, **where: str) -> None:
    for _each in range(times):
        assert attempt("wrong", **where).status_code == 200


@pytest.mark.parametrize(("language", "said"), [("en", "Wait 15 minutes"), ("ja", "15分待って")])
def test_after_ten_failures_even_the_right_password_is_not_looked_at(person: User, language: str, said: str) -> None:
    fail()
    refused = attempt(PASSWORD, language=language)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, str(WINDOW_S))
    assert said in refused.content.decode()
    assert "_auth_user_id" not in refused.client.session
    assert PASSWORD not in refused.content.decode()


def test_only_that_name_at_that_address_is_refused(person: User) -> None:
    other = User.objects.create_user("another", password=PASSWORD)
    fail()
    assert attempt(PASSWORD, address=ELSEWHERE).status_code == 302
    assert attempt(PASSWORD, username=other.username).status_code == 302
    assert attempt(PASSWORD).status_code == 429


def test_the_name_may_be_written_in_any_way_that_looks_the_same(person: User) -> None:
    fail(5, username="Someone")
    fail(5, username="ｓｏｍｅｏｎｅ")  # full width
    assert attempt(PASSWORD, username=" someone ").status_code == 429


def test_the_right_password_begins_the_count_anew(person: User) -> None:
    fail(FAILURES - 1)
    assert attempt(PASSWORD).status_code == 302
    fail()
    assert attempt(PASSWORD).status_code == 429


def test_a_name_without_account_is_slowed_down_alike(db: None) -> None:
    fail(username="nobody")
    assert attempt("wrong", username="nobody").status_code == 429


def test_failures_are_forgotten_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "WINDOW_S", -1)
    pair = {"username": "someone", "address": HERE}
    assert all(admit_attempt(**pair) for _each in range(3 * FAILURES)), "what is older than the window does not count"
    monkeypatch.undo()
    assert [admit_attempt(**pair) for _each in range(FAILURES + 1)] == [True] * FAILURES + [False]
    forget_failures(**pair)
    assert admit_attempt(**pair)


def test_many_attempts_at_once_find_no_gap() -> None:
    with ThreadPoolExecutor(8) as threads:
        admitted = list(threads.map(lambda _each: admit_attempt(username="someone", address=HERE), range(60)))
    assert admitted.count(True) == FAILURES


def test_an_ipv6_host_cannot_move_on_within_its_network() -> None:
    admitted = [admit_attempt(username="someone", address=f"2001:db8:0:1::{number:x}") for number in range(1, FAILURES + 2)]
    assert admitted == [True] * FAILURES + [False]
    assert admit_attempt(username="someone", address="2001:db8:0:2::1")
    assert admit_attempt(username="someone", address=""), "a web server behind a socket names no address"


def test_the_count_holds_across_processes_and_survives_the_tile_cache() -> None:
    assert admit_attempt(username="someone", address=HERE)
    # Another process has a cache object of its own over the same folder.
    fresh = caches.create_connection("default")
    assert [fresh.has_key(key) for key in sign_in._places("someone", HERE)] == [True] + [False] * (FAILURES - 1)
    assert settings.DATA_DIR / "cache" not in settings.CACHES["default"]["LOCATION"].parents


def test_a_session_begins_under_a_new_key(person: User) -> None:
    client = Client()
    session = client.session
    session["planted"] = "by whoever had the browser before"
    session.save()
    before = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert client.post("/login/", {"username": "someone", "password": PASSWORD}).status_code == 302
    after = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert before != after
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = before
    assert thief.get("/").status_code == 302, "the key that was known before opens nothing"


def test_another_person_in_the_same_browser_finds_nothing_of_the_first(person: User) -> None:
    User.objects.create_user("another", password=PASSWORD)
    client = Client()
    client.post("/login/", {"username": "someone", "password": PASSWORD})
    session = client.session
    session["note"] = "of someone"
    session.save()
    first = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.post("/logout/")
    client.post("/login/", {"username": "another", "password": PASSWORD})
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != first
    assert "note" not in client.session
