"""What people and programs are told when the server itself fails."""

from pathlib import Path

import pytest
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from pytest_django import Settings

import config.urls


def away(request: HttpRequest) -> HttpResponse:
    """Ask a database that is not there."""
    nowhere = {"NAME": Path("/nowhere/at/all.sqlite3"), "ENGINE": "django.db.backends.sqlite3", "OPTIONS": {}, "TIME_ZONE": None}
    defaults = {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False, "ATOMIC_REQUESTS": False, "AUTOCOMMIT": True}
    DatabaseWrapper(nowhere | defaults, "nowhere").ensure_connection()
    return HttpResponse()


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a bug")


urlpatterns = [path("api/away/", away), path("away/", away), path("broken/", broken), *config.urls.urlpatterns]
handler500 = config.urls.handler500
pytestmark = pytest.mark.django_db


@pytest.fixture
def client(settings: Settings, tmp_path: Path) -> Client:
    settings.ROOT_URLCONF = __name__
    # The middleware for static files warns where the folder is missing.
    settings.STATIC_ROOT = tmp_path
    return Client(raise_request_exception=False, headers={"accept-language": "ja"})


def test_a_program_is_told_that_the_database_is_away_and_when_to_come_back(client: Client) -> None:
    answer = client.get("/api/away/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    error = answer.json()["error"]
    assert (error["code"], error["message"]) == ("database_unavailable", "データベースが応答しません。")
    assert error["hint"]


def test_a_person_is_told_on_a_page(client: Client) -> None:
    answer = client.get("/away/")
    assert answer.status_code == 503
    assert "データベースが応答しません。" in answer.content.decode()


def test_a_bug_stays_a_bug(client: Client) -> None:
    assert client.get("/broken/").status_code == 500
