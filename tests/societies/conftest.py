"""Fixtures of the tests of societies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.annotation.marking.conftest import database_for_threads  # noqa: F401  # a fixture


@pytest.fixture(autouse=True)
def _served_folder(settings: Any, tmp_path: Path) -> None:
    """Have a folder of static files; their middleware warns where it is missing."""
    settings.STATIC_ROOT = tmp_path


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """A browser that is signed in and set to English."""

    def signed_in(user: User) -> Client:
        client = Client(headers={"Accept-Language": "en"})
        client.force_login(user)
        return client

    return signed_in
