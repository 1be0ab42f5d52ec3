"""Rendered tiles and frames on disk, within a byte limit, safe for several processes.

One file an answer, in a folder an image, written beside its place and renamed into it. A file says its own length,
so one that was cut short is a miss. When the limit is passed, the answers unused longest go first.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Final, NamedTuple

from viewer.tiles.pool import Encoded

WRITES_BETWEEN_SWEEPS: Final = 200
KEEP_AFTER_SWEEP: Final = 0.85
TOUCH_AFTER_S: Final = 120.0
STALE_TEMPORARY_S: Final = 3_600.0
_PREFIX_BYTES: Final = 4
_numbers: Final = itertools.count()


class _Entry(NamedTuple):
    used_at: float
    size: int
    path: str


class TileCache:
    """A bounded store of encoded answers.

    Args:
        folder: made when missing.
        limit_bytes: sum of the files' sizes that a sweep restores; between sweeps it may be passed by a little.
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._writes = 0
        self._sweeping = False

    def get(self, image: str, key: str) -> Encoded | None:
        """The stored answer, or None."""
        path = self._path(image, key)
        try:
            with open(path, "rb", buffering=0) as file:  # noqa: PTH123 -- as in `put`
                raw = file.read()
                written_s = os.fstat(file.fileno()).st_mtime
        except OSError:
            return None
        found = _unpack(raw)
        with contextlib.suppress(OSError):
            if found is None:
                os.unlink(path)  # noqa: PTH108
            elif time.time() - written_s > TOUCH_AFTER_S:  # marked as used, but not more often than sweeps need
                os.utime(path)
        return found

    def put(self, image: str, key: str, answer: Encoded) -> None:
        """Store an answer; a full disk or a missing folder only means that nothing is stored."""
        path = self._path(image, key)
        # Its own name, which the sweep knows as one that may be left over.
        temporary = f"{path.rpartition('/')[0]}/.{os.getpid()}-{next(_numbers)}"
        try:
            descriptor = _made(temporary)
        except OSError:
            return
        try:
            try:
                os.writev(descriptor, _pack(answer))  # a write that stops half-way leaves a file that is a miss
            finally:
                os.close(descriptor)
            os.rename(temporary, path)  # noqa: PTH104 -- paths are text here: building Path objects costs as much as the call
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108
            return
        self._count_write()

    def forget(self, image: str) -> None:
        """Delete everything stored for one image."""
        shutil.rmtree(self._folder / _safe(image), ignore_errors=True)

    def sweep(self) -> int:
        """Bring the store under its limit.

        Returns:
            the bytes that are left.
        """
        entries = sorted(self._entries())
        total = sum(entry.size for entry in entries)
        if total <= self._limit_bytes:
            return total
        for entry in entries:
            if total <= self._limit_bytes * KEEP_AFTER_SWEEP:
                break
            with contextlib.suppress(OSError):
                Path(entry.path).unlink()
            total -= entry.size
        return total

    def _path(self, image: str, key: str) -> str:
        return f"{self._folder}/{_safe(image)}/{blake2b(key.encode(), digest_size=16).hexdigest()}"

    def _count_write(self) -> None:
        with self._lock:
            self._writes += 1
            if self._writes < WRITES_BETWEEN_SWEEPS or self._sweeping:
                return
            self._writes, self._sweeping = 0, True
        threading.Thread(target=self._sweep_and_rest, name="tile-cache-sweep", daemon=True).start()

    def _sweep_and_rest(self) -> None:
        try:
            self.sweep()
        finally:
            with self._lock:
                self._sweeping = False

    def _entries(self) -> Iterator[_Entry]:
        for folder, _, names in os.walk(self._folder):
            for name in names:
                path = Path(folder, name)
                with contextlib.suppress(OSError):
                    status = path.stat()
                    stale = name.startswith(".") and time.time() - status.st_mtime > STALE_TEMPORARY_S
                    yield _Entry(0.0 if stale else status.st_mtime, status.st_size, str(path))


def _safe(image: str) -> str:
    """A folder name that can only be a plain name."""
    return image if image.isalnum() and len(image) <= 64 else blake2b(image.encode(), digest_size=16).hexdigest()


def _made(path: str) -> int:
    """A new file, open for writing; its folder is made only where it is missing, as making a folder costs as much as the file.

    Raises:
        OSError: when it cannot be made.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120 -- as in `put`
        return os.open(path, flags, 0o600)


def _pack(answer: Encoded) -> tuple[bytes, bytes]:
    head = json.dumps([answer.content_type, answer.headers, len(answer.body)]).encode()
    return len(head).to_bytes(_PREFIX_BYTES, "little") + head, answer.body


def _unpack(raw: bytes) -> Encoded | None:
    end = _PREFIX_BYTES + int.from_bytes(raw[:_PREFIX_BYTES], "little")
    try:
        content_type, headers, length = json.loads(raw[_PREFIX_BYTES:end])
    except ValueError:
        return None
    body = raw[end:]
    return Encoded(str(content_type), body, dict(headers)) if len(body) == length else None
