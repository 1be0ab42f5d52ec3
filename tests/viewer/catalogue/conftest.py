"""A data folder of its own for each test, and people with and without rights."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from guardian.shortcuts import assign_perm

from tests.conftest import REPOSITORY
from viewer.models import Collection
from viewer.services.collections import create_collection
from viewer.services.ingest import IngestResult, ingest_file


@pytest.fixture(autouse=True)
def data_dir(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path / "data"
    settings.STATIC_ROOT = settings.DATA_DIR / "static"
    settings.STATIC_ROOT.mkdir(parents=True)
    return settings.DATA_DIR


@pytest.fixture
def collection(db: None) -> Collection:
    return create_collection(slug="ours", name="Ours")


@pytest.fixture
def other_collection(db: None) -> Collection:
    return create_collection(slug="theirs", name="Theirs")


@pytest.fixture
def take(collection: Collection) -> Callable[..., IngestResult]:
    """Ingest a file into the collection."""

    def _take(path: Path, name: str | None = None) -> IngestResult:
        return ingest_file(collection=collection, path_or_stream=path, name=name or path.name)

    return _take


def client_with(collection: Collection | None, *permissions: str, username: str) -> Client:
    user = User.objects.create_user(username)  # with no password: hashing one takes longer than most tests
    for permission in permissions:
        assert collection is not None
        assign_perm(permission, user, collection)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def uploader(collection: Collection) -> Client:
    return client_with(collection, "view_collection", "upload_collection", username="uploader")


@pytest.fixture
def reader(collection: Collection) -> Client:
    return client_with(collection, "view_collection", username="reader")


@pytest.fixture
def stranger(other_collection: Collection) -> Client:
    return client_with(other_collection, "view_collection", "upload_collection", username="stranger")


def stored_files(folder: Path) -> list[str]:
    """Everything under a data folder that an ingest may leave."""
    kept = ("images", "manifests", "incoming")
    return sorted(str(p.relative_to(folder)) for top in kept for p in (folder / top).rglob("*") if p.is_file())


@dataclass
class Site:
    """A whole site in a folder of its own, with its database on disk, driven through real processes."""

    folder: Path

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "MITATE_DATA_DIR": str(self.folder),
            "MITATE_DATABASE_URL": "",
            # The settings that tests run on would put a data folder of their own in place of this one.
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }

    def manage(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=REPOSITORY, env=self.environment(), capture_output=True, text=True, timeout=180, check=False, **options
        )

    def run(self, script: str, *arguments: str, **options: Any) -> str:
        """Run a script in a process of its own that has Django set up; returns what it printed."""
        head = "import os, sys\nos.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'\nimport django\ndjango.setup()\n"
        done = subprocess.run(
            [sys.executable, "-c", head + script, *arguments],
            cwd=REPOSITORY,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
            **options,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a freshly migrated SQLite file with one collection; migrating takes seconds, copying none."""
    site = Site(tmp_path_factory.mktemp("migrated"))
    done = site.manage("migrate", "-v0")
    assert done.returncode == 0, done.stderr
    site.run("from viewer.services.collections import create_collection\ncreate_collection(slug='ours', name='Ours')")
    site.run("from django.db import connection\nc = connection.cursor()\nc.execute('PRAGMA wal_checkpoint(TRUNCATE)')")
    return (site.folder / "mitate.sqlite3").read_bytes()


@pytest.fixture
def site(tmp_path: Path, migrated: bytes) -> Site:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "mitate.sqlite3").write_bytes(migrated)
    return Site(folder)
