"""Child processes that decode pixels, so that no codec ever runs in a web process.

`PixelPool` hands each request to one of a few children (`python -m viewer.tiles.worker`). A child has a memory limit
and a time limit; one that crashes, hangs or answers nonsense is killed and replaced. The request it was serving is given
to another child; only one whose children crash twice, or that takes too long, fails with a `ReaderError`. All methods are
thread-safe and block the calling thread.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any, Final, NamedTuple

from viewer.readers import errors
from viewer.tiles import wire
from viewer.tiles.child import Child

RECENT_PATHS: Final = 16
# A file that ends two workers will end a third. A worker that somebody else ended says nothing about the file.
CRASHES_BORNE: Final = 1
KILLS_BORNE: Final = 3


class Encoded(NamedTuple):
    """Bytes ready to be sent.

    Attributes:
        content_type: media type of the body.
        body: the bytes, already content-encoded if `headers` says so.
        headers: further response headers.
    """

    content_type: str
    body: bytes
    headers: dict[str, str]


class PixelPool:
    """A bounded set of pixel workers.

    Args:
        workers: how many children run at most; they are started when first needed.
        memory_limit_bytes: address space of each child (RLIMIT_AS).
        wall_limit_s: how long one request may take, and how long it may wait for a free child.
    """

    def __init__(self, *, workers: int = 2, memory_limit_bytes: int = 3 << 30, wall_limit_s: float = 30.0) -> None:
        self._limit = max(1, workers)
        self._memory_limit_bytes = memory_limit_bytes
        self._wall_limit_s = wall_limit_s
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
        self._inspections = threading.BoundedSemaphore(max(1, self._limit - 1))

    def inspect(self, path: str) -> dict[str, Any]:
        """What the file at `path` holds, after its first pixels were decoded once.

        Returns:
            the inspection: engine, kind, size, levels, spacing, frames, DICOM identity, acquisition, warnings.

        Raises:
            ReaderError: with the reason why the file is refused.
        """
        absolute = str(Path(path).absolute())  # a child has a working directory of its own
        request = {"verb": "inspect", "path": absolute}
        if not self._serving:
            return self._ask(request, absolute)[0]
        # Whoever looks at images always finds a worker, however many bad files are being opened.
        if not self._inspections.acquire(timeout=self._wall_limit_s):
            raise errors.WorkerBusy("workers_busy")
        try:
            return self._ask(request, absolute)[0]
        finally:
            self._inspections.release()

    def stored_index(self, source: dict[str, Any]) -> bytes:
        """The packed index of the tiles that a slide stores as JPEG; see `viewer.tiles.stored.index_file`.

        Raises:
            ReaderError: when the file cannot be parsed.
        """
        return self._ask({"verb": "index", "source": source}, str(source["paths"][0]))[1]

    def make(self, job: dict[str, Any], path: str) -> tuple[list[int], bytes]:
        """Tiles for a sidecar: their lengths, and the JPEG files one after the other; see `viewer.tiles.made.maker`.

        Raises:
            ReaderError: when they cannot be made.
        """
        answer, body = self._ask({"verb": "make", **job}, path)
        return [int(length) for length in answer.get("lengths", [])], body

    def tile(self, source: dict[str, Any], level: int, column: int, row: int) -> Encoded:
        """One tile of a slide or photograph as JPEG; column and row are 0-based.

        Raises:
            OutOfRange: when the level's grid has no such tile.
            ReaderError: when it cannot be decoded.
        """
        return self._encoded({"verb": "tile", "source": source, "level": level, "column": column, "row": row})

    def tile_in_srgb(self, source: dict[str, Any], level: int, column: int, row: int) -> Encoded:
        """Like `tile`, with the slide's colour profile applied; the same where it has none.

        Raises:
            OutOfRange: when the level's grid has no such tile.
            ReaderError: when it cannot be decoded.
        """
        place = {"level": level, "column": column, "row": row}
        return self._encoded({"verb": "tile", "source": source, "srgb": True, **place})

    def frame(self, source: dict[str, Any], frame: int) -> Encoded:
        """One frame (0-based): gzip'd little-endian samples for values, JPEG for colour.

        Raises:
            OutOfRange: when there is no such frame.
            ReaderError: when it cannot be decoded.
        """
        return self._encoded({"verb": "frame", "source": source, "frame": frame})

    def thumbnail(self, source: dict[str, Any], *, max_px: int = 256) -> Encoded:
        """A JPEG of the whole image whose longer side has at most `max_px` pixels.

        Raises:
            ReaderError: when it cannot be decoded.
        """
        return self._encoded({"verb": "thumbnail", "source": source, "max_px": max_px})

    def region(
        self,
        source: dict[str, Any],
        *,
        x: float,
        y: float,
        width: float,
        height: float,
        out_width: int,
        out_height: int,
        frame: int = 0,
    ) -> Encoded:
        """A rectangle of level-0 pixels as an RGB PNG of `out_width` x `out_height`; white outside the image.

        Raises:
            OutOfRange: when the rectangle is empty, not finite or asked for too large.
            ReaderError: when it cannot be decoded.
        """
        rectangle = {"x": x, "y": y, "width": width, "height": height}
        wanted = {"out_width": out_width, "out_height": out_height, "frame": frame}
        return self._encoded({"verb": "region", "source": source, **rectangle, **wanted})

    def share(self, path: str, wanted: str, **details: Any) -> tuple[dict[str, Any], bytes]:
        """What of one DICOM instance may leave the site; see `viewer.tiles.share`.

        Args:
            path: of the instance's file, absolute.
            wanted: metadata, bulk, frame, head or rendered.
            **details: plain values that say more about it.

        Raises:
            OutOfRange: when the instance has no such frame or value.
            ReaderError: when it cannot be answered.
        """
        return self._ask({"verb": "share", "path": path, "wanted": wanted, **details}, path)

    def worker_ids(self) -> list[int]:
        """The process ids of the workers that run now; for measurements."""
        with self._lock:
            return [child.pid for child in [*self._idle, *self._busy]]

    def warm_up(self) -> None:
        """Start every child now and keep a spare one from here on; for a server, whose requests shall never wait for a start.

        Returns once they are started. From now on inspections leave one worker free.
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
        for child in busy:
            child.stop()
        for child in idle:
            child.dispose()

    def _encoded(self, header: dict[str, Any]) -> Encoded:
        paths = header["source"].get("paths") or [""]
        answer, body = self._ask(header, str(paths[0]))
        return Encoded(str(answer["content_type"]), body, {str(k): str(v) for k, v in answer["headers"].items()})

    def _ask(self, header: dict[str, Any], path: str) -> tuple[dict[str, Any], bytes]:
        try:
            message = wire.pack(header)
        except ValueError as error:
            raise errors.ReaderError("bad_request") from error
        child, answer, body = self._exchange(message, path)
        if answer.get("leaving"):
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
                return child, *child.exchange(message, deadline)
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
        """An idle child, best one that has this path open already; called with the lock held."""
        for dead in [child for child in self._idle if not child.alive]:
            self._idle.remove(dead)
            self._recent.pop(dead.pid, None)
            dead.dispose()
        if not self._idle:
            return None
        knowing = (child for child in self._idle if path in self._recent[child.pid])
        child = next(knowing, self._idle[-1])
        self._idle.remove(child)
        self._busy.add(child)
        self._remember(child, path)
        return child

    def _start(self, path: str) -> Child:
        try:
            child = self._take_spare() or Child(self._memory_limit_bytes, self._wall_limit_s)
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
            spare = Child(self._memory_limit_bytes, self._wall_limit_s)
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


class _Shared:
    """The one pool of this process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.pool: PixelPool | None = None
        self.owner = 0
        self.options: dict[str, Any] = {}


_shared: Final = _Shared()


def configure_default_pool(*, workers: int = 2, memory_limit_bytes: int = 3 << 30, wall_limit_s: float = 30.0) -> None:
    """Say how the shared pool is to be made; a pool that exists already is closed and made anew when next asked for."""
    with _shared.lock:
        old, _shared.pool = _shared.pool, None
        _shared.options = {"workers": workers, "memory_limit_bytes": memory_limit_bytes, "wall_limit_s": wall_limit_s}
    if old is not None:
        old.close()


def default_pool() -> PixelPool:
    """The pool that this process shares; made on first use, closed when the interpreter ends."""
    with _shared.lock:
        # A fork has copied the pool but not the right to its pipes.
        if _shared.pool is None or _shared.owner != os.getpid():
            _shared.pool, _shared.owner = PixelPool(**_shared.options), os.getpid()
            atexit.register(_shared.pool.close)
        return _shared.pool
