"""Looks whether the ledger is whole: what came since the last look on a page, all of it by a command."""

from __future__ import annotations

from itertools import islice
from typing import Final

from django.db import transaction
from django.utils import timezone

from annotation.disclosure.ledger import FIRST, Link, first_break
from annotation.models import LedgerCheck, LedgerEntry

__all__ = ["AT_ONCE", "first_broken_entry", "ledger_is_whole"]

AT_ONCE: Final = 2_000
"""Most entries that one page reads; the next page goes on behind them."""
_ROW: Final = 1
_COLUMNS: Final = ("pk", "previous", "said", "at", "hash")


def ledger_is_whole() -> bool:
    """Tell whether the entry up to which the ledger was found whole is still there, and all that came since fits it.

    Three queries and at most 2,000 entries, one more query where there was something new. Entries before are not read again:
    that is what :func:`first_broken_entry` is for.
    """
    known = LedgerCheck.objects.filter(pk=_ROW).first()
    entry_id, digest = (known.entry_id, known.hash) if known is not None else (0, FIRST)
    if entry_id and LedgerEntry.objects.filter(pk=entry_id).values_list("hash", flat=True).first() != digest:
        return False
    rows = list(LedgerEntry.objects.filter(pk__gt=entry_id).order_by("pk").values_list(*_COLUMNS)[:AT_ONCE])
    if not rows:
        return True
    broken = first_break((Link(*row[1:]) for row in rows), digest)
    good = rows if broken is None else rows[:broken]
    if good:
        _remember(good[-1][0], good[-1][4])
    return broken is None


def first_broken_entry() -> int | None:
    """Read all of the ledger and return the id of the first entry that does not fit; None: it is whole.

    What is found counts from then on: where it is broken, pages say so until it is mended.
    """
    digest, last, count = FIRST, 0, 0
    rows = LedgerEntry.objects.order_by("pk").values_list(*_COLUMNS).iterator(chunk_size=AT_ONCE)
    while batch := list(islice(rows, AT_ONCE)):
        broken = first_break((Link(*row[1:]) for row in batch), digest)
        good = batch if broken is None else batch[:broken]
        count += len(good)
        if good:
            last, digest = good[-1][0], good[-1][4]
        if broken is not None:
            _remember(last, digest)
            return int(batch[broken][0])
    gone = LedgerCheck.objects.filter(pk=_ROW, entry_id__gt=last).first()
    if gone is not None:
        # The last entries were taken out: the chain before them is whole, and still it is not what it was.
        return gone.entry_id
    _remember(last, digest)
    LedgerCheck.objects.filter(pk=_ROW).update(checked_in_full_at=timezone.now())
    return None


@transaction.atomic
def _remember(entry_id: int, digest: str) -> None:
    LedgerCheck.objects.update_or_create(pk=_ROW, defaults={"entry_id": entry_id, "hash": digest})
