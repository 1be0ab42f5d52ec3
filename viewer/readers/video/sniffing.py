"""Which video container begins with some bytes."""

from __future__ import annotations

from typing import Literal

Container = Literal["mp4", "webm", "avi"]


def container_of(head: bytes) -> Container | None:
    """The container by its first 12 bytes or more, or None.

    Older QuickTime files have no `ftyp` box and begin with one of the others.
    """
    if head[4:8] in {b"ftyp", b"moov"} or (head[4:8] in {b"mdat", b"wide", b"free", b"skip"} and head[:2] == b"\0\0"):
        return "mp4"
    if head[:4] == b"\x1aE\xdf\xa3":
        return "webm"
    return "avi" if head[:4] == b"RIFF" and head[8:12] == b"AVI " else None
