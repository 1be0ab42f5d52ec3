"""Files of the catalogue on disk: received aside, moved into place whole, written so that a power cut leaves no half of one."""

import errno
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self, TypeVar

from django.conf import settings

from viewer.services.names import telling_suffix
from viewer.services.reasons import Refused

CHUNK_BYTES: Final = 1 << 20
# Room that stays free for the database, caches and everybody else on the disk.
DISK_RESERVE_BYTES: Final = 256 << 20
_CHECK_EVERY_BYTES: Final = 64 << 20
_SIDE_BY_SIDE: Final = 16
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

T = TypeVar("T")


def data_dir() -> Path:
    """Return the folder that holds everything the site owns."""
    return Path(settings.DATA_DIR)


def incoming_dir() -> Path:
    """Return the folder in which files lie until they are looked at; same file system as the final place."""
    return data_dir() / "incoming"


def images_dir() -> Path:
    """Return the folder of all stored image files."""
    return data_dir() / "images"


def uploads_dir() -> Path:
    """Return the folder of uploads that come in parts; same file system as the final place."""
    return data_dir() / "uploads"


def manifests_dir() -> Path:
    """Return the folder from which the pixel application reads."""
    return data_dir() / "manifests"


def absolute(stored_path: str) -> Path:
    """Return where a path of an instance row lies."""
    return data_dir() / stored_path


def refused_by_disk(error: OSError) -> Refused:
    """Return what is said when the disk did not take something: the reason without any path."""
    if error.errno in _NO_ROOM:
        return Refused("disk_full")
    return Refused("storage_failed", os.strerror(error.errno) if error.errno else "")


def check_room(wanted_bytes: int) -> None:
    """Refuse before the disk is full, not when.

    Raises:
        Refused: ``disk_full``.
    """
    folder = data_dir()
    folder.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free - wanted_bytes < DISK_RESERVE_BYTES:
        raise Refused("disk_full")


class Quarantine:
    """A file on its way in, in a folder of its own that is gone in the end, whatever happens.

    Readers see the file alone: formats that open their neighbours find none. Use it in a ``with`` statement.

    Attributes:
        folder: absolute, empty but for the file.
        path: the file; its name is ours but for a suffix from a closed list.
        expected_bytes: what the sender says it will be; 0 if unknown.
        size_bytes: bytes so far.
    """

    def __init__(self, name: str, *, expected_bytes: int = 0) -> None:
        self.expected_bytes = expected_bytes
        self.folder = incoming_dir() / secrets.token_hex(16)
        self.path = self.folder / f"received{telling_suffix(name)}"
        self.size_bytes = 0
        self._digest = hashlib.sha256()
        self._file: BinaryIO | None = None
        self._checked_bytes = 0

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.remove()

    @property
    def digest(self) -> str:
        """SHA-256 of what was written, 64 hexadecimal digits."""
        return self._digest.hexdigest()

    def open(self) -> None:
        """Make the folder and the empty file.

        Raises:
            Refused: ``too_large``, ``disk_full`` or ``storage_failed``, before a byte is taken.
        """
        if self.expected_bytes > settings.UPLOAD_MAX_BYTES:
            raise Refused("too_large", _limit_text())
        try:
            check_room(self.expected_bytes)
            self.folder.mkdir(parents=True)
            self._file = self.path.open("xb")
        except OSError as error:
            raise refused_by_disk(error) from error

    def write(self, chunk: bytes) -> None:
        """Append a chunk.

        Raises:
            Refused: ``too_large``, ``disk_full`` or ``storage_failed``.
        """
        assert self._file is not None  # noqa: S101  # write comes after open
        self.size_bytes += len(chunk)
        if self.size_bytes > settings.UPLOAD_MAX_BYTES:
            raise Refused("too_large", _limit_text())
        try:
            if self.size_bytes - self._checked_bytes >= _CHECK_EVERY_BYTES:
                check_room(0)
                self._checked_bytes = self.size_bytes
            self._file.write(chunk)
        except OSError as error:
            raise refused_by_disk(error) from error
        self._digest.update(chunk)

    def write_all(self, stream: BinaryIO) -> None:
        """Append everything a stream still has, a chunk at a time.

        Raises:
            Refused: as :meth:`write`, or ``unreadable_source``.
        """
        while True:
            try:
                chunk = stream.read(CHUNK_BYTES)
            except OSError as error:
                raise Refused("unreadable_source") from error
            if not chunk:
                return
            self.write(chunk)

    def adopt(self, source: Path) -> None:
        """Take in, instead of writing, a file that already lies whole on this disk; it stays under its old name too.

        Raises:
            Refused: ``too_large``, ``disk_full`` or ``storage_failed``.
        """
        if source.stat().st_size > settings.UPLOAD_MAX_BYTES:
            raise Refused("too_large", _limit_text())
        with disk_errors_refuse():
            self.folder.mkdir(parents=True)
            os.link(source, self.path)
            self._file = self.path.open("r+b")
            while chunk := self._file.read(CHUNK_BYTES):
                self.size_bytes += len(chunk)
                self._digest.update(chunk)

    def finish(self, *, synced: bool = True) -> None:
        """Bring the bytes to the disk.

        Args:
            synced: false where the caller syncs many files at once before any of them counts as stored, see :func:`sync_files`.

        Raises:
            Refused: ``disk_full`` or ``storage_failed``.
        """
        assert self._file is not None  # noqa: S101
        try:
            self._file.flush()
            if synced:
                os.fsync(self._file.fileno())
            self._file.close()
        except OSError as error:
            raise refused_by_disk(error) from error
        self._file = None

    def remove(self) -> None:
        """Remove the folder and what is left in it."""
        if self._file is not None:
            self._file.close()
            self._file = None
        shutil.rmtree(self.folder, ignore_errors=True)


def _limit_text() -> str:
    return f"{settings.UPLOAD_MAX_BYTES / (1 << 20):.0f} MiB"


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_files(paths: Iterable[Path]) -> None:
    """Bring files and folders to the disk side by side: the file system then writes its journal for many of them at once.

    Raises:
        OSError: when the disk does not take one of them.
    """
    in_parallel(_sync, paths)


def in_parallel(work: Callable[[T], None], values: Iterable[T]) -> None:
    """Do what waits for the disk for many values at once; raises what the first that failed raised, after all have ended."""
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as executor:
        waiting = [executor.submit(work, value) for value in values]
    for each in waiting:
        each.result()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file so that a reader sees the old or the new one, never a part.

    Raises:
        OSError: when the disk does not take it; the old file is untouched then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with fresh.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def write_json_atomically(path: Path, value: Any) -> None:
    """Replace a JSON file; see :func:`write_atomically`."""
    write_atomically(path, json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, sort_keys=True).encode())


@contextmanager
def disk_errors_refuse() -> Iterator[None]:
    """Turn what the disk raises inside into a refusal with a code."""
    try:
        yield
    except OSError as error:
        raise refused_by_disk(error) from error
