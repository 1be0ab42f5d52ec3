"""A real reference endpoint, a hostile one, and pictures taken into a collection."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from annotation.models import Campaign, SuggestionRun
from annotation.services.suggestion_runs import claim_run, execute_run
from annotation.services.suggestions import request_runs
from tests.annotation.suggestions import hostile, objects, reference


@pytest.fixture(autouse=True)
def own_folder(settings: Settings, tmp_path: Path) -> None:
    """Keep pictures and manifests apart from the site's own."""
    settings.DATA_DIR = tmp_path
    # The middleware for static files warns where the folder is missing.
    settings.STATIC_ROOT = tmp_path


@pytest.fixture(scope="session")
def reference_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with reference.running(tmp_path_factory.mktemp("reference")) as port:
        yield port


@pytest.fixture
def reference_url(reference_port: int, settings: Settings) -> str:
    settings.MODEL_HOSTS = [*settings.MODEL_HOSTS, f"127.0.0.1:{reference_port}"]
    return f"http://127.0.0.1:{reference_port}"


@pytest.fixture
def hostile_url(settings: Settings) -> Iterator[str]:
    with hostile.running() as server:
        settings.MODEL_HOSTS = [*settings.MODEL_HOSTS, f"127.0.0.1:{server.port}"]
        yield f"http://127.0.0.1:{server.port}"


@pytest.fixture
def photograph(shared_data: Path) -> Path:
    return shared_data / "photo" / "derm" / "ISIC_0000001.jpg"


@pytest.fixture
def slide(shared_data: Path) -> Path:
    return shared_data / "wsi" / "aperio" / "CMU-1-Small-Region.svs"


@pytest.fixture
def carried_out() -> Callable[[Campaign], list[SuggestionRun]]:
    """Ask for runs on all images of a campaign and carry out whatever waits."""

    def carry_out(campaign: Campaign) -> list[SuggestionRun]:
        request_runs(campaign=campaign, user=objects.user())
        done = []
        while (run := claim_run()) is not None:
            done.append(execute_run(run=run))
        return done

    return carry_out
