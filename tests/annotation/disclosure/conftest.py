"""Fixtures of the tests of tiers and releases."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _own_data_folder(settings: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the key of pseudonyms out of the site's own data folder."""
    folder: Path = tmp_path_factory.mktemp("data")
    settings.DATA_DIR = folder
    settings.STATIC_ROOT = folder  # the middleware for static files warns where the folder is missing
