"""A worker that is killed at any moment of an import, again and again, leaves nothing half done; the end is as without kills."""

from __future__ import annotations

import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from annotation.models import Annotation, ImportedAnnotation, ImportRun, Revision
from annotation.services.import_work import claim_import, execute_import
from annotation.services.mark_imports import confirm_import
from tests.annotation.importers.objects import collection, feature, imported, marks, named, received
from tests.annotation.marking.conftest import database_for_threads  # noqa: F401  # fixture
from tests.annotation.marking.objects import make_campaign, make_read
from tests.waiting import wait_for

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="the worker is a fork, which keeps no connection of PostgreSQL")
KILLS = int(os.environ.get("MITATE_IMPORT_KILLS", "10"))
MARKS = 1_500


def work() -> int:
    """Start a worker that does what there is to do; return its process id."""
    connections.close_all()
    process = os.fork()
    if process:
        return process
    try:
        while (run := claim_import(lease_s=0.01)) is not None:
            execute_import(run=run)
    finally:
        os._exit(0)


def killed_after(seconds: float) -> None:
    process = work()
    time.sleep(seconds)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)


def finished(run: ImportRun, state: str) -> None:
    def is_there() -> bool:
        os.waitpid(work(), 0)
        run.refresh_from_db()
        return run.state == state

    wait_for(f"the import to be {state}", is_there)


def said(mark: Annotation) -> tuple[Any, ...]:
    return (mark.granularity, bytes(mark.geometry_wkb or b""), mark.labels, mark.sequence, mark.revision, mark.origin)


@pytest.mark.usefixtures("database_for_threads")
def test_kills(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr("annotation.services.import_work.MAX_ATTEMPTS", 1_000)
    # The fixture's database is for threads.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(kill_an_import).result()


def kill_an_import() -> None:
    campaign = make_campaign()
    undisturbed, disturbed = named(make_read(campaign)), named(make_read(campaign))
    file = collection(*(feature(x / 8, name=f"class {x % 3}") for x in range(MARKS)))
    imported(undisturbed, file)
    run, chance = received(disturbed, file), random.Random(5)  # noqa: S311 -- times, no secrets
    for _kill in range(KILLS // 2):
        killed_after(chance.uniform(0, 1.5))
    finished(run, "read")
    confirm_import(run=run, labels={row["key"]: "tumour" for row in run.preview["labels"]})
    for _kill in range(KILLS - KILLS // 2):
        killed_after(chance.uniform(0, 1.0))
        assert len(marks(disturbed)) in {0, MARKS}
    finished(run, "done")
    assert list(map(said, marks(disturbed))) == list(map(said, marks(undisturbed)))
    assert Revision.objects.filter(read=disturbed).count() == ImportedAnnotation.objects.filter(run=run).count() == MARKS
    disturbed.refresh_from_db()
    assert disturbed.sequence == MARKS
    connections.close_all()
