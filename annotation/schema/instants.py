"""Instants as documents write them."""

from datetime import UTC, datetime

__all__ = ["instant"]


def instant(moment: datetime) -> str:
    """Return an aware datetime as RFC 3339 in UTC with microseconds. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
