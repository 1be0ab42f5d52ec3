"""Marks as the API gives them: the newest revision of each, what changed since a list revision, and the history of one."""

from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db.models import Q, QuerySet

from annotation.models import Annotation, Read, Report, Revision
from annotation.selectors.geometry import shape_of

MARKS_IN_VIEW: Final = 500


class Box(NamedTuple):
    """A rectangle in level-0 px."""

    min_x: float
    min_y: float
    max_x: float
    max_y: float


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
        # In this order on every database, as the browser compares what it sent with what came back.
        "cell": {"layer_id": annotation.cell["layer_id"], "number": annotation.cell["number"]} if annotation.cell else None,
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


def marks_in_view(read: Read, *, box_px: Box, frame: int | None = None, after: int = 0) -> dict[str, Any]:
    """Return the live marks whose bounding boxes touch a rectangle, at most 500, by the list revision at which each last changed.

    Args:
        read: whose marks.
        box_px: in level-0 px; marks of the whole image or on a report are in no rectangle.
        frame: 0-based; only marks on it, tracks that cross it among them.
        after: only marks that changed after this list revision: the ``next`` of the answer before. What changes
            meanwhile comes again at its new place, so that no mark is missed.
    """
    sequence = Read.objects.values_list("sequence", flat=True).get(pk=read.pk)
    rows = read.annotations.select_related("report").filter(
        deleted=False,
        min_x_px__isnull=False,
        min_x_px__lte=box_px.max_x,
        max_x_px__gte=box_px.min_x,
        min_y_px__lte=box_px.max_y,
        max_y_px__gte=box_px.min_y,
        sequence__gt=after,
    )
    if frame is not None:
        rows = rows.filter(Q(frame=frame) | Q(frame__lt=frame, last_frame__gte=frame))
    found = list(rows.order_by("sequence")[: MARKS_IN_VIEW + 1])
    shown = found[:MARKS_IN_VIEW]
    return {
        "sequence": sequence,
        "annotations": [annotation_json(row, reader_id=read.reader_id) for row in shown],
        "next": shown[-1].sequence if len(found) > len(shown) else None,
    }


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
