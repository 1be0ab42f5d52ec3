"""The tiers of disclosure, and the hop that takes a case from one to the next."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

__all__ = ["DISCLOSED", "Hop", "Tier"]


class Tier(StrEnum):
    """Who may hold a document; each step removes more than the one before."""

    FACILITY = "facility"
    SOCIETY = "society"
    PLATFORM = "platform"
    THIRD_PARTY = "third-party"


DISCLOSED: Final = frozenset({Tier.PLATFORM, Tier.THIRD_PARTY})
"""The tiers outside the society: per-release names, no dates, no free text."""

_UUID_VERSION: Final = 8  # "custom" (RFC 9562, 5.8): made from a keyed digest, no clock in it


@dataclass(frozen=True, slots=True)
class Hop:
    """One release: to which tier, under which id, and the key that gives everything in it its own names.

    Within a society only the subject's pseudonym is made anew; the id is then the campaign or the version of a dataset.

    The same key and name give the same new name; without the key nobody can tell which names of two releases belong together.
    """

    tier: Tier
    release_id: str
    key: bytes

    def digest(self, kind: str, name: str) -> str:
        """Return the keyed digest of a name of some kind (HMAC-SHA-256, 64 hexadecimal digits)."""
        return hmac.new(self.key, f"{kind}\0{name}".encode(), hashlib.sha256).hexdigest()

    def uuid(self, kind: str, name: str) -> str:
        """Return the UUID that stands for a name in this release; empty stays empty."""
        if not name:
            return ""
        value = int(self.digest(kind, name)[:32], 16)
        value = (value & ~(0xF << 76) & ~(0x3 << 62)) | (_UUID_VERSION << 76) | (0x2 << 62)
        return str(uuid.UUID(int=value))

    def person(self, name: str) -> str:
        """Return the agent id that stands for a person in this release; empty stays empty."""
        return f"person-{self.digest('person', name)[:16]}" if name else ""

    def uid(self, name: str) -> str:
        """Return the DICOM UID that stands for another one in this release (PS3.5 B.2); empty stays empty."""
        return f"2.25.{int(self.digest('uid', name)[:32], 16)}" if name else ""
