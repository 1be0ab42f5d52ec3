"""Late confirmations as documents tell them, and marks as they stood before the ones that came after a certain moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Min

from annotation.models import Annotation, Confirmation, Revision
from annotation.schema.facts import ConfirmationFacts

__all__ = ["confirmation_facts", "put_back", "sequences_then"]


def confirmation_facts(
    batch: Iterable[Annotation], *, until: datetime | None, pseudonym: Callable[[int], str]
) -> dict[UUID, tuple[ConfirmationFacts, ...]]:
    """Return annotation -> what became known of it, up to a moment, in the order in which it was entered; one query."""
    asked = [row.pk for row in batch if row.basis]
    rows = Confirmation.objects.filter(annotation__in=asked).order_by("pk") if asked else Confirmation.objects.none()
    found: dict[UUID, list[ConfirmationFacts]] = defaultdict(list)
    for row in rows if until is None else rows.filter(created_at__lte=until):
        told = ConfirmationFacts(
            at=row.created_at,
            by=pseudonym(row.author_id),
            awaited=row.awaited,
            method=row.method,
            status=row.status,
            known_on=row.known_on,
            due_on=row.due_on,
            note=row.note,
            labels_before=tuple(row.labels_before),
            basis_before=tuple(row.basis_before),
        )
        found[row.annotation_id].append(told)
    return {key: tuple(told) for key, told in found.items()}


def put_back(batch: Iterable[Annotation], until: datetime) -> None:
    """Make the rows, which nobody saves, say what they said at a moment, without the confirmations after it; two queries."""
    known = {row.pk: row for row in batch if row.basis}
    later: dict[UUID, Confirmation] = {}
    rows = Confirmation.objects.filter(annotation__in=list(known), created_at__gt=until).select_related("revision").order_by("pk")
    for event in rows if known else ():
        later.setdefault(event.annotation_id, event)
    revisions = Revision.objects.filter(annotation__in=list(later)).values_list("annotation", "number", "created_at")
    written = {(key, number): created_at for key, number, created_at in (revisions if later else ())}
    for key, event in later.items():
        row, number = known[key], event.revision.number - 1
        row.labels, row.basis, row.revision = event.labels_before, event.basis_before, number
        row.updated_at = written.get((key, number), row.created_at)


def sequences_then(reads: Iterable[UUID], until: datetime) -> dict[UUID, int]:
    """Return the list revision at a moment of those reads to which confirmations were added after it; one query."""
    later = Confirmation.objects.filter(annotation__read__in=list(reads), created_at__gt=until).order_by()
    firsts = later.values_list("annotation__read").annotate(first=Min("revision__sequence"))
    return {read: first - 1 for read, first in firsts}
