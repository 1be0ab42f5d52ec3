"""Write a ZIP to a stream: the same entries give the same bytes, and memory does not grow with their sizes."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from annotation.exporters.base import Entry

__all__ = ["Written", "ZipStream", "zip_stream"]

FIXED_DATE: Final = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE: Final = 0o100644 << 16
_UNIX: Final = 3


class Written(NamedTuple):
    """What the table of contents says of an entry that was written."""

    name: str
    size: int
    packed: int
    crc: int
    offset: int
    flags: int
    made_by: int
    needs: int


class _Outbox:
    """The unseekable file that `zipfile` writes to; what it writes is handed on at once."""

    def __init__(self, offset: int) -> None:
        self._waiting: list[bytes] = []
        self._offset = offset

    def write(self, data: bytes) -> int:
        self._waiting.append(bytes(data))
        self._offset += len(data)
        return len(data)

    def tell(self) -> int:
        return self._offset

    def flush(self) -> None:
        """Nothing is held back that a flush could send."""

    def take(self) -> bytes:
        waiting, self._waiting = b"".join(self._waiting), []
        return waiting


class ZipStream:
    """A ZIP archive, deflated, dated 1980-01-01, of which a first part may have been written before.

    Sizes follow the data of an entry (nothing is sought), in 64 bits where needed. About one kilobyte an entry is kept for
    the table of contents.

    Args:
        done: the entries of the first part.
        offset: its bytes.
    """

    def __init__(self, done: Sequence[Written] = (), offset: int = 0) -> None:
        self._outbox = _Outbox(offset)
        self._archive = zipfile.ZipFile(self._outbox, "w", zipfile.ZIP_DEFLATED)  # type: ignore[call-overload]  # needs write, tell, flush
        self._archive.infolist().extend(map(_info, done))

    def written(self, first: int = 0) -> list[Written]:
        """Return the entries that are complete, from one of them on."""
        return [
            Written(
                info.filename,
                info.file_size,
                info.compress_size,
                info.CRC,
                info.header_offset,
                info.flag_bits,
                info.create_version,
                info.extract_version,
            )
            for info in self._archive.infolist()[first:]
        ]

    def stream(self, entries: Iterable[Entry]) -> Iterator[bytes]:
        """Yield the bytes that follow the first part, with the entries in the order given.

        Raises ValueError when an entry has another size than it says.
        """
        outbox = self._outbox
        with self._archive as archive:
            for entry in entries:
                info = _plain(entry.name)
                info.file_size = entry.size
                written = 0
                with archive.open(info, "w") as target:
                    for chunk in entry.chunks:
                        written += target.write(chunk)
                        if data := outbox.take():
                            yield data
                if written != entry.size:
                    raise ValueError(f"{entry.name} has {written} bytes, not {entry.size}")
                yield outbox.take()
        yield outbox.take()


def zip_stream(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Yield the bytes of a ZIP archive, see :class:`ZipStream`."""
    return ZipStream().stream(entries)


def _plain(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, FIXED_DATE)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = _UNIX
    info.external_attr = _PLAIN_FILE
    return info


def _info(done: Written) -> zipfile.ZipInfo:
    info = _plain(done.name)
    info.file_size, info.compress_size, info.CRC = done.size, done.packed, done.crc
    info.header_offset, info.flag_bits = done.offset, done.flags
    info.create_version, info.extract_version = done.made_by, done.needs
    return info
