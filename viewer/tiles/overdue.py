"""Ends workers that take too long.

A thread that reads a worker's answer waits without a limit of its own: asking the kernel for one with each read costs more than
the read. So somebody else looks at the clock, and ends the worker; the read then ends by itself.
"""

from __future__ import annotations

import threading
import time
from math import inf
from typing import Protocol


class Stoppable(Protocol):
    """What can be overdue."""

    def stop_overdue(self) -> None:
        """End it at once, and let its user know why."""


class Watch:
    """Looks at the clock for any number of workers; thread-safe. Its thread sleeps until the next one could be overdue."""

    def __init__(self) -> None:
        self._due_s: dict[Stoppable, float] = {}
        self._changed = threading.Condition()
        self._wakes_s = inf
        self._thread: threading.Thread | None = None
        self._closed = False

    def begin(self, worker: Stoppable, due_s: float) -> None:
        """From now on the worker is stopped when `due_s` (monotonic seconds) has come."""
        with self._changed:
            self._due_s[worker] = due_s
            if due_s < self._wakes_s:
                self._wake()

    def end(self, worker: Stoppable) -> None:
        """The worker is done; it is not stopped any more once this returns."""
        with self._changed:
            self._due_s.pop(worker, None)

    def close(self) -> None:
        """Look no more, once nothing runs any more."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _wake(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._look, name="pixel-watch", daemon=True)
            self._thread.start()
        self._changed.notify()

    def _look(self) -> None:
        with self._changed:
            while True:
                now_s = time.monotonic()
                for worker in [worker for worker, due_s in self._due_s.items() if due_s <= now_s]:
                    del self._due_s[worker]
                    worker.stop_overdue()
                self._wakes_s = min(self._due_s.values(), default=inf)
                if self._closed and not self._due_s:
                    return
                self._changed.wait(None if self._wakes_s == inf else self._wakes_s - now_s)
