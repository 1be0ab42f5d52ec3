"""Fixtures of the tests of marking."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections
from django.test import Client

from annotation.models import Campaign, Read
from annotation.services.operations import OperationsResult, apply_operations
from tests.annotation.marking.objects import make_campaign, make_read


@pytest.fixture
def campaign(db: None) -> Campaign:
    return make_campaign()


@pytest.fixture
def read(campaign: Campaign) -> Read:
    return make_read(campaign)


@pytest.fixture
def save(read: Read) -> Callable[..., OperationsResult]:
    """Apply operations to the read as its reader."""
    return lambda *operations: apply_operations(user=read.reader, read_id=read.pk, operations=operations)


@pytest.fixture
def client_of(settings: Any, tmp_path: Path) -> Callable[[User], Client]:
    """A browser that is signed in."""
    settings.STATIC_ROOT = tmp_path  # the middleware for static files warns where the folder is missing

    def signed_in(user: User) -> Client:
        client = Client(headers={"Accept-Language": "en"})
        client.force_login(user)
        return client

    return signed_in


@pytest.fixture
def database_for_threads(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    """A database that threads can share the way a served site shares it; only threads may use it.

    Tests on SQLite run in memory, where two connections cannot wait for one another. Here they get a file instead.
    """
    if connection.vendor != "sqlite":
        yield
        return
    entry: dict[str, Any] = connections.settings["default"]
    in_memory = entry["NAME"]
    path = tmp_path / "threads.sqlite3"
    connection.ensure_connection()
    with sqlite3.connect(path) as file:
        connection.connection.backup(file)
    file.close()
    entry["NAME"] = str(path)
    yield
    entry["NAME"] = in_memory
