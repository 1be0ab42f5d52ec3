"""The examination that an image belongs to, as one reader has read it: its images, what was marked on them, what was found in all."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from annotation.models import Annotation, Read
from annotation.selectors.annotations import annotation_json
from viewer.models import Image, Study
from viewer.services.manifests import thumbnail_url

__all__ = ["MAX_IMAGES", "MAX_MARKS", "exam_images", "exam_of_read", "has_exam"]

MAX_IMAGES: Final = 200
MAX_MARKS: Final = 1_000


def exam_images(read: Read) -> QuerySet[Image]:
    """Return the campaign's images of the subject of a read; an image that names nobody is an examination of its own."""
    pseudonym = Study.objects.values_list("subject_pseudonym", flat=True).get(series__images=read.image_id)
    images = Image.objects.filter(campaign_images__campaign=read.campaign_id)
    return images.filter(series__study__subject_pseudonym=pseudonym) if pseudonym else images.filter(pk=read.image_id)


def has_exam(read: Read) -> bool:
    """Return whether there are other images of the same subject to be cited; two queries."""
    return exam_images(read).exclude(pk=read.image_id).exists()


def exam_of_read(read: Read) -> dict[str, Any]:
    """Return the images of a read's examination, and what its reader marked and found on the other ones; at most six queries.

    At most 200 images and 1,000 marks are told; `more` says that there are further ones.
    """
    ordered = exam_images(read).order_by("series__study__created_at", "series__number", "created_at", "pk")
    images = list(ordered[: MAX_IMAGES + 1])
    shown = images[:MAX_IMAGES]
    reads = {row.image_id: row for row in Read.objects.filter(campaign=read.campaign_id, reader=read.reader_id, image__in=shown)}
    others = [row.pk for row in reads.values() if row.pk != read.pk]
    said = Annotation.objects.filter(read__in=others, deleted=False).order_by("read", "frame", "pk")
    marks = list(
        said.filter(report__isnull=True, cites__isnull=True).values("id", "read_id", "granularity", "frame", "labels")[: MAX_MARKS + 1]
    )
    by_read: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for mark in marks[:MAX_MARKS]:
        by_read[mark["read_id"]].append({**mark, "id": str(mark["id"])})
    findings = said.filter(cites__isnull=False).select_related("read")
    return {
        "images": [_image(image, reads.get(image.pk), by_read) for image in shown],
        "findings": [_finding(row) for row in findings],
        "more": len(images) > MAX_IMAGES or len(marks) > MAX_MARKS,
    }


def _image(image: Image, read: Read | None, marks: dict[UUID, list[dict[str, Any]]]) -> dict[str, Any]:
    mine = marks.get(read.pk, []) if read is not None else []
    return {
        "id": str(image.pk),
        "name": image.name,
        "kind": image.kind,
        "frame_count": image.frame_count,
        "thumbnail_url": thumbnail_url(image.pk, image.revision),
        "state": read.state if read is not None else None,
        "read_url": reverse("read", args=[read.pk]) if read is not None else None,
        "marks": [{key: mark[key] for key in ("id", "granularity", "frame", "labels")} for mark in mine],
    }


def _finding(row: Annotation) -> dict[str, Any]:
    return {
        "image_id": str(row.read.image_id),
        "read_url": reverse("read", args=[row.read_id]),
        "annotation": annotation_json(row, reader_id=row.read.reader_id),
    }
