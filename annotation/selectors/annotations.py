"""A mark as the API gives it: its newest revision, and the history of it. Many at once: ``mark_lists``."""

from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from annotation.models import Annotation, Read, Revision
from annotation.selectors.geometry import shape_of


def instant(value: datetime) -> str:
    """Return an instant as RFC 3339 in UTC."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


class MarkRow(NamedTuple):
    """The columns of a mark that the API gives, but for its geometry; named as in the model."""

    id: UUID | str
    revision: int
    sequence: int
    deleted: bool
    granularity: str
    frame: int | None
    labels: list[str]
    text: str
    form_data: dict[str, Any] | None
    certainty: str
    basis: list[dict[str, Any]]
    origin: str
    suggestion_id: UUID | str | None
    active_seconds: float
    created_at: datetime
    updated_at: datetime
    report_id: UUID | str | None
    span: dict[str, Any] | None
    cites: list[dict[str, Any]] | None
    cell: dict[str, Any] | None


def annotation_json(annotation: Annotation, *, reader_id: int) -> dict[str, Any]:
    """Return a mark as the API gives it and as its revisions keep it; coordinates in level-0 px, frames from 0."""
    shape = shape_of(annotation)
    return row_json(annotation, geometry=shape.to_body() if shape else None, reader_id=reader_id)


def row_json(row: Annotation | MarkRow, *, geometry: object, reader_id: int) -> dict[str, Any]:
    """Return what ``annotation_json`` gives, from a row or from its columns, with what stands for its geometry."""
    return {
        "id": str(row.id),
        "revision": row.revision,
        "sequence": row.sequence,
        "deleted": row.deleted,
        "granularity": row.granularity,
        "frame": row.frame,
        "geometry": geometry,
        "labels": row.labels,
        "text": row.text,
        "form": row.form_data,
        "certainty": row.certainty or None,
        "basis": row.basis,
        "origin": row.origin,
        "suggestion_id": str(row.suggestion_id) if row.suggestion_id else None,
        "active_seconds": row.active_seconds,
        "created_at": instant(row.created_at),
        "updated_at": instant(row.updated_at),
        "created_by": reader_id,
        "span": span_json(row.report_id, row.span),
        "cites": row.cites,
        # In this order on every database, as the browser compares what it sent with what came back.
        "cell": {"layer_id": row.cell["layer_id"], "number": row.cell["number"]} if row.cell else None,
    }


def span_json(report_id: UUID | str | None, span: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return where on a report a mark is, as the API gives it; offsets count Unicode code points. None: it is on the image."""
    return {"report_id": str(report_id), **span} if report_id is not None and span is not None else None


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
