"""The real reference endpoint as a process of its own, on a free loopback port."""

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]


@contextlib.contextmanager
def running(data_dir: Path) -> Iterator[int]:
    """Start it, give its port, stop it."""
    command = [sys.executable, "-m", "reference_endpoint", "--port", "0", "--data-dir", str(data_dir)]
    process = subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        found = re.search(r"listens on http://127\.0\.0\.1:(\d+)", line)
        assert found, line + (process.stderr.read() if process.poll() is not None else "")
        yield int(found[1])
    finally:
        process.terminate()
        assert process.wait(15) == 0
        process.stderr.close()
