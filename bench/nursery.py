"""Workers to be killed, born grown up: one process loads Django once and forks a worker for each request.

A bench that kills a hundred workers would otherwise spend its time on a hundred starts of Python and Django. A worker is a process of
its own with a site of its own; it opens its database itself, and nothing of it is in the process that bore it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Final

__all__ = ["Nursery", "Worker"]

ROOT: Final = Path(__file__).resolve().parents[1]
_TIMEOUT_S: Final = 120.0
_KILLED: Final = -9


class Worker:
    """A process that was born."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self._nursery, self.pid = nursery, pid

    def kill(self) -> bool:
        """Kill it (SIGKILL) and wait until it is gone; tell whether it was still at work."""
        os.kill(self.pid, 9)  # a process that ended waits to be asked for by its parent: the number is still its own
        return self.wait() == _KILLED

    def wait(self, timeout_s: float = _TIMEOUT_S) -> int | None:
        """Return how it ended, minus the signal where it was killed; None while it has not."""
        ended: int | None = self._nursery.ask({"wait": self.pid, "timeout_s": timeout_s})["ended"]
        return ended


class Nursery:
    """The process that bears workers; to be used as a context."""

    def __init__(self) -> None:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("MITATE_")}
        command = [sys.executable, "-m", "bench.nursery"]
        self._folder = tempfile.TemporaryDirectory(prefix="mitate-nursery-")
        environment = kept | {"DJANGO_SETTINGS_MODULE": "config.settings", "MITATE_DATA_DIR": self._folder.name}
        self._process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ask({})

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, *_error: object) -> None:
        self._stream(self._process.stdin).close()
        self._process.wait()
        self._stream(self._process.stdout).close()
        self._folder.cleanup()

    def born(self, folder: Path, *work: str) -> Worker:
        """Return a new worker of the site in a folder; `work` is the name of a command of manage.py or `import`, with its arguments."""
        return Worker(self, self.ask({"folder": str(folder), "work": work})["pid"])

    def done(self, folder: Path, *work: str) -> None:
        """Let a worker do its work to the end. Raises RuntimeError where it fails or takes longer than two minutes."""
        ended = self.born(folder, *work).wait()
        if ended != 0:
            raise RuntimeError(f"{' '.join(work)} ended with {ended}")

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send a request and return the answer."""
        pipe = self._stream(self._process.stdin)
        pipe.write(json.dumps(request) + "\n")
        pipe.flush()
        answer: dict[str, Any] = json.loads(self._stream(self._process.stdout).readline())
        return answer

    @staticmethod
    def _stream(stream: IO[str] | None) -> IO[str]:
        assert stream is not None
        return stream


def _serve() -> None:
    """Load everything once, then answer requests until there are no more."""
    import django  # noqa: PLC0415

    django.setup()
    from annotation.management.commands import export, work  # noqa: F401, PLC0415  # loaded for all workers
    from bench import import_worker  # noqa: F401, PLC0415
    from config import urls  # noqa: F401, PLC0415

    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), flush=True)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    if "wait" in request:
        return {"ended": _ended(request["wait"], request["timeout_s"])}
    if "work" not in request:
        return {}
    pid = os.fork()
    if pid == 0:
        _live(Path(request["folder"]), request["work"])
    return {"pid": pid}


def _ended(pid: int, timeout_s: float) -> int | None:
    until = time.monotonic() + timeout_s
    while True:
        gone, status = os.waitpid(pid, os.WNOHANG)
        if gone:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= until:
            return None
        time.sleep(0.002)


def _live(folder: Path, work: Sequence[str]) -> None:
    """Work in the site of a folder, and end; never returns."""
    code = 1
    try:
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nothing, number)
        _move_to(folder)
        _do(*work)
        code = 0
    finally:
        os._exit(code)


def _move_to(folder: Path) -> None:
    from django.conf import settings  # noqa: PLC0415
    from django.db import connections  # noqa: PLC0415

    os.environ["MITATE_DATA_DIR"] = str(folder)
    settings.DATA_DIR = folder
    settings.STORAGES["default"]["OPTIONS"]["location"] = folder / "files"
    connections["default"].settings_dict["NAME"] = folder / "mitate.sqlite3"


def _do(name: str, *arguments: str) -> None:
    if name == "import":
        from bench.import_worker import main  # noqa: PLC0415

        main()
        return
    from django.core.management import call_command  # noqa: PLC0415

    call_command(name, *arguments)


if __name__ == "__main__":
    _serve()
