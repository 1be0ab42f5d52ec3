"""One pixel worker process, seen from the parent."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from viewer.readers import errors
from viewer.tiles import wire

_ROOT: Final = str(Path(__file__).resolve().parents[2])
_WORKER: Final = ("-m", "viewer.tiles.worker")
_END_S: Final = 1.0
_FROM_OUTSIDE: Final = frozenset({-signal.SIGKILL, -signal.SIGTERM, -signal.SIGHUP})
# A codec that was taken over finds neither keys nor database addresses in its environment.
_ENVIRONMENT: Final = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONPATH": _ROOT,
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


class WorkerGone(errors.WorkerCrashed):
    """A worker had ended before it was asked: nothing of the request was at fault, or even begun."""


class Child:
    """A running worker and the two pipes to it; used by one thread at a time.

    Args:
        memory_limit_bytes: address space of the process.
        wall_limit_s: the worker ends itself when one request takes clearly longer than this, parent or no parent.
        niceness: how far it stands back for other processes, 0 to 19.
    """

    def __init__(self, memory_limit_bytes: int, wall_limit_s: float, niceness: int = 0) -> None:
        command = [sys.executable, *_WORKER, str(memory_limit_bytes), str(wall_limit_s), str(niceness)]
        self._process = subprocess.Popen(  # noqa: S603 -- fixed module, three numbers
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_ENVIRONMENT,
            cwd="/",
            bufsize=0,
            start_new_session=False,
        )
        assert self._process.stdin is not None  # noqa: S101 -- narrows the type, PIPE was asked for
        assert self._process.stdout is not None  # noqa: S101
        self._to_child = self._process.stdin
        self._from_child = self._process.stdout
        wire.widen(self._from_child.fileno())
        self._inbox = wire.Inbox(self._from_child.fileno())
        self.pid = self._process.pid
        self._greeted = False
        self.overdue = False  # whether it was ended because it took too long

    def exchange(self, message: bytes) -> tuple[dict[str, Any], bytes]:
        """Send one request and return the answer's header and body; waits until there is one, or the process ends.

        Raises:
            WorkerGone: when the process had ended before it could take the request; only for one that was heard of before.
            WorkerTimeout: when it was ended because it was overdue.
            WorkerCrashed: when it died or answered nonsense; it must then be disposed of.
        """
        try:
            self._send(message)
            if not self._greeted:
                self._inbox.receive()
                self._greeted = True
            return self._inbox.receive()
        except (wire.WireClosed, ValueError) as error:  # ValueError: the pipe was closed by PixelPool.close
            raise (errors.WorkerTimeout("worker_timeout") if self.overdue else errors.WorkerCrashed("worker_crashed")) from error

    def _send(self, message: bytes) -> None:
        try:
            wire.send(self._to_child.fileno(), message)
        except wire.WireClosed as error:
            if self._greeted and not self.overdue:
                raise WorkerGone("worker_crashed") from error
            raise

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    @property
    def warm(self) -> bool:
        """Whether the process has imported what it needs and would answer at once."""
        return self._greeted or self._inbox.readable()

    def was_killed(self) -> bool:
        """Whether somebody else ended the process (an operator, the kernel short of memory), not a fault of its own.

        To be asked once the pipe is closed; waits the moment that the kernel takes to say how the process ended.
        """
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(timeout=_END_S) in _FROM_OUTSIDE
        return False

    def stop_overdue(self) -> None:
        """As `stop`, but the thread then gets `WorkerTimeout`."""
        self.overdue = True
        self.stop()

    def stop(self) -> None:
        """End the process at once; a thread that waits for its answer then gets `WorkerCrashed`."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    def dispose(self) -> None:
        """End the process and close the pipes; only for the thread that has this child, as descriptors get reused."""
        self.stop()
        self._process.wait()
        with contextlib.suppress(OSError):
            self._to_child.close()
        with contextlib.suppress(OSError):
            self._from_child.close()
