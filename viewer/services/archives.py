"""The files of a ZIP archive, one after the other; no entry's name is ever a path, and nothing is unpacked beside the quarantine.

An archive is only a way to carry files: each entry is refused or taken by itself. Archives inside archives are refused by their
content as any archive is (``archive_not_supported``).
"""

import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final, cast

from django.conf import settings

from viewer.services.reasons import Refused

MAX_ENTRIES: Final = 100_000
# A directory of so many entries with long names; a larger one would be held in memory whole.
MAX_DIRECTORY_BYTES: Final = 32 << 20
# Beyond this an entry is empty space made to fill a disk: pixels compress 2 to 30 times.
MAX_RATIO: Final = 200
_SMALL_BYTES: Final = 16 << 20
# What an archive may unpack to in all, however small it is.
_FREE_BYTES: Final = 1 << 30
_LOCAL_HEADER_BYTES: Final = 30
# Deflate needs 32 KiB to unpack; other methods may ask for gigabytes.
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED: Final = 0x1
_END_BYTES: Final = 22 + 0xFFFF
_END, _END64_LOCATOR, _END64 = b"PK\x05\x06", b"PK\x06\x07", b"PK\x06\x06"


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in an archive, and why it is not taken (a code), if it is not."""

    name: str
    refused: str
    archive: zipfile.ZipFile
    info: zipfile.ZipInfo

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open the entry for reading once, front to back; reading raises :class:`Refused` where it is damaged."""
        try:
            with self.archive.open(self.info) as stream:
                yield cast("BinaryIO", _Told(stream))
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
            raise Refused("archive_damaged") from error


class _Told(RawIOBase):
    """An entry's bytes; what is wrong with them comes as a refusal."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        try:
            return bytes(self._stream.read(size))
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise Refused("archive_damaged") from error


def is_zip(path: Path, name: str = "") -> bool:
    """Return whether a file is a ZIP archive by name and content.

    Args:
        path: where it lies.
        name: what it is called, where that is something else.
    """
    if not (name or path.name).lower().endswith(".zip"):
        return False
    try:
        with path.open("rb") as file:
            return file.read(2) == b"PK"
    except OSError:
        return False


def entries(path: Path) -> Iterator[Entry]:
    """Yield the files of an archive in their order in it; folders are left out.

    Raises:
        Refused: ``archive_damaged``, ``archive_too_many`` or ``archive_expands`` for the whole archive, before any entry.
    """
    check_directory(path)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise Refused("archive_damaged") from error
    # Not closed here: entries may be read after the last one was yielded. The archive closes itself with the last of them.
    listed = archive.infolist()
    if sum(info.file_size for info in listed) > max(_FREE_BYTES, MAX_RATIO * path.stat().st_size):
        archive.close()
        raise Refused("archive_expands")
    overlapping = _overlapping(listed)
    for info in listed:
        if not info.is_dir():
            yield Entry(info.filename, _why_refused(info, overlaps=info.header_offset in overlapping), archive, info)


def check_directory(path: Path) -> None:
    """Refuse an archive whose directory is too large to be read at all, from the record at its end (APPNOTE 4.3.14 to 4.3.16).

    Raises:
        Refused: ``archive_damaged``, ``archive_too_many``.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _END_BYTES - 20))
            tail = file.read()
            at = tail.rfind(_END)
            if at < 0 or len(tail) < at + 22:
                raise Refused("archive_damaged")
            count, directory_bytes = int.from_bytes(tail[at + 10 : at + 12], "little"), int.from_bytes(tail[at + 12 : at + 16], "little")
            if at >= 20 and tail[at - 20 : at - 16] == _END64_LOCATOR:
                file.seek(int.from_bytes(tail[at - 12 : at - 4], "little"))
                record = file.read(56)
                if record[:4] != _END64:
                    raise Refused("archive_damaged")
                count, directory_bytes = int.from_bytes(record[32:40], "little"), int.from_bytes(record[40:48], "little")
    except (OSError, OverflowError, ValueError) as error:
        raise Refused("archive_damaged") from error
    if count > MAX_ENTRIES or directory_bytes > MAX_DIRECTORY_BYTES:
        raise Refused("archive_too_many", str(count))


def _overlapping(listed: list[zipfile.ZipInfo]) -> frozenset[int]:
    """Return where entries begin that share bytes with the next one: one small piece of data unpacked many times over."""
    ordered = sorted((info.header_offset, info.compress_size) for info in listed)
    starts = [start for start, _size in ordered[1:]]
    found = {
        place
        for (start, size), following in zip(ordered, starts, strict=False)
        if start + _LOCAL_HEADER_BYTES + size > following
        for place in (start, following)
    }
    return frozenset(found)


def _why_refused(info: zipfile.ZipInfo, *, overlaps: bool) -> str:
    """Return the code for which an entry is not even opened; empty if it is."""
    parts = PurePosixPath(info.filename).parts
    if info.orig_filename.startswith(("/", "\\")) or ".." in parts or "\\" in info.orig_filename or "\0" in info.orig_filename:
        return "archive_unsafe_name"
    if any(part.startswith(".") or part == "__MACOSX" for part in parts):
        return "hidden_file"
    if stat.S_IFMT(info.external_attr >> 16) not in {0, stat.S_IFREG}:
        return "not_a_file"
    if info.flag_bits & _ENCRYPTED:
        return "archive_encrypted"
    if info.compress_type not in _METHODS:
        return "archive_method"
    if overlaps or _expands_too_far(info):
        return "archive_expands"
    return "dicomdir" if parts[-1].upper() == "DICOMDIR" else ""


def _expands_too_far(info: zipfile.ZipInfo) -> bool:
    if info.file_size > settings.UPLOAD_MAX_BYTES:
        return True
    return info.file_size > _SMALL_BYTES and info.file_size > MAX_RATIO * max(1, info.compress_size)
