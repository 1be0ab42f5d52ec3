"""A file that cannot be talked into gigabytes."""

from __future__ import annotations

import io
import os


class BoundedFile(io.BufferedReader):
    """A file opened for reading that never makes room for more bytes than it has, however many a broken header asks for.

    Python makes room for all bytes that are asked for before it reads the first.

    Args:
        path: an existing file; `OSError` where it cannot be opened.
    """

    def __init__(self, path: str) -> None:
        super().__init__(io.FileIO(path))
        self._size = os.fstat(self.fileno()).st_size

    def read(self, size: int | None = -1) -> bytes:
        """As much as asked for, or as is left."""
        if size is not None and size > io.DEFAULT_BUFFER_SIZE:
            size = max(0, min(size, self._size - self.tell()))
        return super().read(size)
