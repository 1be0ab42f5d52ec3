"""Reads what became known of a diagnosis from JSON values: its types and its members, nothing that needs the database."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from annotation.errors import refusal
from annotation.schema.labels import BASIS_METHODS, BASIS_STATUSES

__all__ = ["PENDING", "Confirming", "parse_confirming"]

PENDING: Final = "pending"
_MEMBERS: Final = frozenset({"awaited", "method", "status", "known_on", "due_on", "labels", "note"})
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MAX_NOTE: Final = 500
_MAX_LABELS: Final = 32


@dataclass(frozen=True, slots=True)
class Confirming:
    """What became known: by which method, how it bears on the diagnosis, and since when."""

    awaited: str
    """The method of the basis that this is about."""
    method: str
    status: str
    known_on: date | None
    due_on: date | None
    labels: list[str] | None
    """The diagnosis from now on; None: unchanged."""
    note: str


def parse_confirming(value: object) -> Confirming:
    """Return what became known; types are right and words are of their lists, meaning is not yet checked.

    Raises:
        ApiError: ``confirmation_malformed`` or ``unknown_basis`` with a pointer, ``confirmation_date`` for a day that is none.
    """
    if not isinstance(value, dict):
        raise refusal("confirmation_malformed")
    for name in value:
        if name not in _MEMBERS:
            raise refusal("confirmation_malformed", f"/{name}")
    awaited = _word(value, "awaited", BASIS_METHODS)
    note = value.get("note") or ""
    if not isinstance(note, str) or len(note) > _MAX_NOTE:
        raise refusal("confirmation_malformed", "/note")
    return Confirming(
        awaited=awaited,
        method=_word(value, "method", BASIS_METHODS) if value.get("method") is not None else awaited,
        status=_word(value, "status", BASIS_STATUSES),
        known_on=_day(value, "known_on"),
        due_on=_day(value, "due_on"),
        labels=None if value.get("labels") is None else _labels(value["labels"]),
        note=note.strip(),
    )


def _word(value: Mapping[str, Any], name: str, known: tuple[str, ...]) -> str:
    found = value.get(name)
    if not isinstance(found, str):
        raise refusal("confirmation_malformed", f"/{name}")
    if found not in known:
        raise refusal("unknown_basis", f"/{name}")
    return found


def _day(value: Mapping[str, Any], name: str) -> date | None:
    found = value.get(name)
    if found is None:
        return None
    if not isinstance(found, str):
        raise refusal("confirmation_malformed", f"/{name}")
    if not _DAY.fullmatch(found):
        raise refusal("confirmation_date", f"/{name}")
    try:
        return date.fromisoformat(found)
    except ValueError as error:
        raise refusal("confirmation_date", f"/{name}") from error


def _labels(value: object) -> list[str]:
    good = isinstance(value, list) and 0 < len(value) <= _MAX_LABELS and all(isinstance(code, str) for code in value)
    if not good or not isinstance(value, list) or len(set(value)) < len(value):
        raise refusal("confirmation_malformed", "/labels")
    return list(value)
