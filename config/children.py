"""Child processes of ``serve``: started with it, started again when they die, stopped with it, even when it is killed."""

import logging
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_STOP_WAIT_S = 5.0
_LOOK_EVERY_S = 1.0
_LONG_LIFE_S = 60.0
_PAUSE_S = 10.0
log = logging.getLogger(__name__)


@dataclass
class _Child:
    name: str
    arguments: Sequence[str]
    folder: Path
    process: subprocess.Popen[bytes]
    started_s: float
    restart_at_s: float | None = None
    once: bool = False


class Children:
    """The processes that belong to one ``serve``. One that dies is started again, after a pause when it dies at once."""

    def __init__(self) -> None:
        self._children: list[_Child] = []
        self._stopping = threading.Event()
        self._watcher: threading.Thread | None = None

    def start(self, name: str, arguments: Sequence[str], *, folder: Path, once: bool = False) -> None:
        """Start a Python module or script under the interpreter that runs this process; ``once``: it may end."""
        self._children.append(_Child(name, arguments, folder, _spawn(arguments, folder), time.monotonic(), once=once))

    def watch(self) -> None:
        """Begin to start again what dies."""
        self._watcher = threading.Thread(target=self._watch, name="children", daemon=True)
        self._watcher.start()

    def _watch(self) -> None:
        while not self._stopping.wait(_LOOK_EVERY_S):
            for child in self._children:
                self._tend(child, time.monotonic())

    def _tend(self, child: _Child, now_s: float) -> None:
        if child.once or child.process.poll() is None:
            return
        if child.restart_at_s is None:
            lived_s = now_s - child.started_s
            pause_s = 0.0 if lived_s > _LONG_LIFE_S else _PAUSE_S
            child.restart_at_s = now_s + pause_s
            log.warning(
                "%s ended with code %s after %.0f s and is started again in %.0f s", child.name, child.process.returncode, lived_s, pause_s
            )
        if now_s >= child.restart_at_s:
            child.process, child.started_s, child.restart_at_s = _spawn(child.arguments, child.folder), now_s, None

    def stop(self) -> None:
        """Ask every child to end, then end those that do not."""
        self._stopping.set()
        if self._watcher is not None:
            self._watcher.join()
        for child in self._children:
            if child.process.poll() is None:
                child.process.terminate()
        for child in self._children:
            try:
                child.process.wait(_STOP_WAIT_S)
            except subprocess.TimeoutExpired:
                log.warning("%s did not stop within %s s and is killed", child.name, _STOP_WAIT_S)
                child.process.kill()
                child.process.wait()
        self._children.clear()


def _spawn(arguments: Sequence[str], folder: Path) -> subprocess.Popen[bytes]:
    # setpriv (util-linux) has the kernel stop the child when this process goes, however it goes: prctl(2), PR_SET_PDEATHSIG.
    setpriv = shutil.which("setpriv")
    leash = [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []
    # Models may wait, readers may not: where the processor is short, it is the web process's.
    leash += [nice, "-n", "5"] if (nice := shutil.which("nice")) else []
    return subprocess.Popen(  # noqa: S603  # our own interpreter and our own modules
        [*leash, sys.executable, *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        # Its own session: Ctrl-C reaches the parent alone, which then stops the children in order.
        start_new_session=True,
    )
