"""A bounded set of pixel workers: started when needed, replaced when they die, never asked for two things at once.

A child has a memory limit and a time limit; one that crashes, hangs or answers nonsense is killed and replaced. The request it
was serving is given to another child; only one whose children crash twice, or that takes too long, fails. All methods are
thread-safe and block the calling thread.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from typing import Any, Final

from viewer.readers import errors
from viewer.tiles import wire
from viewer.tiles.child import Child, WorkerGone
from viewer.tiles.overdue import Watch

RECENT_PATHS: Final = 16
# A file that ends two workers will end a third. A worker that somebody else ended says nothing about the file.
CRASHES_BORNE: Final = 1
KILLS_BORNE: Final = 3


class Crew:
    """Hands each request to one of a few children (`python -m viewer.tiles.worker`).

    Args:
        workers: how many children run at most; they are started when first needed.
        memory_limit_bytes: address space of each child (RLIMIT_AS).
        wall_limit_s: how long one request may take, and how long it may wait for a free child.
        niceness: how far the children stand back for other processes, 0 to 19.
    """

    def __init__(self, *, workers: int = 2, memory_limit_bytes: int = 3 << 30, wall_limit_s: float = 30.0, niceness: int = 0) -> None:
        self._limit = max(1, workers)
        self._memory_limit_bytes = memory_limit_bytes
        self._wall_limit_s = wall_limit_s
        self._niceness = niceness
        self._lock = threading.Lock()
        self._freed = threading.Condition(self._lock)
        self._idle: list[Child] = []
        self._busy: set[Child] = set()
        self._starting = 0
        self._recent: dict[int, deque[str]] = {}
        self._closed = False
        self._serving = False
        self._spare: Child | None = None
        self._making_spare = False
        self._watch = Watch()

    def worker_ids(self) -> list[int]:
        """The process ids of the workers that run now; for measurements."""
        with self._lock:
            return [child.pid for child in [*self._idle, *self._busy]]

    def warm_up(self) -> None:
        """Start every child now and keep a spare one from here on; for a server, whose requests shall never wait for a start.

        Returns once they are started.
        """
        started: list[Child] = []
        while len(started) < self._limit:
            with self._lock:
                if self._closed or len(self._idle) + len(self._busy) + self._starting >= self._limit:
                    break
                self._starting += 1
            started.append(self._start(""))
        for child in started:
            self._release(child)
        self._serving = True
        self._make_spare()

    def close(self) -> None:
        """Stop every child; requests that wait or run fail with `pool_closed` or `worker_crashed`."""
        with self._lock:
            self._closed = True
            idle, busy = list(self._idle), list(self._busy)
            if self._spare is not None:
                idle.append(self._spare)
            self._idle.clear()
            self._spare = None
            self._freed.notify_all()
        self._watch.close()
        for child in busy:
            child.stop()
        for child in idle:
            child.dispose()

    def _ask(self, header: dict[str, Any], path: str) -> tuple[dict[str, Any], bytes]:
        try:
            message = wire.pack_request(header)
        except ValueError as error:
            raise errors.ReaderError("bad_request") from error
        child, answer, body = self._exchange(message, path)
        if answer.get("leaving") or child.overdue:
            self._discard(child)
        else:
            self._release(child)
        if "error" in answer:
            raise errors.from_json(answer["error"])
        return answer.get("result", {}), body

    def _exchange(self, message: bytes, path: str) -> tuple[Child, dict[str, Any], bytes]:
        """The answer and the child that gave it; what a child left undone is given to another, within one wall limit."""
        crashes = kills = 0
        deadline: float | None = None
        while True:
            child = self._acquire(path)
            deadline = deadline or time.monotonic() + self._wall_limit_s
            try:
                self._watch.begin(child, deadline)
                try:
                    return child, *child.exchange(message)
                finally:
                    self._watch.end(child)
            except WorkerGone:
                self._discard(child)
            except errors.WorkerCrashed:
                if child.was_killed():
                    kills += 1
                else:
                    crashes += 1
                self._discard(child)
                if crashes > CRASHES_BORNE or kills > KILLS_BORNE:
                    raise
            except BaseException:
                self._discard(child)
                raise

    def _acquire(self, path: str) -> Child:
        deadline = time.monotonic() + self._wall_limit_s
        with self._lock:
            while True:
                if self._closed:
                    raise errors.ReaderError("pool_closed")
                child = self._pick(path)
                if child is not None:
                    return child
                if len(self._busy) + self._starting < self._limit:
                    self._starting += 1
                    break
                if not self._freed.wait(max(0.0, deadline - time.monotonic())):
                    raise errors.WorkerBusy("workers_busy")
        return self._start(path)

    def _pick(self, path: str) -> Child | None:
        """An idle child, best one that has this path open already, and of those the one that worked last: it is still warm.

        Called with the lock held.
        """
        if not self._idle:
            return None
        knowing = (child for child in reversed(self._idle) if path in self._recent[child.pid])
        child = next(knowing, self._idle[-1])
        self._idle.remove(child)
        self._busy.add(child)
        self._remember(child, path)
        return child

    def _start(self, path: str) -> Child:
        try:
            child = self._take_spare() or Child(self._memory_limit_bytes, self._wall_limit_s, self._niceness)
        except OSError as error:
            with self._lock:
                self._starting -= 1
                self._freed.notify()
            raise errors.WorkerCrashed("worker_crashed", "no process could be started") from error
        with self._lock:
            self._starting -= 1
            self._busy.add(child)
            self._remember(child, path)
        return child

    def _take_spare(self) -> Child | None:
        """The spare child, if there is one that lives; the next one is made meanwhile."""
        if not self._serving:
            return None
        with self._lock:
            spare, self._spare = self._spare, None
        threading.Thread(target=self._make_spare, name="pixel-spare", daemon=True).start()
        if spare is not None and not spare.alive:
            spare.dispose()
            return None
        return spare

    def _make_spare(self) -> None:
        with self._lock:
            if self._spare is not None or self._making_spare or self._closed:
                return
            self._making_spare = True
        spare: Child | None = None
        with contextlib.suppress(OSError):  # no process to be had now: the next request that needs one says so
            spare = Child(self._memory_limit_bytes, self._wall_limit_s, self._niceness)
        with self._lock:
            self._making_spare = False
            if not self._closed:
                self._spare, spare = spare, None
        if spare is not None:
            spare.dispose()

    def _remember(self, child: Child, path: str) -> None:
        recent = self._recent.setdefault(child.pid, deque(maxlen=RECENT_PATHS))
        if path not in recent:
            recent.append(path)

    def _release(self, child: Child) -> None:
        with self._lock:
            self._busy.discard(child)
            if not self._closed:
                self._idle.append(child)
                self._freed.notify()
                return
        child.dispose()

    def _discard(self, child: Child) -> None:
        child.dispose()
        with self._lock:
            self._busy.discard(child)
            self._recent.pop(child.pid, None)
            self._freed.notify()
