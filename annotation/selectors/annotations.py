"""Marks as the API gives them: the newest revision of each, what changed since a list revision, and the history of one."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from annotation.models import Annotation, Read, Report, Revision
from annotation.selectors.geometry import shape_of


def instant(value: datetime) -> str:
    """Return an instant as RFC 3339 in UTC."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def annotation_json(annotation: Annotation, *, reader_id: int) -> dict[str, Any]:
    """Return a mark as the API gives it and as its revisions keep it; coordinates in level-0 px, frames from 0."""
    shape = shape_of(annotation)
    return {
        "id": str(annotation.id),
        "revision": annotation.revision,
        "sequence": annotation.sequence,
        "deleted": annotation.deleted,
        "granularity": annotation.granularity,
        "frame": annotation.frame,
        "geometry": shape.to_body() if shape else None,
        "labels": annotation.labels,
        "text": annotation.text,
        "form": annotation.form_data,
        "certainty": annotation.certainty or None,
        "basis": annotation.basis,
        "origin": annotation.origin,
        "suggestion_id": str(annotation.suggestion_id) if annotation.suggestion_id else None,
        "active_seconds": annotation.active_seconds,
        "created_at": instant(annotation.created_at),
        "updated_at": instant(annotation.updated_at),
        "created_by": reader_id,
        "span": span_json(annotation.report, annotation.span) if annotation.report_id else None,
        "cites": annotation.cites,
    }


def span_json(report: Report | None, span: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return where on a report a mark is, as the API gives it; offsets count Unicode code points. None: it is on the image."""
    return {"report_id": str(report.pk), **span} if report is not None and span is not None else None


def changes_since(read: Read, since: int | None) -> dict[str, Any]:
    """Return what a page must take over that knows the list revision ``since``: also marks that were deleted after it.

    None stands for a page that holds nothing yet: it gets all marks that are not deleted. 0 is not the same: a page that
    opened an empty read knows list revision 0, may hold marks that it made itself, and must hear that one of them was
    deleted elsewhere.

    The list revision is read before the rows: a save in between shows up twice for the page, never not at all.
    """
    sequence = Read.objects.values_list("sequence", flat=True).get(pk=read.pk)
    rows = read.annotations.select_related("report").order_by("sequence")
    rows = rows.filter(deleted=False) if since is None else rows.filter(sequence__gt=since)
    return {"sequence": sequence, "annotations": [annotation_json(row, reader_id=read.reader_id) for row in rows]}


def revisions_of(read: Read, annotation_id: UUID) -> QuerySet[Revision]:
    """Return the history of one mark of this read, the oldest first; empty when the read has no such mark."""
    return read.revisions.filter(annotation_id=annotation_id).order_by("number")


def revision_json(revision: Revision) -> dict[str, Any]:
    """Return one entry of a mark's history."""
    return {
        "number": revision.number,
        "sequence": revision.sequence,
        "verb": revision.verb,
        "author": revision.author_id,
        "created_at": instant(revision.created_at),
        "annotation": revision.body,
    }
