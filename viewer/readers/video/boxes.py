"""The boxes of ISO base media files (ISO/IEC 14496-12, 4.2)."""

from __future__ import annotations

from collections.abc import Iterator

from viewer.readers.errors import MalformedFile


def boxes(raw: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """The boxes in `raw`, each as its type and its content.

    Raises:
        MalformedFile: when a box is larger than what holds it.
    """
    place = 0
    while place + 8 <= len(raw):
        size, head = int.from_bytes(raw[place : place + 4], "big"), 8
        kind = bytes(raw[place + 4 : place + 8])
        if size == 1 and place + 16 <= len(raw):
            size, head = int.from_bytes(raw[place + 8 : place + 16], "big"), 16
        size = size or len(raw) - place
        if size < head or place + size > len(raw):
            raise MalformedFile("malformed", "a box is larger than what holds it")
        yield kind, raw[place + head : place + size]
        place += size


def children(raw: memoryview) -> dict[bytes, memoryview]:
    """The first box of each type in `raw`."""
    found: dict[bytes, memoryview] = {}
    for kind, content in boxes(raw):
        found.setdefault(kind, content)
    return found
