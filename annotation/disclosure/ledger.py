"""The chain of a ledger: every entry holds the digest of the one before, so that nothing is taken out or changed unseen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from annotation.schema.canonical import canonical_json
from annotation.schema.instants import instant

__all__ = ["FIRST", "Link", "first_break", "link_hash"]

FIRST: Final = "0" * 64
"""What the first entry has as the digest of the one before it."""


class Link(NamedTuple):
    """One entry: the digest before it, what it says, and its own digest."""

    previous: str
    said: Mapping[str, Any]
    at: datetime
    hash: str


def link_hash(previous: str, said: Mapping[str, Any], at: datetime) -> str:
    """Return the digest of an entry: SHA-256 over the canonical JSON of the digest before it, its time and what it says."""
    return hashlib.sha256(canonical_json({"previous": previous, "at": instant(at), "said": dict(said)})).hexdigest()


def first_break(links: Iterable[Link], previous: str = FIRST) -> int | None:
    """Return the index of the first entry that does not fit the one before it or its own digest; None: the chain is whole.

    Args:
        links: some entries in their order.
        previous: digest of the entry before the first of them.
    """
    for index, link in enumerate(links):
        if link.previous != previous or link.hash != link_hash(link.previous, link.said, link.at):
            return index
        previous = link.hash
    return None
