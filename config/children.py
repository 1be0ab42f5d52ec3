"""Child processes of ``serve``: started with it, stopped with it, even when it is killed."""

import ctypes
import logging
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_STOP_WAIT_S = 5.0
log = logging.getLogger(__name__)


def _die_with_parent() -> None:
    """Ask the kernel to stop this child when its parent goes, however it goes (prctl(2), Linux)."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Children:
    """The processes that belong to one ``serve``."""

    def __init__(self) -> None:
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []

    def start(self, name: str, arguments: Sequence[str], *, folder: Path) -> None:
        """Start a Python module or script under the interpreter that runs this process."""
        child = subprocess.Popen(  # noqa: S603  # our own interpreter and our own modules
            [sys.executable, *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            # Its own session: Ctrl-C reaches the parent alone, which then stops the children in order.
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509  # no threads run yet
        )
        self._running.append((name, child))

    def stop(self) -> None:
        """Ask every child to end, then end those that do not."""
        for _name, child in self._running:
            if child.poll() is None:
                child.terminate()
        for name, child in self._running:
            try:
                child.wait(_STOP_WAIT_S)
            except subprocess.TimeoutExpired:
                log.warning("%s did not stop within %s s and is killed", name, _STOP_WAIT_S)
                child.kill()
                child.wait()
        self._running.clear()
