"""The UIDs by which studies, series and instances are known outside: made of our own keys, never the hospital's."""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

_DERIVED: Final = re.compile(r"2\.25\.(0|[1-9][0-9]{0,38})")


def uid_of(key: UUID) -> str:
    """The UID of a row, 2.25.<the UUID as a number> (PS3.5 B.2)."""
    return f"2.25.{key.int}"


def key_of(uid: str) -> UUID:
    """The key of the row that a UID may stand for; for every other UID the nil UUID, which is no row's."""
    match = _DERIVED.fullmatch(uid)
    if match is None or int(match[1]) >= 1 << 128:
        return UUID(int=0)
    return UUID(int=int(match[1]))
