"""The real server as a process of its own."""

from collections.abc import Iterator

import pytest

from tests.annotation.suggestions import reference


@pytest.fixture(scope="session")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with reference.running(tmp_path_factory.mktemp("reference")) as port:
        yield f"http://127.0.0.1:{port}"
