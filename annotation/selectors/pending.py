"""Diagnoses that are still to be confirmed: whose, until when, and what became known of one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from annotation.errors import refusal
from annotation.models import Annotation, Campaign, Confirmation, Label, Read, Withdrawal
from annotation.selectors.annotations import instant
from annotation.selectors.campaigns import campaigns_for
from viewer.services.manifests import thumbnail_url

__all__ = [
    "PAGE",
    "confirmation_json",
    "confirmations_of",
    "pending_by_campaign",
    "pending_count",
    "pending_of_campaign",
    "pending_of_reader",
    "pending_page",
]

PAGE: Final = 50
_CURSOR: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})~([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


def pending_of_reader(user: User) -> QuerySet[Annotation]:
    """Return what a reader has to confirm in the campaigns that they still read in."""
    campaigns = campaigns_for(user, "annotation.read_campaign", granted_only=True)
    return _pending().filter(read__reader=user, read__campaign__in=campaigns.values("pk"))


def pending_of_campaign(campaign: Campaign) -> QuerySet[Annotation]:
    """Return what any reader of a campaign has to confirm."""
    return _pending().filter(read__campaign=campaign)


def pending_count(rows: QuerySet[Annotation]) -> dict[str, int]:
    """Return how many are pending, and how many of these are overdue; one query."""
    late = Count("pk", filter=Q(confirm_by__lt=timezone.localdate()))
    return rows.order_by().aggregate(pending=Count("pk"), overdue=late)


def pending_by_campaign(campaigns: Iterable[UUID]) -> dict[UUID, dict[str, int]]:
    """Return for each campaign that has any how many are pending and overdue; one query."""
    late = Count("pk", filter=Q(confirm_by__lt=timezone.localdate()))
    rows = _pending().filter(read__campaign__in=list(campaigns)).order_by().values("read__campaign")
    counted = rows.annotate(pending=Count("pk"), overdue=late)
    return {row["read__campaign"]: {"pending": row["pending"], "overdue": row["overdue"]} for row in counted}


def pending_page(rows: QuerySet[Annotation], *, after: str = "", with_readers: bool) -> dict[str, Any]:
    """Return 50 of them, what is due first coming first, with the campaigns that they are of; four queries.

    Args:
        rows: of :func:`pending_of_reader` or :func:`pending_of_campaign`.
        after: ``next`` of the page before; empty: the first page.
        with_readers: name the readers.

    Raises:
        ApiError: ``since_malformed`` for a place that no page gave.
    """
    today = timezone.localdate()
    shown = rows
    if after:
        day, key = _place(after)
        shown = rows.filter(Q(confirm_by__gt=day) | Q(confirm_by=day, pk__gt=key))
    related = ("read__image", "read__reader", "read__campaign__label_set")
    page = list(shown.select_related(*related).order_by("confirm_by", "pk")[: PAGE + 1])
    more, page = len(page) > PAGE, page[:PAGE]
    return {
        **pending_count(rows),
        "today": today.isoformat(),
        "rows": [_row(row, today, with_readers=with_readers) for row in page],
        "campaigns": _campaigns({row.read.campaign_id: row.read.campaign for row in page}),
        "next": f"{page[-1].confirm_by}~{page[-1].pk}" if more else None,
    }


def confirmations_of(read: Read, annotation_id: UUID) -> QuerySet[Confirmation]:
    """Return what became known of one mark of this read, the oldest first; empty when the read has no such mark."""
    rows = Confirmation.objects.filter(annotation=annotation_id, annotation__read=read)
    return rows.select_related("revision", "author").order_by("pk")


def confirmation_json(row: Confirmation) -> dict[str, Any]:
    """Return one entry of what became known of a diagnosis, with what was said before and after."""
    body = row.revision.body
    return {
        "operation_id": str(row.operation_id),
        "revision": row.revision.number,
        "author": {"id": row.author_id, "name": row.author.get_full_name() or row.author.get_username()},
        "at": instant(row.created_at),
        "awaited": row.awaited,
        "method": row.method,
        "status": row.status,
        "known_on": row.known_on.isoformat() if row.known_on else None,
        "due_on": row.due_on.isoformat() if row.due_on else None,
        "due_before": row.due_before.isoformat() if row.due_before else None,
        "note": row.note,
        "before": {"labels": row.labels_before, "basis": row.basis_before},
        "after": {"labels": body["labels"], "basis": body["basis"]},
    }


def _pending() -> QuerySet[Annotation]:
    """Return what waits, but for subjects who withdrew; asks once which images that name nobody are among those."""
    waiting = Annotation.objects.filter(confirm_by__isnull=False, deleted=False, read__state=Read.State.SUBMITTED)
    withdrawn = Withdrawal.objects.filter(
        collection=OuterRef("read__image__collection"), subject=OuterRef("read__image__series__study__subject_pseudonym")
    )
    # An id with its dashes is no pseudonym, which has none.
    named = Withdrawal.objects.filter(subject__contains="-").values_list("subject", flat=True)
    return waiting.exclude(Exists(withdrawn)).exclude(read__image__in=[UUID(key) for key in named])


def _place(after: str) -> tuple[date, UUID]:
    found = _CURSOR.fullmatch(after)
    if found is None:
        raise refusal("since_malformed", "/after")
    try:
        return date.fromisoformat(found[1]), UUID(found[2])
    except ValueError as error:
        raise refusal("since_malformed", "/after") from error


def _row(row: Annotation, today: date, *, with_readers: bool) -> dict[str, Any]:
    read, due_on = row.read, row.confirm_by or today
    submitted_at = read.submitted_at or row.updated_at
    return {
        "annotation_id": str(row.pk),
        "revision": row.revision,
        "read_id": str(read.pk),
        "read_url": reverse("read", args=[read.pk]),
        "campaign_id": str(read.campaign_id),
        "image": {"id": str(read.image_id), "name": read.image.name, "thumbnail_url": thumbnail_url(read.image_id, read.image.revision)},
        "reader": (read.reader.get_full_name() or read.reader.get_username()) if with_readers else None,
        "granularity": row.granularity,
        "labels": row.labels,
        "coding": (row.span or {}).get("coding"),
        "certainty": row.certainty or None,
        "basis": row.basis,
        "submitted_at": instant(submitted_at),
        "due_on": due_on.isoformat(),
        "days_overdue": max(0, (today - due_on).days),
    }


def _campaigns(campaigns: dict[UUID, Campaign]) -> dict[str, Any]:
    """Return what a page needs of each campaign: its names, methods and labels; one query."""
    sets = {campaign.label_set_id for campaign in campaigns.values()}
    labels: dict[UUID, list[dict[str, Any]]] = {key: [] for key in sets}
    for label in Label.objects.filter(label_set__in=sets):
        display = {"ja": label.display_ja, "en": label.display_en}
        said = {"code": label.code, "role": label.role, "display": display, "granularities": label.granularities, "colour": label.colour}
        labels[label.label_set_id].append(said)
    return {
        str(key): {
            "name": {"ja": campaign.name_ja, "en": campaign.name_en},
            "methods": campaign.diagnosis.get("basis_methods") or [],
            "label_roles": campaign.diagnosis.get("label_roles") or [],
            "labels": labels[campaign.label_set_id],
        }
        for key, campaign in campaigns.items()
    }
