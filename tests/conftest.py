"""What every test stands on: the test data, a data folder of its own, and a database that can be emptied."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

# Two runs on one commit end alike; `HYPOTHESIS_PROFILE=searching` looks at other examples each time.
# How long examples take to make says how busy the machine is, not how good they are.
hypothesis_settings.register_profile("same", derandomize=True, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.register_profile("searching", derandomize=False, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

REPOSITORY = Path(__file__).resolve().parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put long tests first: at the end one core would wait while the other still has one to do."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real and hostile files that lies beside the repository."""
    folder = REPOSITORY.parent / "shared" / "data"
    assert (folder / "MANIFEST.csv").is_file(), f"the test data is missing: {folder}"
    return folder


@pytest.fixture(scope="session")
def samples() -> Path:
    """Folder of the small, freely licensed images that ship with the project."""
    return REPOSITORY / "samples"


@pytest.fixture(autouse=True)
def _plain_static_files(settings: object) -> None:
    """Serve static files unhashed in tests that do not start a server of their own."""
    settings.STORAGES = {  # type: ignore[attr-defined]
        **settings.STORAGES,  # type: ignore[attr-defined]
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def _english() -> None:
    """Begin in English: the language of a request stays with the thread, and would pass from one test to the next."""
    translation.activate("en")


@pytest.fixture(autouse=True, scope="session")
def _emptied_databases() -> Iterator[None]:
    """Let transactional tests empty their database although its history is append-only."""
    from django.db import connections
    from django.test import TransactionTestCase

    from annotation.append_only import ALL_TABLES, create_triggers, drop_triggers
    from societies.append_only import ALL_TABLES as SOCIETY_TABLES

    tables = (*ALL_TABLES, *SOCIETY_TABLES)
    empty = TransactionTestCase._fixture_teardown

    def empty_without_triggers(self: TransactionTestCase) -> None:
        aliases = self._databases_names(include_mirrors=False)
        for alias in aliases:
            drop_triggers(connections[alias], tables)
        empty(self)
        for alias in aliases:
            create_triggers(connections[alias], tables)

    TransactionTestCase._fixture_teardown = empty_without_triggers
    yield
    TransactionTestCase._fixture_teardown = empty
