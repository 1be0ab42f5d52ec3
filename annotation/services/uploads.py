"""Files that people bring for the worker: written whole or not at all, with their digest."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import IO, Final

from annotation.errors import refusal

_PIECE: Final = 1 << 20


def keep_upload(stream: IO[bytes], path: Path, *, max_bytes: int, empty: str, too_large: str) -> tuple[str, int]:
    """Write a stream to a file and return its SHA-256 and its size; the file is there whole or not at all.

    Raises:
        ApiError: with the code ``empty`` or ``too_large``.
    """
    digest, size = hashlib.sha256(), 0
    descriptor, temporary = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            while piece := stream.read(_PIECE):
                size += len(piece)
                _check(size <= max_bytes, too_large)
                digest.update(piece)
                file.write(piece)
            _check(size > 0, empty)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return digest.hexdigest(), size


def _check(holds: bool, code: str) -> None:
    if not holds:
        raise refusal(code)
