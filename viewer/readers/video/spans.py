"""A file, or parts of it in order, read as one run of bytes.

A DICOM file cuts its video into fragments; read through their places, nothing has to be copied.
"""

from __future__ import annotations

import io
import os
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import BinaryIO, Final

from viewer.readers.errors import MalformedFile

BUFFER_BYTES: Final = 256 << 10
Span = tuple[int, int]


class Spans:
    """A run of bytes made of parts of one file.

    Args:
        path: an existing file; `OSError` where it cannot be opened.
        spans: offset and length of each part, in order; the whole file when left out.

    Raises:
        MalformedFile: with `truncated` when a part lies beyond the end of the file.
    """

    def __init__(self, path: str, spans: Sequence[Span] | None = None) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        file_bytes = os.fstat(self._descriptor).st_size
        self.spans: Final[list[Span]] = [(0, file_bytes)] if spans is None else list(spans)
        if any(offset < 0 or length < 0 or offset + length > file_bytes for offset, length in self.spans):
            self.close()
            raise MalformedFile("truncated")
        self._ends = list(accumulate(length for _, length in self.spans))
        self.size = self._ends[-1] if self._ends else 0

    def at(self, offset: int, count: int) -> bytes:
        """`count` bytes at `offset` of the run.

        Raises:
            MalformedFile: with `truncated` when the run ends before.
        """
        if offset < 0 or count < 0 or offset + count > self.size:
            raise MalformedFile("truncated")
        found = self.upto(offset, count)
        if len(found) != count:
            raise MalformedFile("truncated")
        return found

    def upto(self, offset: int, count: int) -> bytes:
        """At most `count` bytes at `offset` of the run; fewer where it ends."""
        parts = []
        while count > 0 and 0 <= offset < self.size:
            number = bisect_right(self._ends, offset)
            start, length = self.spans[number]
            inside = offset - (self._ends[number] - length)
            part = os.pread(self._descriptor, min(count, length - inside), start + inside)
            if not part:
                break
            parts.append(part)
            offset += len(part)
            count -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def stream(self) -> BinaryIO:
        """The run as a file of its own, for a library that reads and seeks; valid until this is closed."""
        return io.BufferedReader(_Stream(self), BUFFER_BYTES)

    def close(self) -> None:
        """Close the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class _Stream(io.RawIOBase):
    def __init__(self, spans: Spans) -> None:
        super().__init__()
        self._spans, self._place = spans, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._spans.size}[whence]
        if base + offset < 0:
            raise OSError("a place before the first byte")
        self._place = base + offset
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        part = self._spans.upto(self._place, len(view))
        view[: len(part)] = part
        self._place += len(part)
        return len(part)
