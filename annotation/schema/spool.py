"""A place for bytes that may grow: small ones stay in memory, large ones go to a nameless temporary file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import Final

__all__ = ["Spool"]

IN_MEMORY_BYTES: Final = 1 << 20
CHUNK_BYTES: Final = 1 << 16


class Spool:
    """Bytes are appended, then read from the start as often as needed; closing frees them."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115  (closed by close)
        self.size = 0

    def write(self, data: bytes) -> None:
        """Append bytes."""
        self._file.write(data)
        self.size += len(data)

    def chunks(self) -> Iterator[bytes]:
        """Yield everything that was written, in pieces of at most 64 KiB."""
        self._file.seek(0)
        while chunk := self._file.read(CHUNK_BYTES):
            yield chunk

    def tail(self, first: int) -> bytes:
        """Return the bytes from one of them on."""
        self._file.seek(first)
        return self._file.read()

    def close(self) -> None:
        """Free the memory or the file."""
        self._file.close()

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
