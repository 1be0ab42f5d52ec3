"""Parts of a whole, as HTTP asks for them (RFC 9110, 13.1.5 and 14)."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_RANGE: Final = re.compile(r"bytes\s*=\s*(?:(?P<first>\d{1,18})\s*-\s*(?P<last>\d{1,18})?|-\s*(?P<suffix>\d{1,18}))\s*", re.IGNORECASE)


class Part(NamedTuple):
    """Bytes of a whole: where they begin, and how many."""

    start: int
    length: int


class Unsatisfiable(Exception):
    """No byte of the whole is in the range that is asked for."""


def asked_part(range_header: str | None, if_range: str | None, tag: str, whole: int, most: int) -> Part | None:
    """The part to answer with, or None for the whole.

    A server may ignore a range: it does so for several at once, for other units, and where `If-Range` names another version
    (or a date, as there is none to compare). A part is never longer than `most`; who wants more asks again.

    Args:
        range_header: as sent.
        if_range: as sent.
        tag: the strong entity tag of what is there.
        whole: its length in bytes.
        most: bytes of one answer.

    Raises:
        Unsatisfiable: when the range begins behind the end, or asks for the last 0 bytes.
    """
    if range_header is None or (if_range is not None and if_range.strip() != tag):
        return None
    found = _RANGE.fullmatch(range_header.strip())
    if found is None:
        return None
    if found["suffix"] is not None:
        length = min(int(found["suffix"]), whole)
        if length == 0:
            raise Unsatisfiable
        return Part(whole - length, min(length, most))
    start = int(found["first"])
    last = whole - 1 if found["last"] is None else min(int(found["last"]), whole - 1)
    if found["last"] is not None and int(found["last"]) < start:
        return None  # RFC 9110, 14.1.1: an invalid range is to be ignored
    if start >= whole:
        raise Unsatisfiable
    return Part(start, min(last - start + 1, most))
