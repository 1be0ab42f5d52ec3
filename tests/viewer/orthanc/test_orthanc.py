"""Orthanc, as Debian ships it and unchanged: it sends to us by C-STORE and STOW-RS, and searches and fetches by DICOMweb."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY
from tests.viewer.orthanc.peer import missing

pytestmark = pytest.mark.long
SENT = 9
WITHHELD = 3  # a slide's label, overview and thumbnail, which never leave


def own_network() -> list[str]:
    """The command in front of another that runs it, and all that it starts, in a network of its own."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return [shutil.which("unshare") or "unshare", *user, "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> dict[str, Any]:
    """What happened. Orthanc listens on every address, so it is only started where there is none but loopback."""
    if missing():
        pytest.skip(f"not installed: {missing()} (scripts/system_packages.sh installs them where it may)")
    if subprocess.run([*own_network(), "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no network of its own can be made here: unshare --net is not permitted")
    folder = tmp_path_factory.mktemp("orthanc")
    scenario = [sys.executable, "-W", "ignore", "-m", "tests.viewer.orthanc.scenario", str(folder), str(shared_data)]
    done = subprocess.run([*own_network(), *scenario], cwd=REPOSITORY, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return seen


def test_it_fetches_what_it_finds(told: dict[str, Any]) -> None:
    """Each study under our UID, each instance with the very pixels that the hospital's file has."""
    fetched = told["fetched"]
    assert [status for _, status in fetched["studies"]] == [200] * 4
    assert all(uid.startswith("2.25.") for uid, _ in fetched["studies"])
    assert set(fetched["pixels"]) < set(told["originals"])
    assert len(set(fetched["pixels"])) == len(told["originals"]) - WITHHELD


def test_it_sends_by_c_store(told: dict[str, Any]) -> None:
    stored = told["c_store"]
    assert (stored["echo"], stored["sent"]) == (200, [200, 200])
    verbs = [line.split()[2] for line in stored["log"]]
    assert verbs == ["stored"] * SENT + ["duplicate"] * SENT


def test_it_hears_the_truth(told: dict[str, Any]) -> None:
    stored = told["c_store"]
    assert (stored["first"], stored["conflict"]) == (200, 500)
    (line,) = stored["refused"]
    assert "C000 sop_uid_conflict" in line


def test_it_sends_by_stow(told: dict[str, Any]) -> None:
    stow = told["stow"]
    assert (stow["status"], int(stow["answer"]["InstancesCount"])) == (200, stow["count"])
    assert stow["kept"] == stow["count"] == SENT + 1
