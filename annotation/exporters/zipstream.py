"""Write a ZIP to a stream: the same entries give the same bytes, and memory does not grow with their sizes."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from typing import Final

from annotation.exporters.base import Entry

__all__ = ["zip_stream"]

FIXED_DATE: Final = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE: Final = 0o100644 << 16
_UNIX: Final = 3


class _Outbox:
    """The unseekable file that `zipfile` writes to; what it writes is handed on at once."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._waiting.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back that a flush could send."""

    def take(self) -> bytes:
        waiting, self._waiting = b"".join(self._waiting), []
        return waiting


def zip_stream(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Yield the bytes of a ZIP archive with the entries in the order given, deflated, dated 1980-01-01.

    Sizes follow the data of an entry (nothing is sought), in 64 bits where needed. About one kilobyte an entry is kept for
    the table of contents. Raises ValueError when an entry has another size than it says.
    """
    outbox = _Outbox()
    with zipfile.ZipFile(outbox, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]  # needs write and flush only
        for entry in entries:
            info = zipfile.ZipInfo(entry.name, FIXED_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = _UNIX
            info.external_attr = _PLAIN_FILE
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
