"""``manage.py work`` as a process: killed in the middle, told to stop, several at once."""

import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.annotation.suggestions import hostile
from tests.annotation.suggestions.worksite import Worksite
from tests.viewer.catalogue.conftest import migrated  # noqa: F401  # a fixture

PARAMETERS = '{"mpp": 0.5, "max_crops": 2}'
Starter = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def site(tmp_path: Path, reference_port: int, migrated: bytes) -> Worksite:  # noqa: F811
    return Worksite(tmp_path, f"127.0.0.1:{reference_port}", migrated)


@pytest.fixture
def start() -> Iterator[Starter]:
    started: list[subprocess.Popen[bytes]] = []

    def starter(site: Worksite, *arguments: str) -> "subprocess.Popen[bytes]":
        started.append(site.work(*arguments))
        return started[-1]

    yield starter
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def wait_until(tmp_path: Path, question: str, *, within_s: float = 60.0) -> None:
    """Wait until a query on the site's database gives something true."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        connection = sqlite3.connect(tmp_path / "mitate.sqlite3", timeout=10)
        try:
            if connection.execute(question).fetchone()[0]:
                return
        finally:
            connection.close()
        time.sleep(0.05)
    raise AssertionError(f"did not come true within {within_s:g} s: {question}")


@pytest.mark.long
def test_killed_in_the_middle_and_started_again_nothing_is_lost_or_doubled(
    site: Worksite, start: Starter, tmp_path: Path, slide: Path, reference_port: int
) -> None:
    assert site.ask("make", str(slide), f"http://127.0.0.1:{reference_port}", "he-nuclei", PARAMETERS) == 1
    first = start(site, "--lease-seconds", "2")
    wait_until(tmp_path, "SELECT count(*) FROM annotation_suggestion")
    first.kill()
    first.wait(10)
    killed = site.ask("state")
    assert (killed["state"], killed["attempt"]) == ("running", 1)
    assert 0 < killed["suggestion_count"] == len(killed["stored"])
    time.sleep(2)
    assert start(site, "--once").wait(90) == 0
    done = site.ask("state")
    assert (done["state"], done["attempt"], done["error_code"]) == ("done", 2, "")
    assert done["suggestion_count"] == len(done["stored"])
    assert len({tuple(row) for row in done["stored"]}) == len(done["stored"])
    assert all(row in done["stored"] for row in killed["stored"])

    site.ask("make", str(slide), f"http://127.0.0.1:{reference_port}", "he-nuclei", PARAMETERS, "undisturbed")
    assert start(site, "--once").wait(90) == 0
    assert site.ask("state", "undisturbed")["stored"] == done["stored"]


def test_told_to_stop_while_a_model_never_answers(tmp_path: Path, start: Starter, slide: Path, migrated: bytes) -> None:  # noqa: F811
    with hostile.running() as server:
        site = Worksite(tmp_path, f"127.0.0.1:{server.port}", migrated)
        site.ask("make", str(slide), f"http://127.0.0.1:{server.port}/never", "m", PARAMETERS)
        worker = start(site)
        end = time.monotonic() + 60
        while not server.requests and time.monotonic() < end:
            time.sleep(0.05)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(10) == 0  # the model would let it wait for twice as long
        state = site.ask("state")
        assert (state["state"], state["attempt"]) == ("queued", 0)


@pytest.mark.long
def test_an_idle_worker_stops_at_once_and_two_share_the_work(
    site: Worksite, start: Starter, tmp_path: Path, slide: Path, reference_port: int
) -> None:
    site.ask("make", str(slide), f"http://127.0.0.1:{reference_port}", "he-nuclei", '{"max_crops": 1}')
    workers = [start(site), start(site)]
    wait_until(tmp_path, "SELECT count(*) FROM annotation_suggestionrun WHERE state = 'done'")
    state = site.ask("state")
    assert (state["attempt"], state["suggestion_count"]) == (1, len(state["stored"]))
    for worker in workers:
        worker.terminate()
    assert [worker.wait(10) for worker in workers] == [0, 0]
