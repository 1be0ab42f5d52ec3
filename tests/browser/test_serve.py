"""What `make run` starts: how it ends, and how soon it is there again."""

import time
from pathlib import Path

from tests.browser.site import Site
from tests.waiting import wait_for

SECOND_START_S = 3.0
# Of the first start, where the machine does other things as well and everything takes longer.
SECOND_START_SHARE = 0.3


def processes_of(folder: Path) -> dict[int, str]:
    """Return the command line of every process that was started for the data folder, by its environment."""
    wanted = f"MITATE_DATA_DIR={folder / 'data'}".encode()
    found: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


def test_ctrl_c_and_second_start(tmp_path: Path) -> None:
    site = Site(tmp_path)
    began = time.monotonic()
    site.start()
    first = time.monotonic() - began
    running = processes_of(tmp_path)
    assert len(running) >= 3, running
    assert site.stop() == 0
    assert processes_of(tmp_path) == {}

    began = time.monotonic()
    site.start()
    took = time.monotonic() - began
    print(f"first start: {first:.2f} s, second start: {took:.2f} s")
    try:
        assert took <= max(SECOND_START_S, SECOND_START_SHARE * first)
    finally:
        site.kill()
    # Nothing was said to the children: they find out by themselves that they are alone.
    wait_for("the children to end", lambda: not processes_of(tmp_path))
