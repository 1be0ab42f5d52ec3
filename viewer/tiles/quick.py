"""Stored tiles of open slides, found by address and cookie in microseconds: no lock, no pattern, no query.

What is not found here is no refusal: it may be rendered, closed, foreign or misspelt, and `PixelService.reply` says which.
"""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Final, NamedTuple

from viewer.tiles import grant
from viewer.tiles.stored.jpeg import Pieces
from viewer.tiles.stored.shelf import Shelf

STORED_VERSION: Final = "s2"
# Every answer with pixels says the same but for its own tag and length.
SAFE_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}
FOR_EVER: Final = {"Cache-Control": "private, max-age=31536000, immutable", **SAFE_HEADERS}
JPEG_HEADERS: Final = [(name.lower().encode(), value.encode()) for name, value in {**FOR_EVER, "Content-Type": "image/jpeg"}.items()]
_MAX_PATH: Final = 160


class QuickAnswer(NamedTuple):
    """A stored tile for whoever asked.

    Attributes:
        tag: its strong ETag, quotes included.
        pieces: the JPEG file in two parts that follow each other; None where the browser has it already (304).
    """

    tag: str
    pieces: Pieces | None


class _Granted(NamedTuple):
    """A slide that somebody may see, as an address and cookies say."""

    image: str  # 32 hexadecimal digits
    revision: str
    expires_s: int


class QuickTiles:
    """Looks tiles up for those who hold the grant; thread-safe.

    Args:
        shelf: the open slides.
        signing_key: of the grants.
    """

    def __init__(self, shelf: Shelf, signing_key: bytes) -> None:
        self._shelf, self._key = shelf, signing_key

    def answer(self, path: str, cookies: bytes, stated: bytes = b"", *, wait: bool = False) -> QuickAnswer | None:
        """The tile at an address, if its slide is open, of this revision, and granted by the cookies; else None.

        Args:
            path: decoded, without query.
            cookies: the Cookie header as it came.
            stated: the If-None-Match header as it came.
            wait: for the disk; otherwise a tile that is not in memory is None too.
        """
        if len(path) > _MAX_PATH:
            return None
        slide_path, _, tile = path.partition("/tiles/")
        granted = _granted(slide_path, cookies, self._key)
        if granted is None or time.time() >= granted.expires_s:
            return None
        slide = self._shelf.ready(granted.image, granted.revision)
        numbers = tile.split("/")
        if slide is None or len(numbers) != 3:
            return None
        level, column, row = numbers
        # A sign, a blank or an underscore, which int() would take, is no digit; a number of any length would be slow.
        if not (level.isdigit() and column.isdigit() and row.isdigit() and tile.isascii()):
            return None
        place = slide.place(int(level), int(column), int(row))
        if place is None:
            return None
        tag = stored_tag(granted.revision, level, column, row)
        if stated and is_known(tag, stated.decode("latin-1")):
            return QuickAnswer(tag, None)
        pieces = slide.read(place) if wait else slide.read_at_once(place)
        return None if pieces is None else QuickAnswer(tag, pieces)


def stored_tag(revision: str, level: str, column: str, row: str) -> str:
    """The strong ETag of a stored tile: under one address there is never another one."""
    return f'"{STORED_VERSION}/{revision}/{level}/{column}/{row}"'


def is_granted(cookies: bytes, image: str, key: bytes) -> bool:
    """Whether the cookies hold a genuine grant for the image that is not over."""
    expires_s = _granted_until(cookies, image, key)
    return expires_s is not None and time.time() < expires_s


@lru_cache(maxsize=512)  # the tiles of an open image differ in their numbers alone
def _granted(slide_path: str, cookies: bytes, key: bytes) -> _Granted | None:
    """The image and revision that an address names up to its tile, if the cookies hold a genuine grant for it, over or not."""
    before, *words = slide_path.split("/")
    if before or len(words) != 3 or words[0] != "pixels" or not slide_path.isascii():
        return None
    expires_s = _granted_until(cookies, words[1], key)
    return None if expires_s is None else _Granted(grant.canonical(words[1]), words[2], expires_s)


@lru_cache(maxsize=512)  # every tile of an open image brings the same cookies
def _granted_until(cookies: bytes, image: str, key: bytes) -> int | None:
    """When the grant of an image in the cookies ends, seconds since 1970; None without a genuine one."""
    name = grant.cookie_name(image)
    pairs = (pair.strip().partition("=") for pair in cookies.decode("latin-1").split(";"))
    token = next((value for said, _, value in pairs if said == name), "")
    found = grant.verify(token, image, 0, key)
    return None if found is None else found.expires_s


def is_known(tag: str, stated: str | None) -> bool:
    """Whether an If-None-Match header names the tag (weak comparison, RFC 9110, 13.1.2)."""
    return stated is not None and tag in {part.strip().removeprefix("W/") for part in stated.split(",")}
