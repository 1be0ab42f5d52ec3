"""Writing ``multipart/related`` (RFC 2387) a piece at a time."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator

Part = tuple[str, Iterable[bytes]]
"""Content type of a part, and its bytes in pieces."""


def new_boundary() -> str:
    """A boundary that no pixel data holds by chance: 128 random bits."""
    return f"mitate-{secrets.token_hex(16)}"


def content_type(boundary: str, media_type: str) -> str:
    """The Content-Type of a whole answer whose parts have one media type."""
    return f'multipart/related; type="{media_type}"; boundary={boundary}'


def message(parts: Iterable[Part], boundary: str) -> Iterator[bytes]:
    """Yield the answer: each part behind its delimiter and header, in pieces as they come, then the end."""
    opening = f"--{boundary}\r\n"
    for part_type, pieces in parts:
        yield f"{opening}Content-Type: {part_type}\r\n\r\n".encode("ascii")
        yield from pieces
        opening = f"\r\n--{boundary}\r\n"
    yield f"\r\n--{boundary}--\r\n".encode("ascii")
